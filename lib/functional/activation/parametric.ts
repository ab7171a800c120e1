// Activations that have numbers to choose.
import { TorchError, valueError, checkNumber } from '../../core/errors';
import { number } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { INPLACE, type InplaceOptions } from './elementwise';

const THRESHOLD = [tensor('input'), number('threshold'), number('value')] as const;
const THRESHOLD_CALL = signature('threshold', THRESHOLD, INPLACE);
const THRESHOLD_INPLACE = signature('threshold_', THRESHOLD, {});

/** `x` where `x > threshold`, else `value`. */
export function threshold(
  ...args: Call<typeof THRESHOLD_CALL, [input: Tensor, threshold: number, value: number], [inplace: boolean]>
): Tensor {
  const [input, threshold, value, { inplace }] = THRESHOLD_CALL.bind(args);
  return (inplace ? aten.threshold_ : aten.threshold)(input, threshold, value);
}

/** {@link threshold} in place. */
export function threshold_(
  ...args: Call<typeof THRESHOLD_INPLACE, [input: Tensor, threshold: number, value: number]>
): Tensor {
  const [input, threshold, value] = THRESHOLD_INPLACE.bind(args);
  return aten.threshold_(input, threshold, value);
}

/** Options of `F.hardtanh`. */
export interface HardtanhOptions extends InplaceOptions {
  /** Default: -1. */
  minVal?: number;
  /** Default: 1. */
  maxVal?: number;
}
type Bounds = Omit<HardtanhOptions, 'inplace'>;
const BOUNDS: Required<Bounds> = { minVal: -1, maxVal: 1 };
export const HARDTANH: Required<HardtanhOptions> = { ...BOUNDS, ...INPLACE };
const HARDTANH_CALL = signature('hardtanh', [tensor('input')], HARDTANH);
const HARDTANH_INPLACE = signature('hardtanh_', [tensor('input')], BOUNDS);

/**
 * `min(max(minVal, x), maxVal)`.
 *
 * @throws ValueError when `minVal` is greater than `maxVal`.
 */
export function hardtanh(
  ...args: Call<typeof HARDTANH_CALL, [input: Tensor], [minVal: number, maxVal: number, inplace: boolean]>
): Tensor {
  const [input, { minVal, maxVal, inplace }] = HARDTANH_CALL.bind(args);
  checkNumber('hardtanh', 'minVal', minVal);
  checkNumber('hardtanh', 'maxVal', maxVal);
  if (minVal > maxVal) throw valueError('min_val cannot be greater than max_val');
  return (inplace ? aten.hardtanh_ : aten.hardtanh)(input, minVal, maxVal);
}

/** {@link hardtanh} in place. */
export function hardtanh_(
  ...args: Call<typeof HARDTANH_INPLACE, [input: Tensor], [minVal: number, maxVal: number]>
): Tensor {
  const [input, { minVal, maxVal }] = HARDTANH_INPLACE.bind(args);
  return aten.hardtanh_(input, minVal, maxVal);
}

/** Options of `F.elu` and `F.celu`. */
export interface AlphaOptions extends InplaceOptions {
  /** Where the result goes for great negative numbers: `-alpha`. Default: 1. */
  alpha?: number;
}
type AlphaAlone = Omit<AlphaOptions, 'inplace'>;
const ALPHA_ALONE: Required<AlphaAlone> = { alpha: 1 };
export const ALPHA: Required<AlphaOptions> = { ...ALPHA_ALONE, ...INPLACE };
const ELU = signature('elu', [tensor('input')], ALPHA);
const ELU_INPLACE = signature('elu_', [tensor('input')], ALPHA_ALONE);
const CELU = signature('celu', [tensor('input')], ALPHA);
const CELU_INPLACE = signature('celu_', [tensor('input')], ALPHA_ALONE);

/** `x` where positive, else `alpha (exp(x) - 1)` (Clevert et al., 2015). */
export function elu(...args: Call<typeof ELU, [input: Tensor], [alpha: number, inplace: boolean]>): Tensor {
  const [input, { alpha, inplace }] = ELU.bind(args);
  return (inplace ? aten.elu_ : aten.elu)(input, alpha);
}

/** {@link elu} in place. */
export function elu_(...args: Call<typeof ELU_INPLACE, [input: Tensor], [alpha: number]>): Tensor {
  const [input, { alpha }] = ELU_INPLACE.bind(args);
  return aten.elu_(input, alpha);
}

/** `max(0, x) + min(0, alpha (exp(x / alpha) - 1))` (Barron, 2017). */
export function celu(...args: Call<typeof CELU, [input: Tensor], [alpha: number, inplace: boolean]>): Tensor {
  const [input, { alpha, inplace }] = CELU.bind(args);
  return (inplace ? aten.celu_ : aten.celu)(input, alpha);
}

/** {@link celu} in place. */
export function celu_(...args: Call<typeof CELU_INPLACE, [input: Tensor], [alpha: number]>): Tensor {
  const [input, { alpha }] = CELU_INPLACE.bind(args);
  return aten.celu_(input, alpha);
}

/** Options of `F.leakyRelu`. */
export interface LeakyReluOptions extends InplaceOptions {
  /** The slope for negative numbers. Default: 0.01. */
  negativeSlope?: number;
}
type Slope = Omit<LeakyReluOptions, 'inplace'>;
const SLOPE: Required<Slope> = { negativeSlope: 0.01 };
export const LEAKY_RELU: Required<LeakyReluOptions> = { ...SLOPE, ...INPLACE };
const LEAKY_RELU_CALL = signature('leakyRelu', [tensor('input')], LEAKY_RELU);
const LEAKY_RELU_INPLACE = signature('leakyRelu_', [tensor('input')], SLOPE);

