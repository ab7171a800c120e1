import * as kinds from '../module/kinds';
import * as aten from '../../tensor/aten';
import { TorchError, valueError, checkText } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import { keep } from '../../tensor/memory';
import { Tensor } from '../../tensor';
import { warn } from '../../core/warn';
import { deleteField, getField, setField } from '../module/fields';
import type { Module } from '../module/module';
import { Parameter } from '../parameter';
import { attach, attached, type Attached } from './attached';
import { checkInitialized } from './weight_of';

/** Options of `nn.utils.weightNorm`. */
export interface WeightNormOptions {
  /** The parameter. Default: `'weight'`. */
  name?: string;
  /** The dimension whose slices have a norm each; `null` for one norm of all. Default: 0. */
  dim?: number | null;
}
const WEIGHT_NORM: Required<WeightNormOptions> = { name: 'weight', dim: 0 };
export const WEIGHT_NORM_CALL = signature('weightNorm', [kinds.module('module')], WEIGHT_NORM);

class WeightNorm {
  constructor(
    readonly name: string,
    readonly dim: number,
  ) {}

  computeWeight(module: Module): Tensor {
    const part = (suffix: string): Tensor => getField(module, this.name + suffix) as Tensor;
    return keep(aten._weightNorm(part('_v'), part('_g'), this.dim));
  }
}

function find(module: Module, name: string): Attached<WeightNorm> | undefined {
  return attached(module, WeightNorm).find(({ owner }) => owner.name === name);
}

/**
 * Splits a parameter into a length and a direction, `w = g · v / ‖v‖` (Salimans and Kingma, 2016): the
 * parameters `weight_g` and `weight_v`. The weight is computed before each call. Deprecated: use
 * `parametrizations.weightNorm`.
 *
 * @throws TorchError when it was done to the parameter already.
 */
export function weightNorm<M extends Module>(
  ...args: Call<typeof WEIGHT_NORM_CALL, [module: M], [name: string, dim: number | null]>
): M {
  const [module, given] = WEIGHT_NORM_CALL.bind(args);
  checkText('weightNorm', 'name', given.name);
  warn(
    '`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.',
    'FutureWarning',
  );
  if (find(module, given.name)) {
    throw new TorchError(`Cannot register two weight_norm hooks on the same parameter ${given.name}`);
  }
  const fn = new WeightNorm(given.name, given.dim ?? -1);
  const weight = getField(module, fn.name);
  if (!(weight instanceof Tensor))
    throw new TorchError(`${module._getName()} has no attribute '${fn.name}'`, 'AttributeError');
  checkInitialized('WeightNorm', 'weight', weight);
  deleteField(module, fn.name);
  module.registerParameter(`${fn.name}_g`, new Parameter(aten.normExceptDim(weight, 2, fn.dim).data));
  module.registerParameter(`${fn.name}_v`, new Parameter(weight.data));
  const update = (target: Module): void => setField(target, fn.name, fn.computeWeight(target));
  update(module);
  attach(module, fn, update);
  return module as M;
}

const REMOVE_WEIGHT_NORM = signature('removeWeightNorm', [kinds.module('module')], { name: 'weight' });

/**
 * Undoes {@link weightNorm}: the weight is a parameter again.
 *
 * @throws ValueError when it was not done.
 */
export function removeWeightNorm<M extends Module>(
  ...args: Call<typeof REMOVE_WEIGHT_NORM, [module: M], [name: string]>
): M {
  const [module, { name }] = REMOVE_WEIGHT_NORM.bind(args);
  checkText('removeWeightNorm', 'name', name);
  const found = find(module, name);
  if (!found) throw valueError(`weight_norm of '${name}' not found in ${String(module)}`);
  const weight = found.owner.computeWeight(module);
  for (const suffix of ['', '_g', '_v']) deleteField(module, name + suffix);
  setField(module, name, new Parameter(weight.data));
  found.handle.remove();
  return module as M;
}
