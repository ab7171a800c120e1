/** `torch.nn.utils.parametrizations`: parametrizations of weights, ready-made. */
import { TorchRangeError, checkNumber } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd';
import type { Call } from '../../core/signature';
import { contiguousFormat } from '../../core/layout';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import type { StateDict } from '../module/state_dict';
import { asMatrix, randomUnit, unit } from './unit';
import { registerParametrization } from './parametrize';
import { SPECTRAL_NORM_CALL, checkIterations } from './spectral_norm';
import { isTransposed, weightOf } from './weight_of';
import { WEIGHT_NORM_CALL } from './weight_norm';

export { orthogonal, type OrthogonalMap, type OrthogonalOptions } from './orthogonal';

class _WeightNorm extends Module<[weightG: Tensor, weightV: Tensor], Tensor> {
  readonly dim: number;

  constructor(dim: number | null) {
    super();
    if (dim !== null) checkNumber('weightNorm', 'dim', dim);
    this.dim = dim ?? -1;
  }
  override forward(weightG: Tensor, weightV: Tensor): Tensor {
    return aten._weightNorm(weightV, weightG, this.dim);
  }
  rightInverse(weight: Tensor): [Tensor, Tensor] {
    return [aten.normExceptDim(weight, 2, this.dim), weight];
  }
}

/**
 * Splits a parameter into a length and a direction, `w = g · v / ‖v‖` (Salimans and Kingma, 2016): the
 * originals 0 and 1. `dim` says whose slices have a length each, `null` that there is one of all.
 * Loads the state of the older `nn.utils.weightNorm`, too.
 *
 * @example
 * const m = nn.utils.parametrizations.weightNorm(new nn.Linear(20, 40));
 */
export function weightNorm<M extends Module>(
  ...args: Call<typeof WEIGHT_NORM_CALL, [module: M], [name: string, dim: number | null]>
): M {
  const [module, given] = WEIGHT_NORM_CALL.bind(args);
  registerParametrization(module, given.name, new _WeightNorm(given.dim), { unsafe: true });
  module.registerLoadStateDictPreHook((_module, state: StateDict, prefix) => {
    const old = ['g', 'v'].map((part) => `${prefix}${given.name}_${part}`);
    if (!old.every((key) => state.has(key))) return;
    const tensors = old.map((key) => state.get(key)!);
    old.forEach((key) => state.delete(key));
    tensors.forEach((tensor, i) => state.set(`${prefix}parametrizations.${given.name}.original${i}`, tensor));
  });
  return module as M;
}

class _SpectralNorm extends Module<[weight: Tensor], Tensor> {
  readonly dim: number;
  readonly nPowerIterations: number = 1;
  declare readonly _u: Tensor; // (outputs)
  declare readonly _v: Tensor; // (all else)

  constructor(
    weight: Tensor,
    nPowerIterations: number,
    dim: number,
    readonly eps: number,
  ) {
    super();
    const ndim = weight.dim();
    if (dim >= ndim || dim < -ndim) {
      throw new TorchRangeError(
        `Dimension out of range (expected to be in range of [-${ndim}, ${ndim - 1}] but got ${dim})`,
        'IndexError',
      );
    }
    checkIterations(nPowerIterations);
    this.dim = dim < 0 ? dim + ndim : dim;
    if (ndim <= 1) return;
    this.nPowerIterations = nPowerIterations;
    const matrix = asMatrix(weight, this.dim);
    const [height, width] = matrix.shape;
    const [u, v] = [randomUnit(matrix, height, eps), randomUnit(matrix, width, eps)];
    this.registerBuffer('_u', u);
    this.registerBuffer('_v', v);
    this._iterate(matrix, 15);
  }

  private _iterate(matrix: Tensor, times: number): void {
    const { _u, _v, eps } = this;
    noGrad(() => {
      for (let i = 0; i < times; i++) {
        unit(aten.mv(matrix, _v), eps, _u);
        unit(aten.mv(matrix.H, _u), eps, _v);
      }
    });
  }

  override forward(weight: Tensor): Tensor {
    if (weight.dim() === 1) return unit(weight, this.eps);
    const matrix = asMatrix(weight, this.dim);
    if (this.training) this._iterate(matrix, this.nPowerIterations);
    // The graph needs what the next call will overwrite.
    const u = aten.clone(this._u, { memoryFormat: contiguousFormat });
    const v = aten.clone(this._v, { memoryFormat: contiguousFormat });
    return aten.div(weight, aten.vdot(u, aten.mv(matrix, v)));
  }
  rightInverse(value: Tensor): Tensor {
    return value;
  }
}

/**
 * Divides a parameter by its largest singular value (Miyato et al., 2018), which power iteration
 * estimates, a step for each use in training. A vector is divided by its norm.
 *
 * @throws RangeError for a `dim` that the parameter does not have.
 *
 * @example
 * const m = nn.utils.parametrizations.spectralNorm(new nn.Linear(20, 40));
 */
export function spectralNorm<M extends Module>(
  ...args: Call<
    typeof SPECTRAL_NORM_CALL,
    [module: M],
    [name: string, nPowerIterations: number, eps: number, dim: number | null]
  >
): M {
  const [module, given] = SPECTRAL_NORM_CALL.bind(args);
  const weight = weightOf(module, given.name);
  const dim = given.dim ?? (isTransposed(module) ? 1 : 0);
  const parametrization = new _SpectralNorm(weight, given.nPowerIterations, dim, given.eps);
  return registerParametrization(module, given.name, parametrization) as M;
}
