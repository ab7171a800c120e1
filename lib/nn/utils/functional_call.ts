// A module called with other parameters than its own.
import { TorchError, TorchTypeError, valueError, argumentError } from '../../core/errors';
import { signature } from '../../core/signature';
import { isMap, isPlainObject } from '../../core/realm';
import { repr, typeName } from '../../tensor/repr';
import { Tensor } from '../../tensor';
import { getField, hasField, internals, setField, isModule } from '../module/fields';
import type { Module } from '../module/module';

/** Options of `torch.func.functionalCall`. */
export interface FunctionalCallOptions {
  /** Whether a tensor given for one of several names of the same parameter is for all. Default: `true`. */
  tieWeights?: boolean;
  /** Whether names that are missing, or that the module does not have, are an error. Default: `false`. */
  strict?: boolean;
}
const FUNCTIONAL_CALL = signature(
  'functionalCall',
  [],
  { tieWeights: true, strict: false } as Required<FunctionalCallOptions>,
  [],
);

/** Tensors by their path in the module. */
export type NamedTensors = Map<string, Tensor> | Record<string, Tensor>;

function namedTensors(module: Module): [string, Tensor][] {
  const all = { removeDuplicate: false };
  return [...module.namedParameters(all), ...module.namedBuffers(all)];
}

// Where one tensor of the module has several names, what is given under one of them counts for all.
function tie(module: Module, given: Map<string, Tensor>): Map<string, Tensor> {
  const names = new Map<Tensor, string[]>();
  for (const [name, tensor] of namedTensors(module)) names.set(tensor, [...(names.get(tensor) ?? []), name]);
  const result = new Map(given);
  for (const tied of names.values()) {
    const values = tied.flatMap((name) => given.get(name) ?? []);
    if (tied.length === 1 || values.length === 0) continue;
    if (new Set(values).size > 1) {
      throw valueError(
        `functional_call got multiple values for keys [${[...tied].sort().map(repr).join(', ')}], which are ` +
          'tied. Consider using tie_weights=False',
      );
    }
    for (const name of tied) result.set(name, values[0]);
  }
  return result;
}

function checkNames(module: Module, given: ReadonlyMap<string, Tensor>): void {
  const own = new Set(namedTensors(module).map(([name]) => name));
  const list = (names: string[]): string => `${names.sort().map(repr).join(', ')}.`;
  const unexpected = [...given.keys()].filter((name) => !own.has(name));
  const missing = [...own].filter((name) => !given.has(name));
  const errors: string[] = [];
  if (unexpected.length > 0) errors.push(`Unexpected key(s): ${list(unexpected)}`);
  if (missing.length > 0) errors.push(`Missing key(s): ${list(missing)}`);
  if (errors.length === 0) return;
  throw new TorchError(`Error(s) in reparametrizing for ${module._getName()}:\n\t${errors.join('\n\t')}`);
}

// Puts tensors into the module and returns those that were there; `undefined` where there was nothing.
function swap(
  module: Module,
  tensors: ReadonlyMap<string, Tensor | null | undefined>,
): Map<string, Tensor | null | undefined> {
  const before = new Map<string, Tensor | null | undefined>();
  try {
    for (const [path, tensor] of tensors) before.set(path, swapOne(module, path, tensor));
  } catch (error) {
    for (const [path, tensor] of before) swapOne(module, path, tensor);
    throw error;
  }
  return before;
}

function swapOne(module: Module, path: string, tensor: Tensor | null | undefined): Tensor | null | undefined {
  const dot = path.lastIndexOf('.');
  const name = path.slice(dot + 1);
  const owner = module.getSubmodule(dot < 0 ? '' : path.slice(0, dot));
  if (name === '') throw new TorchError('tensor name can\'t be empty string ""', 'KeyError');
  if (tensor != null && !(tensor instanceof Tensor))
    throw new TorchTypeError(`${String(tensor)} is not an instance of torch.Tensor`);
  const before = getField(owner, name);
  if (before != null && !(before instanceof Tensor))
    throw new TorchTypeError(`attribute \`${name}\`: ${String(before)} is not an instance of torch.Tensor`);
  const registered = internals(owner).registered.has(name);
  if (tensor !== undefined || registered) setField(owner, name, tensor);
  else if (hasField(owner, name)) delete (owner as unknown as Record<string, unknown>)[name];
  return before as Tensor | null | undefined;
}

/**
 * Calls the module with the given tensors in the places of its parameters and buffers. Tensors that
 * the call puts there instead, such as running statistics, replace those that were given.
 *
 * `args` is the array of arguments, or the only one; `kwargs` follow them as their object of keywords.
 *
 * @throws TorchError for names that do not fit, with `strict`.
 */
export function call(
  module: Module,
  given: NamedTensors,
  args: unknown,
  kwargs: Record<string, unknown> | null,
  options: FunctionalCallOptions | undefined,
): unknown {
  const [{ tieWeights, strict }] = FUNCTIONAL_CALL.bind([options]);
  if (!isModule(module)) throw argumentError('functionalCall', 'module', 'a Module', module);
  if (!isMap(given) && !isPlainObject(given))
    throw argumentError('functionalCall', 'parametersAndBuffers', 'a Map or an object of tensors', given);
  const named = isMap(given) ? given : new Map(Object.entries(given));
  const tensors = tieWeights ? tie(module, named) : named;
  if (strict) checkNames(module, tensors);
  const list: unknown[] = args == null ? [] : Array.isArray(args) ? args : [args];
  const before = swap(module, tensors);
  try {
    return module(...list, ...(kwargs && Object.keys(kwargs).length > 0 ? [kwargs] : []));
  } finally {
    const after = swap(module, before);
    for (const name of named.keys()) {
      const tensor = after.get(name);
      if (tensor == null) continue;
      if (isMap(given)) given.set(name, tensor);
      else given[name] = tensor;
    }
  }
}

/** One map of all, for `torch.func.functionalCall`. @throws ValueError for a name that comes twice. */
export function merged(given: NamedTensors | readonly NamedTensors[]): NamedTensors {
  const isDict = (value: unknown): boolean => isMap(value) || isPlainObject(value);
  if (isDict(given)) return given as NamedTensors;
  if (!Array.isArray(given)) {
    throw valueError(
      `Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got ${typeName(given)}`,
    );
  }
  if (!given.every(isDict))
    throw valueError('Expected all elements of parameter_and_buffer_dicts to be dictionaries');
  const entries = (given as NamedTensors[]).flatMap((dict) => [
    ...(isMap(dict) ? dict : Object.entries(dict)),
  ]);
  const names = entries.map(([name]) => name);
  const repeated = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
  if (repeated.length > 0) {
    throw valueError(
      `[${repeated.map(repr).join(', ')}] appeared in multiple dictionaries; behavior of functional call is ambiguous`,
    );
  }
  return new Map(entries);
}
