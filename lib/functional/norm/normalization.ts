import * as aten from '../../tensor/aten';
import { TorchError, checkNumber, valueError } from '../../core/errors';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { number, value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { sizeText } from '../../core/size_text';

/** Options of `F.batchNorm`. */
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

const tensorOrNone = value<Tensor | null>();
const BATCH = signature(
  'batchNorm',
  [tensor('input'), tensorOrNone('runningMean'), tensorOrNone('runningVar')],
  BATCH_NORM,
);

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

function checkBatchSize(values: number, size: string): void {
  if (values === 1)
    throw valueError(`Expected more than 1 value per channel when training, got input size ${size}`);
}

/**
 * `(x - mean) / √(variance + eps) · weight + bias`, channel by channel (Ioffe and Szegedy, 2015).
 *
 * Shapes: input `(N, C, *)`; the others `(C)`.
 *
 * @throws ValueError when training on one value per channel, or for an `eps` that is too small.
 */
export function batchNorm(
  ...args: Call<
    typeof BATCH,
    [input: Tensor, runningMean: Tensor | null, runningVar: Tensor | null],
    [weight: Tensor | null, bias: Tensor | null, training: boolean, momentum: number, eps: number]
  >
): Tensor {
  const [input, runningMean, runningVar, { weight, bias, training, momentum, eps }] = BATCH.bind(args);
  checkNumber('batchNorm', 'eps', eps);
  const { shape } = input;
  if (training) checkBatchSize(shape[0] * product(shape.slice(2)), sizeText(shape));
  if (training && eps <= 0)
    throw valueError(`batch_norm eps must be positive during training, but got ${eps}`);
  if (eps < 0) throw valueError(`batch_norm eps must be non-negative, but got ${eps}`);
  return aten.batchNorm(input, weight, bias, runningMean, runningVar, training, momentum, eps, true);
}

/** Options of `F.layerNorm`. */
export interface LayerNormOptions {
  /** Scale of each element. Default: none. */
  weight?: Tensor | null;
  /** Shift of each element. Default: none. */
  bias?: Tensor | null;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}
export const LAYER_NORM: Required<LayerNormOptions> = { weight: null, bias: null, eps: 1e-5 };
type LayerNormPlaces = [weight: Tensor | null, bias: Tensor | null, eps: number];

const list = value<readonly number[]>();
const LAYER = signature('layerNorm', [tensor('input'), list('normalizedShape')], LAYER_NORM);

/**
 * `(x - mean) / √(variance + eps) · weight + bias` over the last dimensions (Ba et al., 2016).
 *
 * Shapes: input `(*, ...normalizedShape)`; weight and bias `normalizedShape`.
 */
export function layerNorm(
  ...args: Call<typeof LAYER, [input: Tensor, normalizedShape: readonly number[]], LayerNormPlaces>
): Tensor {
  const [input, normalizedShape, { weight, bias, eps }] = LAYER.bind(args);
  return aten.layerNorm(input, normalizedShape, weight, bias, eps, true);
}

/** Options of `F.instanceNorm`. */
export interface InstanceNormOptions {
  /** Default: none. */
  runningMean?: Tensor | null;
  /** Default: none. */
  runningVar?: Tensor | null;
  /** Scale of each channel. Default: none. */
  weight?: Tensor | null;
  /** Shift of each channel. Default: none. */
  bias?: Tensor | null;
  /** Whether to use the input's own statistics, and update the running ones. Default: `true`. */
  useInputStats?: boolean;
  /** Share of the input in the running statistics. Default: 0.1. */
  momentum?: number;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}
const INSTANCE_NORM: Required<InstanceNormOptions> = {
  runningMean: null,
  runningVar: null,
  weight: null,
  bias: null,
  useInputStats: true,
  momentum: BATCH_NORM.momentum,
  eps: BATCH_NORM.eps,
};
const INSTANCE = signature('instanceNorm', [tensor('input')], INSTANCE_NORM);

/**
 * `(x - mean) / √(variance + eps) · weight + bias`, channel by channel of each sample (Ulyanov et al., 2016).
 *
 * Shapes: input `(N, C, *)`; the others `(C)`.
 *
 * @throws ValueError for one element a channel, when its own statistics are to be used.
 */
export function instanceNorm(
  ...args: Call<
    typeof INSTANCE,
    [input: Tensor],
    [
      runningMean: Tensor | null,
      runningVar: Tensor | null,
      weight: Tensor | null,
      bias: Tensor | null,
      useInputStats: boolean,
      momentum: number,
      eps: number,
    ]
  >
): Tensor {
  const [input, given] = INSTANCE.bind(args);
  const { shape } = input;
  if (given.useInputStats && product(shape.slice(2)) === 1) {
    throw valueError(`Expected more than 1 spatial element when training, got input size ${sizeText(shape)}`);
  }
  return aten.instanceNorm(
    input,
    given.weight,
    given.bias,
    given.runningMean,
    given.runningVar,
    given.useInputStats,
    given.momentum,
    given.eps,
    true,
  );
}

export const GROUP_NORM: Required<LayerNormOptions> = { weight: null, bias: null, eps: 1e-5 };
const GROUP = signature('groupNorm', [tensor('input'), number('numGroups')], GROUP_NORM);

/**
 * `(x - mean) / √(variance + eps) · weight + bias`, with the statistics of each group of channels of each
 * sample (Wu and He, 2018).
 *
 * Shapes: input `(N, C, *)`; weight and bias `(C)`; `numGroups` divides C.
 *
 * @throws ValueError for one value a group.
 */
export function groupNorm(
  ...args: Call<typeof GROUP, [input: Tensor, numGroups: number], LayerNormPlaces>
): Tensor {
  const [input, numGroups, { weight, bias, eps }] = GROUP.bind(args);
  if (input.dim() < 2)
    throw new TorchError(`Expected at least 2 dimensions for input tensor but received ${input.dim()}`);
  const [samples, channels, ...rest] = input.shape;
  const values = Math.floor((samples * channels) / numGroups);
  checkBatchSize(values * product(rest), `[${[values, numGroups, ...rest].join(', ')}]`);
  return aten.groupNorm(input, numGroups, weight, bias, eps, true);
}

/** Options of `F.rmsNorm`. */
export interface RmsNormOptions {
  /** Scale of each element. Default: none. */
  weight?: Tensor | null;
  /** Added to the mean of squares. Default: the smallest step of the input's dtype at 1. */
  eps?: number | null;
}
const RMS_NORM: Required<RmsNormOptions> = { weight: null, eps: null };
const RMS = signature('rmsNorm', [tensor('input'), list('normalizedShape')], RMS_NORM);

/**
 * `x / √(mean of x² + eps) · weight` over the last dimensions (Zhang and Sennrich, 2019).
 *
 * Shapes: input `(*, ...normalizedShape)`; weight `normalizedShape`.
 */
export function rmsNorm(
  ...args: Call<
    typeof RMS,
    [input: Tensor, normalizedShape: readonly number[]],
    [weight: Tensor | null, eps: number | null]
  >
): Tensor {
  const [input, normalizedShape, { weight, eps }] = RMS.bind(args);
  return aten.rmsNorm(input, normalizedShape, weight, eps);
}
