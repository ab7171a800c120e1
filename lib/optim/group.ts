// Parameter groups: how they are given, and how they are kept.
import { TorchError, TorchTypeError, argumentError, valueError } from '../core/errors';
import { camelCase, snakeCase } from '../core/names';
import { isPlainObject } from '../core/realm';
import { checkKinds, checkList, isList } from './kinds';
import { repr, typeName } from '../tensor/repr';
import { Tensor } from '../tensor';
import { warn } from '../core/warn';
import type { WithCamelCase } from './accessors';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- what a program can add to, wherever it is imported from
  namespace nodetorch {
    /**
     * Keys of parameter groups that are a program's own. It declares them once:
     *
     * @example
     * declare global {
     *   namespace nodetorch {
     *     interface OwnGroupKeys { name: string }
     *   }
     * }
     * const sgd = new optim.SGD([{ params: head.parameters(), name: 'head' }], { lr: 0.1 });
     * sgd.paramGroups[0].name; // string | undefined
     */
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- to be added to
    interface OwnGroupKeys {}
  }
}

/** Tensors that share options. The keys are those of Python's `param_groups`. */
export interface ParamGroup extends Partial<nodetorch.OwnGroupKeys> {
  params: Tensor[];
  /** Where parameters were given as `[name, tensor]`. */
  param_names?: string[];
  /** A Tensor where it was given as one, though the type says number: `group.lr as number | Tensor as Tensor`. */
  get lr(): number;
  set lr(value: number | Tensor);
  /** The `lr` that schedulers started from. */
  initial_lr?: number;
  /** The `lr` that SWALR anneals to. */
  swa_lr?: number;
  /** The bounds of `lr` for OneCycleLR, and those of momentum for it and for CyclicLR. */
  max_lr?: number;
  min_lr?: number;
  max_momentum?: number;
  base_momentum?: number;
}

/** The type of an option as a user gives it: what is a number may be a Tensor, too. */
type Given<Value> = number extends Value ? Value | Tensor : Value;

/** The options that a group gets where it has none of its own. */
export type GroupDefaults<Group> = {
  [Key in keyof Omit<Group, 'params'>]: Given<Group[Key & keyof Group]>;
};

/** The groups of an optimizer; there is always one. */
export type ParamGroups<Group> = [WithCamelCase<Group>, ...WithCamelCase<Group>[]];

/** A parameter, or a pair of its name and the parameter. */
export type NamedParam = Tensor | readonly [name: string, param: Tensor];

/** A group as it is given: options in camelCase override the optimizer's for these parameters. */
export type ParamGroupOptions<Options = object> = Options &
  Partial<nodetorch.OwnGroupKeys> & { params: Tensor | Iterable<NamedParam> };

/** What an optimizer takes: parameters, named parameters, or groups of them. */
export type Params<Options = object> = Iterable<NamedParam> | Iterable<ParamGroupOptions<Options>>;

/** Options under the names that they have in `param_groups`. Those that are `undefined` are left out. */
export function toGroupKeys<Group = object>(options: object): Group {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [snakeCase(name), value])) as Group;
}

/** Gives a group the options that it lacks. */
export function fillIn(group: object, options: object): void {
  for (const [key, value] of Object.entries(options)) {
    if (!(key in group)) (group as Record<string, unknown>)[key] = value;
  }
}

export { valueError };

/** Groups out of what the constructor was given. */
export function groupsOf(params: unknown): unknown[] {
  if (params instanceof Tensor || !isIterable(params)) {
    throw new TorchTypeError(
      `params argument given to the optimizer should be an iterable of Tensors or dicts, but got ` +
        `${typeName(params)}`,
    );
  }
  const list = [...params];
  if (list.length === 0) throw valueError('optimizer got an empty parameter list');
  return isPlainObject(list[0]) || isGroup(list[0]) ? list : [{ params: list }];
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Iterable<unknown> | null)?.[Symbol.iterator] === 'function';
}

function isGroup(value: unknown): value is ParamGroupOptions {
  return typeof value === 'object' && value !== null && 'params' in value && !(value instanceof Tensor);
}

