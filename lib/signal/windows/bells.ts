// Windows by a formula of their own.
import { checkNumber, valueError } from '../../core/errors';
import type { Call } from '../../core/signature';
import * as aten from '../../tensor/aten';
import { tensor } from '../../tensor/creation';
import type { Tensor } from '../../tensor';
import { type Factory, type WindowOptions, checked, windowSignature } from './options';

const steps = (M: number, start: number, end: number, factory: Factory): Tensor =>
  aten.linspace(start, end, M, { ...factory });

/** Options of `torch.signal.windows.exponential`. */
export interface ExponentialOptions extends WindowOptions {
  /** Where the peak is; only of a periodic window. Default: the middle. */
  center?: number | null;
  /** How many steps from the peak it takes to fall to `1/e`. Default: 1. */
  tau?: number;
}
const EXPONENTIAL = windowSignature('exponential', { center: null as number | null, tau: 1 });

/**
 * `exp(-|n - center| / tau)`: `torch.signal.windows.exponential`.
 *
 * @throws ValueError for a negative M, a `tau` that is not positive, and the center of a symmetric window.
 */
export function exponential(...args: Call<typeof EXPONENTIAL, [M: number]>): Tensor {
  const [M, options] = EXPONENTIAL.bind(args);
  const { center, tau, sym } = options;
  const factory = checked('exponential', M, options);
  checkNumber('exponential', 'tau', tau);
  checkNumber('exponential', 'center', center ?? 0);
  if (tau <= 0) throw valueError(`Tau must be positive, got: ${tau} instead.`);
  if (sym && center !== null) throw valueError('Center must be None for symmetric windows');
  if (M === 0) return aten.empty([0], { ...factory });
  const middle = center ?? (!sym && M > 1 ? M : M - 1) / 2;
  const constant = 1 / tau;
  const k = steps(M, -middle * constant, (-middle + (M - 1)) * constant, factory);
  return k.abs().neg().exp();
}

const COSINE = windowSignature('cosine', {});

/**
 * `sin(π (n + ½) / M)`: `torch.signal.windows.cosine`.
 *
 * @throws ValueError for a negative M.
 */
export function cosine(...args: Call<typeof COSINE, [M: number]>): Tensor {
  const [M, options] = COSINE.bind(args);
  const factory = checked('cosine', M, options);
  if (M === 0) return aten.empty([0], { ...factory });
  const start = 0.5;
  const constant = Math.PI / (!options.sym && M > 1 ? M + 1 : M);
  return steps(M, start * constant, (start + (M - 1)) * constant, factory).sin();
}

/** Options of `torch.signal.windows.gaussian`. */
export interface GaussianOptions extends WindowOptions {
  /** The standard deviation, in steps. Default: 1. */
  std?: number;
}
const GAUSSIAN = windowSignature('gaussian', { std: 1 });

/**
 * `exp(-(n / σ)² / 2)`, with n counted from the middle: `torch.signal.windows.gaussian`.
 *
 * @throws ValueError for a negative M, and a `std` that is not positive.
 */
export function gaussian(...args: Call<typeof GAUSSIAN, [M: number]>): Tensor {
  const [M, options] = GAUSSIAN.bind(args);
  const factory = checked('gaussian', M, options);
  checkNumber('gaussian', 'std', options.std);
  if (options.std <= 0) throw valueError(`Standard deviation must be positive, got: ${options.std} instead.`);
  if (M === 0) return aten.empty([0], { ...factory });
  const start = -(!options.sym && M > 1 ? M : M - 1) / 2;
  const constant = 1 / (options.std * Math.sqrt(2));
  const k = steps(M, start * constant, (start + (M - 1)) * constant, factory);
  return k.pow(2).neg().exp();
}

/** Options of `torch.signal.windows.kaiser`. */
export interface KaiserOptions extends WindowOptions {
  /** The larger, the narrower. Default: 12. */
  beta?: number;
}
const KAISER = windowSignature('kaiser', { beta: 12 });

/**
 * `I₀(β √(1 - (2n / (M - 1) - 1)²)) / I₀(β)`: `torch.signal.windows.kaiser`.
 *
 * @throws ValueError for a negative M or `beta`.
 */
export function kaiser(...args: Call<typeof KAISER, [M: number]>): Tensor {
  const [M, options] = KAISER.bind(args);
  const factory = checked('kaiser', M, options);
  checkNumber('kaiser', 'beta', options.beta);
  if (options.beta < 0) throw valueError(`beta must be non-negative, got: ${options.beta} instead.`);
  if (M === 0) return aten.empty([0], { ...factory });
  if (M === 1) return aten.ones([1], { ...factory });
  // A tensor, as in Python: computed in the window's dtype, so that no NaN comes of the rounding.
  const beta = tensor(options.beta, { dtype: factory.dtype, device: factory.device });
  const start = beta.neg();
  const constant = beta.mul(2).div(options.sym ? M - 1 : M);
  const end = beta.minimum(start.add(constant.mul(M - 1)));
  const k = aten.linspace(start, end, M, { ...factory });
  return aten.div(beta.mul(beta).sub(k.pow(2)).sqrt().i0(), beta.i0());
}

const BARTLETT = windowSignature('bartlett', {});

/**
 * `1 - |2n / (M - 1) - 1|`: `torch.signal.windows.bartlett`.
 *
 * @throws ValueError for a negative M.
 */
export function bartlett(...args: Call<typeof BARTLETT, [M: number]>): Tensor {
  const [M, options] = BARTLETT.bind(args);
  const factory = checked('bartlett', M, options);
  if (M === 0) return aten.empty([0], { ...factory });
  if (M === 1) return aten.ones([1], { ...factory });
  const constant = 2 / (options.sym ? M - 1 : M);
  return aten.rsub(steps(M, -1, -1 + (M - 1) * constant, factory).abs(), 1);
}
