/** `torch.nn.utils.prune`: parameters with elements that are kept at zero. */
import * as kinds from '../../module/kinds';
import { TorchTypeError, valueError, argumentError, checkOptions } from '../../../core/errors';
import { value, text } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import * as aten from '../../../tensor/aten';
import { isPlainObject } from '../../../core/realm';
import { isMap } from '../../../core/realm';
import { bindArguments } from '../../../core/calls';
import type { Tensor } from '../../../tensor';
import { getField, isModule } from '../../module/fields';
import type { Module } from '../../module/module';
import { attached } from '../attached';
import { parametersToVector } from '../convert_parameters';
import type { Amount } from './amount';
import { BasePruningMethod, PruningContainer, methodsOf, type ImportanceOptions } from './method';
import {
  CustomFromMask,
  Identity,
  L1Unstructured,
  LnStructured,
  RandomStructured,
  RandomUnstructured,
} from './methods';

export type { Amount };
export type { ImportanceOptions, PruningType } from './method';
export type { AmountOptions, LnStructuredOptions, RandomStructuredOptions } from './methods';
export {
  BasePruningMethod,
  CustomFromMask,
  Identity,
  L1Unstructured,
  LnStructured,
  PruningContainer,
  RandomStructured,
  RandomUnstructured,
};

const PARAMETER = [kinds.module('module'), text('name')] as const;
const AMOUNT = [...PARAMETER, value<Amount>()('amount')] as const;
const IMPORTANCE: Required<ImportanceOptions> = { importanceScores: null };
type Norm = number | 'fro' | 'nuc';
const IDENTITY = signature('identity', PARAMETER, {});
const RANDOM_UNSTRUCTURED = signature('randomUnstructured', AMOUNT, {});
const L1_UNSTRUCTURED = signature('l1Unstructured', AMOUNT, IMPORTANCE);
const RANDOM_STRUCTURED = signature('randomStructured', [...AMOUNT, value<number>()('dim')], {});
const LN_STRUCTURED = signature(
  'lnStructured',
  [...AMOUNT, value<Norm>()('n'), value<number>()('dim')],
  IMPORTANCE,
);
const CUSTOM_FROM_MASK = signature('customFromMask', [...PARAMETER, value<Tensor>()('mask')], {});
const REMOVE = signature('remove', PARAMETER, {});
const IS_PRUNED = signature('isPruned', [kinds.module('module')], {});

/** Makes a parameter a pruned one without pruning anything. */
export function identity<M extends Module>(...args: Call<typeof IDENTITY, [module: M, name: string]>): M {
  const [module, name] = IDENTITY.bind(args);
  Identity.apply(module, name);
  return module as M;
}

/** Prunes random elements of a parameter: a fraction, or a number of them. */
export function randomUnstructured<M extends Module>(
  ...args: Call<typeof RANDOM_UNSTRUCTURED, [module: M, name: string, amount: Amount]>
): M {
  const [module, name, amount] = RANDOM_UNSTRUCTURED.bind(args);
  RandomUnstructured.apply(module, name, amount);
  return module as M;
}

/**
 * Prunes the elements of a parameter that are closest to zero: a fraction, or a number of them.
 *
 * @example
 * nn.utils.prune.l1Unstructured(new nn.Linear(2, 3), 'weight', 0.2);
 */
export function l1Unstructured<M extends Module>(
  ...args: Call<
    typeof L1_UNSTRUCTURED,
    [module: M, name: string, amount: Amount],
    [importanceScores: Tensor | null]
  >
): M {
  const [module, name, amount, options] = L1_UNSTRUCTURED.bind(args);
  L1Unstructured.apply(module, name, amount, options);
  return module as M;
}

/** Prunes random slices of dimension `dim` of a parameter: a fraction, or a number of them. */
export function randomStructured<M extends Module>(
  ...args: Call<typeof RANDOM_STRUCTURED, [module: M, name: string, amount: Amount, dim: number]>
): M {
  const [module, name, amount, dim] = RANDOM_STRUCTURED.bind(args);
  RandomStructured.apply(module, name, amount, dim);
  return module as M;
}

/** Prunes the slices of dimension `dim` of a parameter that have the smallest `n`-norm. */
export function lnStructured<M extends Module>(
  ...args: Call<
    typeof LN_STRUCTURED,
    [module: M, name: string, amount: Amount, n: Norm, dim: number],
    [importanceScores: Tensor | null]
  >
): M {
  const [module, name, amount, n, dim, options] = LN_STRUCTURED.bind(args);
  LnStructured.apply(module, name, amount, n, dim, options);
  return module as M;
}