/** The group to keep, with `defaults` for what it does not say. Throws Python's errors. */
export function makeGroup(
  given: unknown,
  defaults: object,
  others: readonly ParamGroup[],
  checkOptions: (group: ParamGroup) => void,
): ParamGroup {
  if (isPlainObject(given) && !('params' in given)) throw new TorchError("'params'", 'KeyError');
  if (!isGroup(given)) throw new TorchTypeError(`param_group must be a dict, but got ${typeName(given)}`);
  if (!isIterable(given.params)) {
    throw argumentError('addParamGroup', 'params', 'a Tensor or an iterable of Tensors', given.params);
  }
  const list = given.params instanceof Tensor ? [given.params] : [...given.params];
  const names: string[] = [];
  const params = list.map((param) => {
    if (!Array.isArray(param)) return param as Tensor;
    names.push(param[0] as string);
    return param[1] as Tensor;
  });
  if (names.length > 0 && names.length < params.length) {
    throw valueError('all optimizer params should be with/without names. Some param names are missing');
  }
  // In Python's order: what was given, the names, then the defaults of what was not.
  const group = { ...toGroupKeys(given), params } as ParamGroup;
  if (names.length > 0) group.param_names = names;
  fillIn(group, defaults);
  checkOptions(group);
  check(group, others, 'differentiable' in defaults && defaults.differentiable === true);
  return group;
}

/** Refuses what no optimizer could compute with. What a string or null means is up to a program's own optimizer. */
export function checkOptions(group: object, defaults: object): void {
  for (const [key, normal] of Object.entries(defaults) as [string, unknown][]) {
    const value: unknown = group[key as keyof typeof group];
    if (isList(normal)) checkList('addParamGroup', camelCase(key), value);
    else if (typeof normal === 'number' && (typeof value === 'bigint' || typeof value === 'symbol')) {
      throw argumentError('addParamGroup', camelCase(key), 'a number', value);
    }
  }
}

/** Refuses options of another kind than the optimizer `name` takes in its constructor. */
export function checkKindsOf(name: string, group: object, defaults: object): void {
  const camel = (options: object): object =>
    Object.fromEntries(
      Object.entries(options).map(([key, value]: [string, unknown]) => [camelCase(key), value]),
    );
  checkKinds(name, camel(defaults), camel(group));
}

function check(group: ParamGroup, others: readonly ParamGroup[], differentiable: boolean): void {
  for (const param of group.params) {
    if (!(param instanceof Tensor)) {
      throw new TorchTypeError(
        `optimizer can only optimize Tensors, but one of the params is ${typeName(param)}`,
      );
    }
    if (!differentiable && !param.isLeaf && !param.retainsGrad) {
      throw valueError("can't optimize a non-leaf Tensor");
    }
  }
  if (new Set(group.params).size !== group.params.length) {
    warn(
      'optimizer contains a parameter group with duplicate parameters; in future, this will cause an ' +
        'error; see github.com/pytorch/pytorch/issues/40967 for more information',
    );
  }
  for (const other of others) {
    if ('param_names' in group !== 'param_names' in other) {
      const text = 'param_names' in group ? 'with names' : 'without names';
      throw valueError(
        `all optimizer param groups should be with/without names. cannot add param group ${text} to the ` +
          'optimizer',
      );
    }
  }
  const known = new Set(others.flatMap((other) => other.params));
  if (group.params.some((param) => known.has(param))) {
    throw valueError('some parameters appear in more than one parameter group');
  }
}

/** A group as Python's `repr` of an optimizer prints it. */
export function groupText(group: ParamGroup, index: number): string {
  const entries = Object.entries(group).filter(([key]) => key !== 'params');
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = entries.map(([key, value]) => `    ${key}: ${optionText(key, value)}\n`);
  return `\nParameter Group ${index}\n${lines.join('')}`;
}

function optionText(key: string, value: unknown): string {
  if (key === 'param_names') return `[${(value as string[]).map(repr).join(', ')}]`;
  if (typeof value === 'string') return value;
  return repr(value instanceof Tensor && value.dim() === 0 ? value.item() : value);
}
