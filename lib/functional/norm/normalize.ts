// Division by norms, and by neighbouring channels.
import { checkTensor } from '../../native/tensor_base';
import { valueError, checkNumber } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { norm } from '../../tensor/functions';
import type { Tensor } from '../../tensor';
import { keywords } from '../../core/keywords';

export interface NormalizeOptions {
  /** The norm's exponent. Default: 2. */
  p?: number;
  /** Along which dimensions. Default: 1. */
  dim?: number | readonly number[];
  /** The least divisor. Default: 1e-12. */
  eps?: number;
  /** Where the result goes. Default: a new tensor. */
  out?: Tensor | null;
}
const NORMALIZE: Required<NormalizeOptions> = { p: 2, dim: 1, eps: 1e-12, out: null };

/** `x / max(‖x‖ₚ, eps)` along a dimension. */
export function normalize(
  input: Tensor,
  p?: number | NormalizeOptions,
  dim?: number | readonly number[] | NormalizeOptions,
  eps?: number | NormalizeOptions,
  options?: NormalizeOptions,
): Tensor {
  const given = keywords<NormalizeOptions>('normalize', NORMALIZE, { p, dim, eps }, options);
  const length = norm(input, given.p, given.dim, true);
  if (given.out === null) return aten.div(input, aten.expandAs(aten.clampMin(length, given.eps), input));
  return aten.div(input, aten.expandAs(aten.clampMin_(length, given.eps), input), { out: given.out });
}

export interface LocalResponseNormOptions {
  /** Factor of the mean of squares. Default: 1e-4. */
  alpha?: number;
  /** Exponent. Default: 0.75. */
  beta?: number;
  /** Added. Default: 1. */
  k?: number;
}
export const LOCAL_RESPONSE_NORM: Required<LocalResponseNormOptions> = { alpha: 1e-4, beta: 0.75, k: 1 };

// Each channel's mean of squares with its neighbours; zeros stand for those that are not there.
function neighbourSquares(input: Tensor, size: number): Tensor {
  const before = Math.floor(size / 2);
  const after = Math.floor((size - 1) / 2);
  const squares = aten.mul(input, input);
  if (input.dim() === 3) {
    const padded = aten.pad(aten.unsqueeze(squares, 1), [0, 0, before, after]); // (N, 1, C', L)
    return aten.squeeze(aten.avgPool2d(padded, [size, 1], 1), 1);
  }
  const [samples, channels, height] = input.shape;
  const planes = aten.view(squares, [samples, 1, channels, height, -1]);
  const padded = aten.pad(planes, [0, 0, 0, 0, before, after]); // (N, 1, C', H, *)
  return aten.view(aten.squeeze(aten.avgPool3d(padded, [size, 1, 1], 1), 1), input.shape);
}

/**
 * `x / (k + alpha · mean of squares of `size` neighbouring channels)^beta` (Krizhevsky et al., 2012).
 *
 * Shape: `(N, C, *)`, with at least three dimensions.
 */
export function localResponseNorm(
  input: Tensor,
  size: number,
  alpha?: number | LocalResponseNormOptions,
  beta?: number | LocalResponseNormOptions,
  k?: number | LocalResponseNormOptions,
  options?: LocalResponseNormOptions,
): Tensor {
  const positional = { alpha, beta, k };
  const given = keywords<LocalResponseNormOptions>(
    'localResponseNorm',
    LOCAL_RESPONSE_NORM,
    positional,
    options,
  );
  checkTensor('localResponseNorm', 'input', input);
  checkNumber('localResponseNorm', 'size', size);
  if (input.dim() < 3) {
    // The spaces are PyTorch's.
    const gap = ' '.repeat(26);
    throw valueError(`Expected 3D or higher dimensionality${gap}input (got ${input.dim()} dimensions)`);
  }
  if (input.numel() === 0) return input;
  const means = neighbourSquares(input, size);
  return aten.div(input, aten.pow(aten.add(aten.mul(means, given.alpha), given.k), given.beta));
}
