import * as aten from '../aten';
import type { Tensor } from '../tensor';
import { keywords } from './keywords';
import { sizeText } from './reduction';

export interface BatchNormOptions {
  /** Scale of each channel. Default: none. */
  weight?: Tensor | null;
  /** Shift of each channel. Default: none. */
  bias?: Tensor | null;
  /** Whether to use the batch's own statistics, and update the running ones. Default: `false`. */
  training?: boolean;
  /** Share of the batch in the running statistics. Default: 0.1. */
  momentum?: number;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}
export const BATCH_NORM: Required<BatchNormOptions> = {
  weight: null,
  bias: null,
  training: false,
  momentum: 0.1,
  eps: 1e-5,
};

function checkBatchSize(shape: readonly number[]): void {
  const values = shape.slice(2).reduce((product, size) => product * size, shape[0]);
  if (values === 1) {
    throw new TypeError(
      `Expected more than 1 value per channel when training, got input size ${sizeText(shape)}`,
    );
  }
}

/**
 * `(x - mean) / √(variance + eps) · weight + bias`, channel by channel (Ioffe and Szegedy, 2015).
 *
 * Shapes: input `(N, C, *)`; the others `(C)`.
 *
 * @throws TypeError when training on one value per channel, or for an `eps` that is too small.
 */
export function batchNorm(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight?: Tensor | null | BatchNormOptions,
  bias?: Tensor | null | BatchNormOptions,
  options?: BatchNormOptions,
): Tensor {
  const given = keywords<BatchNormOptions>('batchNorm', BATCH_NORM, { weight, bias }, options);
  const { training, momentum, eps } = given;
  if (training) checkBatchSize(input.shape);
  if (training && eps <= 0)
    throw new TypeError(`batch_norm eps must be positive during training, but got ${eps}`);
  if (eps < 0) throw new TypeError(`batch_norm eps must be non-negative, but got ${eps}`);
  return aten.batchNorm(
    input,
    given.weight,
    given.bias,
    runningMean,
    runningVar,
    training,
    momentum,
    eps,
    true,
  );
}

export interface LayerNormOptions {
  /** Scale of each element. Default: none. */
  weight?: Tensor | null;
  /** Shift of each element. Default: none. */
  bias?: Tensor | null;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}
export const LAYER_NORM: Required<LayerNormOptions> = { weight: null, bias: null, eps: 1e-5 };

/**
 * `(x - mean) / √(variance + eps) · weight + bias` over the last dimensions (Ba et al., 2016).
 *
 * Shapes: input `(*, ...normalizedShape)`; weight and bias `normalizedShape`.
 */
export function layerNorm(
  input: Tensor,
  normalizedShape: readonly number[],
  weight?: Tensor | null | LayerNormOptions,
  bias?: Tensor | null | LayerNormOptions,
  eps?: number | LayerNormOptions,
  options?: LayerNormOptions,
): Tensor {
  const given = keywords<LayerNormOptions>('layerNorm', LAYER_NORM, { weight, bias, eps }, options);
  return aten.layerNorm(input, normalizedShape, given.weight, given.bias, given.eps, true);
}
