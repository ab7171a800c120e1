// Activations that have numbers to choose.
import { checkTensor } from '../../native/tensor_base';
import * as aten from '../../tensor/aten';
import { TorchError, valueError, checkNumber } from '../../core/errors';
import type { Tensor } from '../../tensor';
import { INPLACE, type InplaceOptions } from './elementwise';
import { keywords } from '../../core/keywords';

/** `x` where `x > threshold`, else `value`. */
export function threshold(input: Tensor, threshold: number, value: number, options?: InplaceOptions): Tensor {
  const { inplace } = keywords('threshold', INPLACE, null, options);
  return (inplace ? aten.threshold_ : aten.threshold)(input, threshold, value);
}

/** {@link threshold} in place. */
export function threshold_(input: Tensor, threshold: number, value: number): Tensor {
  return aten.threshold_(input, threshold, value);
}

export interface HardtanhOptions extends InplaceOptions {
  /** Default: -1. */
  minVal?: number;
  /** Default: 1. */
  maxVal?: number;
}
export const HARDTANH: Required<HardtanhOptions> = { minVal: -1, maxVal: 1, ...INPLACE };

/**
 * `min(max(minVal, x), maxVal)`.
 *
 * @throws ValueError when `minVal` is greater than `maxVal`.
 */
export function hardtanh(
  input: Tensor,
  minVal?: number | HardtanhOptions,
  maxVal?: number | HardtanhOptions,
  options?: HardtanhOptions,
): Tensor {
  const given = keywords<HardtanhOptions>('hardtanh', HARDTANH, { minVal, maxVal }, options);
  checkNumber('hardtanh', 'minVal', given.minVal);
  checkNumber('hardtanh', 'maxVal', given.maxVal);
  if (given.minVal > given.maxVal) throw valueError('min_val cannot be greater than max_val');
  return (given.inplace ? aten.hardtanh_ : aten.hardtanh)(input, given.minVal, given.maxVal);
}

/** {@link hardtanh} in place. */
export function hardtanh_(
  input: Tensor,
  minVal?: number | Omit<HardtanhOptions, 'inplace'>,
  maxVal?: number | Omit<HardtanhOptions, 'inplace'>,
  options?: Omit<HardtanhOptions, 'inplace'>,
): Tensor {
  const given = keywords<HardtanhOptions>('hardtanh_', HARDTANH, { minVal, maxVal }, options);
  return aten.hardtanh_(input, given.minVal, given.maxVal);
}

export interface AlphaOptions extends InplaceOptions {
  /** Where the result goes for great negative numbers: `-alpha`. Default: 1. */
  alpha?: number;
}
export const ALPHA: Required<AlphaOptions> = { alpha: 1, ...INPLACE };

/** `x` where positive, else `alpha (exp(x) - 1)` (Clevert et al., 2015). */
export function elu(input: Tensor, alpha?: number | AlphaOptions, options?: AlphaOptions): Tensor {
  const given = keywords<AlphaOptions>('elu', ALPHA, { alpha }, options);
  return (given.inplace ? aten.elu_ : aten.elu)(input, given.alpha);
}

/** {@link elu} in place. */
export function elu_(input: Tensor, alpha?: number | Omit<AlphaOptions, 'inplace'>): Tensor {
  return aten.elu_(input, keywords<AlphaOptions>('elu_', ALPHA, { alpha }).alpha);
}

/** `max(0, x) + min(0, alpha (exp(x / alpha) - 1))` (Barron, 2017). */
export function celu(input: Tensor, alpha?: number | AlphaOptions, options?: AlphaOptions): Tensor {
  const given = keywords<AlphaOptions>('celu', ALPHA, { alpha }, options);
  return (given.inplace ? aten.celu_ : aten.celu)(input, given.alpha);
}

/** {@link celu} in place. */
export function celu_(input: Tensor, alpha?: number | Omit<AlphaOptions, 'inplace'>): Tensor {
  return aten.celu_(input, keywords<AlphaOptions>('celu_', ALPHA, { alpha }).alpha);
}

export interface LeakyReluOptions extends InplaceOptions {
  /** The slope for negative numbers. Default: 0.01. */
  negativeSlope?: number;
}
export const LEAKY_RELU: Required<LeakyReluOptions> = { negativeSlope: 0.01, ...INPLACE };