/** `max(0, x) + negativeSlope min(0, x)`. */
export function leakyRelu(
  ...args: Call<typeof LEAKY_RELU_CALL, [input: Tensor], [negativeSlope: number, inplace: boolean]>
): Tensor {
  const [input, { negativeSlope, inplace }] = LEAKY_RELU_CALL.bind(args);
  return (inplace ? aten.leakyRelu_ : aten.leakyRelu)(input, negativeSlope);
}

/** {@link leakyRelu} in place. */
export function leakyRelu_(
  ...args: Call<typeof LEAKY_RELU_INPLACE, [input: Tensor], [negativeSlope: number]>
): Tensor {
  const [input, { negativeSlope }] = LEAKY_RELU_INPLACE.bind(args);
  return aten.leakyRelu_(input, negativeSlope);
}

/** Options of `F.rrelu`. */
export interface RreluOptions extends InplaceOptions {
  /** The least slope for negative numbers. Default: 1/8. */
  lower?: number;
  /** The greatest slope for negative numbers. Default: 1/3. */
  upper?: number;
  /** Whether slopes are random, else the mean of both. Default: `false`. */
  training?: boolean;
}
type RandomSlopes = Omit<RreluOptions, 'inplace'>;
const RANDOM_SLOPES: Required<RandomSlopes> = { lower: 1 / 8, upper: 1 / 3, training: false };
export const RRELU: Required<RreluOptions> = { ...RANDOM_SLOPES, ...INPLACE };
const RRELU_CALL = signature('rrelu', [tensor('input')], RRELU);
const RRELU_INPLACE = signature('rrelu_', [tensor('input')], RANDOM_SLOPES);

/** Leaky ReLU with a random slope for each negative number (Xu et al., 2015). */
export function rrelu(
  ...args: Call<
    typeof RRELU_CALL,
    [input: Tensor],
    [lower: number, upper: number, training: boolean, inplace: boolean]
  >
): Tensor {
  const [input, { lower, upper, training, inplace }] = RRELU_CALL.bind(args);
  return (inplace ? aten.rrelu_ : aten.rrelu)(input, lower, upper, training);
}

/** {@link rrelu} in place. */
export function rrelu_(
  ...args: Call<typeof RRELU_INPLACE, [input: Tensor], [lower: number, upper: number, training: boolean]>
): Tensor {
  const [input, { lower, upper, training }] = RRELU_INPLACE.bind(args);
  return aten.rrelu_(input, lower, upper, training);
}

const PRELU = signature('prelu', [tensor('input'), tensor('weight')], {});

/** `max(0, x) + weight min(0, x)`; a weight for all channels, or one for each (He et al., 2015). */
export function prelu(...args: Call<typeof PRELU, [input: Tensor, weight: Tensor]>): Tensor {
  const [input, weight] = PRELU.bind(args);
  return aten.prelu(input, weight);
}

export const GLU = { dim: -1 };
const GLU_CALL = signature('glu', [tensor('input')], GLU);

/**
 * Gates one half of a dimension by the other: `a sigmoid(b)` (Dauphin et al., 2016).
 *
 * @throws TorchError for a tensor without dimensions.
 */
export function glu(...args: Call<typeof GLU_CALL, [input: Tensor], [dim: number]>): Tensor {
  const [input, { dim }] = GLU_CALL.bind(args);
  if (input.dim() === 0)
    throw new TorchError('glu does not support scalars because halving size must be even');
  return aten.glu(input, dim);
}

/** The option of `F.hardshrink` and `F.softshrink`. */
export interface LambdOptions {
  /** Half the width of what becomes zero. Default: 0.5. */
  lambd?: number;
}
export const LAMBD: Required<LambdOptions> = { lambd: 0.5 };
const HARDSHRINK = signature('hardshrink', [tensor('input')], LAMBD);
const SOFTSHRINK = signature('softshrink', [tensor('input')], LAMBD);

/** `x`, but zero between `-lambd` and `lambd`. */
export function hardshrink(...args: Call<typeof HARDSHRINK, [input: Tensor], [lambd: number]>): Tensor {
  const [input, { lambd }] = HARDSHRINK.bind(args);
  return aten.hardshrink(input, lambd);
}

/** `x` moved towards zero by `lambd`, and zero between `-lambd` and `lambd`. */
export function softshrink(...args: Call<typeof SOFTSHRINK, [input: Tensor], [lambd: number]>): Tensor {
  const [input, { lambd }] = SOFTSHRINK.bind(args);
  return aten.softshrink(input, lambd);
}

/** Options of `F.softplus`. */
export interface SoftplusOptions {
  /** Default: 1. */
  beta?: number;
  /** Above it, `beta x` is taken for linear. Default: 20. */
  threshold?: number;
}
export const SOFTPLUS: Required<SoftplusOptions> = { beta: 1, threshold: 20 };
const SOFTPLUS_CALL = signature('softplus', [tensor('input')], SOFTPLUS);

/** `log(1 + exp(beta x)) / beta`: a smooth ReLU. */
export function softplus(
  ...args: Call<typeof SOFTPLUS_CALL, [input: Tensor], [beta: number, threshold: number]>
): Tensor {
  const [input, { beta, threshold }] = SOFTPLUS_CALL.bind(args);
  return aten.softplus(input, beta, threshold);
}