/** Prunes a parameter by a mask of ones and zeros. */
export function customFromMask<M extends Module>(
  ...args: Call<typeof CUSTOM_FROM_MASK, [module: M, name: string, mask: Tensor]>
): M {
  const [module, name, mask] = CUSTOM_FROM_MASK.bind(args);
  CustomFromMask.apply(module, name, mask);
  return module as M;
}

/** Options of `prune.globalUnstructured`. */
export interface GlobalOptions {
  /** What decides instead of the parameters' own values, by module and name. Default: none. */
  importanceScores?: ReadonlyMap<Module, Readonly<Record<string, Tensor>>> | null;
  /** What the method is constructed with. */
  [keyword: string]: unknown;
}

/**
 * Prunes several parameters as if they were one.
 *
 * Differs from PyTorch: `torch.nn.utils.prune.globalUnstructured` takes `importanceScores` as a Map of modules to
 * scores by name, since a Map cannot have pairs as keys.
 *
 * @throws TypeError for a method that does not prune elements.
 *
 * @example
 * const parameters = [[net.fc1, 'weight'], [net.fc2, 'weight']] as const;
 * nn.utils.prune.globalUnstructured(parameters, nn.utils.prune.L1Unstructured, { amount: 0.2 });
 */
export function globalUnstructured(
  ...args: [
    parameters: Iterable<readonly [module: Module, name: string]>,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each method has arguments of its own
    pruningMethod: new (keywords: any) => BasePruningMethod,
    options?: GlobalOptions,
  ]
): void {
  const [parameters, pruningMethod, given] = bindArguments(
    'globalUnstructured(parameters, pruningMethod, options{}?)',
    args,
  );
  if (typeof (parameters as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] !== 'function')
    throw new TorchTypeError('global_unstructured(): parameters is not an Iterable');
  const options = given ?? {};
  checkOptions('globalUnstructured', options);
  const { importanceScores = null, ...keywords } = options;
  if (importanceScores !== null && !isMap(importanceScores) && !isPlainObject(importanceScores))
    throw new TorchTypeError('global_unstructured(): importance_scores must be of type dict');
  const list = [...parameters];
  for (const pair of list as unknown[]) {
    if (!Array.isArray(pair) || !isModule(pair[0]) || typeof pair[1] !== 'string')
      throw argumentError('globalUnstructured', 'parameters', 'pairs of a Module and a name', pair);
  }
  if (!((pruningMethod as { prototype?: unknown } | null)?.prototype instanceof BasePruningMethod))
    throw argumentError('globalUnstructured', 'pruningMethod', 'a class that prunes', pruningMethod);
  const tensorOf = (module: Module, name: string): Tensor => getField(module, name) as Tensor;
  const scores = list.map(
    ([module, name]) => importanceScores?.get(module)?.[name] ?? tensorOf(module, name),
  );
  const masks = list.map(
    ([module, name]) =>
      (getField(module, `${name}_mask`) as Tensor | undefined) ?? aten.onesLike(tensorOf(module, name)),
  );
  const container = new PruningContainer();
  const method = new pruningMethod(keywords);
  container._tensorName = method._tensorName = 'temp';
  if (method.PRUNING_TYPE !== 'unstructured') {
    throw new TorchTypeError(
      'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method ' +
        `${pruningMethod.name} of type ${method.PRUNING_TYPE}`,
    );
  }
  container.addPruningMethod(method);
  const mask = container.computeMask(parametersToVector(scores), parametersToVector(masks));
  let start = 0;
  for (const [module, name] of list) {
    const param = tensorOf(module, name);
    const end = start + param.numel();
    customFromMask(module, name, aten.viewAs(aten.slice(mask, 0, start, end), param));
    start = end;
  }
}

/**
 * Makes the pruned values the parameter's own, for good.
 *
 * @throws ValueError when it is not pruned.
 */
export function remove<M extends Module>(...args: Call<typeof REMOVE, [module: M, name: string]>): M {
  const [module, name] = REMOVE.bind(args);
  const [found] = methodsOf(module, name);
  if (!found) {
    throw valueError(
      `Parameter '${name}' of module ${String(module)} has to be pruned before pruning can be removed`,
    );
  }
  found.owner.remove(module);
  found.handle.remove();
  return module as M;
}

/** Whether the module, or one below it, has a pruned parameter. */
export function isPruned(...args: Call<typeof IS_PRUNED, [module: Module]>): boolean {
  const [module] = IS_PRUNED.bind(args);
  return [...module.modules()].some((each) => attached(each, BasePruningMethod).length > 0);
}
