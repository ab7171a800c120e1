// Division by norms, and by neighbouring channels.
import { valueError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { norm } from '../../tensor/functions';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { number } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';

/** Options of `F.normalize`. */
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
const NORMALIZE_CALL = signature('normalize', [tensor('input')], NORMALIZE);

/** `x / max(‖x‖ₚ, eps)` along a dimension. */
export function normalize(
  ...args: Call<
    typeof NORMALIZE_CALL,
    [input: Tensor],
    [p: number, dim: number | readonly number[], eps: number, out: Tensor | null]
  >
): Tensor {
  const [input, { p, dim, eps, out }] = NORMALIZE_CALL.bind(args);
  const length = norm(input, p, dim, true);
  if (out === null) return aten.div(input, aten.expandAs(aten.clampMin(length, eps), input));
  return aten.div(input, aten.expandAs(aten.clampMin_(length, eps), input), { out });
}

/** Options of `F.localResponseNorm`. */
export interface LocalResponseNormOptions {
  /** Factor of the mean of squares. Default: 1e-4. */
  alpha?: number;
  /** Exponent. Default: 0.75. */
  beta?: number;
  /** Added. Default: 1. */
  k?: number;
}
export const LOCAL_RESPONSE_NORM: Required<LocalResponseNormOptions> = { alpha: 1e-4, beta: 0.75, k: 1 };
const RESPONSE = signature('localResponseNorm', [tensor('input'), number('size')], LOCAL_RESPONSE_NORM);

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
  ...args: Call<typeof RESPONSE, [input: Tensor, size: number], [alpha: number, beta: number, k: number]>
): Tensor {
  const [input, size, { alpha, beta, k }] = RESPONSE.bind(args);
  if (input.dim() < 3) {
    // The spaces are PyTorch's.
    const gap = ' '.repeat(26);
    throw valueError(`Expected 3D or higher dimensionality${gap}input (got ${input.dim()} dimensions)`);
  }
  if (input.numel() === 0) return input;
  const means = neighbourSquares(input, size);
  return aten.div(input, aten.pow(aten.add(aten.mul(means, alpha), k), beta));
}