/** `max(0, x) + negativeSlope min(0, x)`. */
export function leakyRelu(
  input: Tensor,
  negativeSlope?: number | LeakyReluOptions,
  options?: LeakyReluOptions,
): Tensor {
  const given = keywords<LeakyReluOptions>('leakyRelu', LEAKY_RELU, { negativeSlope }, options);
  return (given.inplace ? aten.leakyRelu_ : aten.leakyRelu)(input, given.negativeSlope);
}

/** {@link leakyRelu} in place. */
export function leakyRelu_(
  input: Tensor,
  negativeSlope?: number | Omit<LeakyReluOptions, 'inplace'>,
): Tensor {
  const given = keywords<LeakyReluOptions>('leakyRelu_', LEAKY_RELU, { negativeSlope });
  return aten.leakyRelu_(input, given.negativeSlope);
}

export interface RreluOptions extends InplaceOptions {
  /** The least slope for negative numbers. Default: 1/8. */
  lower?: number;
  /** The greatest slope for negative numbers. Default: 1/3. */
  upper?: number;
  /** Whether slopes are random, else the mean of both. Default: `false`. */
  training?: boolean;
}
export const RRELU: Required<RreluOptions> = { lower: 1 / 8, upper: 1 / 3, training: false, ...INPLACE };

/** Leaky ReLU with a random slope for each negative number (Xu et al., 2015). */
export function rrelu(
  input: Tensor,
  lower?: number | RreluOptions,
  upper?: number | RreluOptions,
  options?: RreluOptions,
): Tensor {
  const given = keywords<RreluOptions>('rrelu', RRELU, { lower, upper }, options);
  return (given.inplace ? aten.rrelu_ : aten.rrelu)(input, given.lower, given.upper, given.training);
}

/** {@link rrelu} in place. */
export function rrelu_(
  input: Tensor,
  lower?: number | Omit<RreluOptions, 'inplace'>,
  upper?: number | Omit<RreluOptions, 'inplace'>,
  options?: Omit<RreluOptions, 'inplace'>,
): Tensor {
  const given = keywords<RreluOptions>('rrelu_', RRELU, { lower, upper }, options);
  return aten.rrelu_(input, given.lower, given.upper, given.training);
}

/** `max(0, x) + weight min(0, x)`; a weight for all channels, or one for each (He et al., 2015). */
export function prelu(input: Tensor, weight: Tensor): Tensor {
  return aten.prelu(input, weight);
}

export const GLU = { dim: -1 };

/**
 * Gates one half of a dimension by the other: `a sigmoid(b)` (Dauphin et al., 2016).
 *
 * @throws TorchError for a tensor without dimensions.
 */
export function glu(input: Tensor, dim: number | { dim?: number } = GLU.dim): Tensor {
  checkTensor('glu', 'input', input);
  if (input.dim() === 0)
    throw new TorchError('glu does not support scalars because halving size must be even');
  return aten.glu(input, keywords<{ dim?: number }>('glu', GLU, { dim }).dim);
}

export interface LambdOptions {
  /** Half the width of what becomes zero. Default: 0.5. */
  lambd?: number;
}
export const LAMBD: Required<LambdOptions> = { lambd: 0.5 };

/** `x`, but zero between `-lambd` and `lambd`. */
export function hardshrink(input: Tensor, lambd?: number | LambdOptions): Tensor {
  return aten.hardshrink(input, keywords<LambdOptions>('hardshrink', LAMBD, { lambd }).lambd);
}

/** `x` moved towards zero by `lambd`, and zero between `-lambd` and `lambd`. */
export function softshrink(input: Tensor, lambd?: number | LambdOptions): Tensor {
  return aten.softshrink(input, keywords<LambdOptions>('softshrink', LAMBD, { lambd }).lambd);
}

export interface SoftplusOptions {
  /** Default: 1. */
  beta?: number;
  /** Above it, `beta x` is taken for linear. Default: 20. */
  threshold?: number;
}
export const SOFTPLUS: Required<SoftplusOptions> = { beta: 1, threshold: 20 };

/** `log(1 + exp(beta x)) / beta`: a smooth ReLU. */
export function softplus(
  input: Tensor,
  beta?: number | SoftplusOptions,
  threshold?: number | SoftplusOptions,
): Tensor {
  const given = keywords<SoftplusOptions>('softplus', SOFTPLUS, { beta, threshold });
  return aten.softplus(input, given.beta, given.threshold);
}
