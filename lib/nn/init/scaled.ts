// Distributions whose width follows from the size of the layer.
import { valueError } from '../../core/errors';
import { keywords } from '../../core/keywords';
import type { Tensor } from '../../tensor';
import { warn } from '../../core/warn';
import { fanInAndFanOut } from './fan';
import { normal_, uniform_, type GeneratorOptions } from './fill';

export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv_transpose1d'
  | 'conv_transpose2d'
  | 'conv_transpose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky_relu'
  | 'selu';

export interface CalculateGainOptions {
  /** The slope of a leaky ReLU. Default: 0.01. */
  param?: number | null;
}
const PARAM: Required<CalculateGainOptions> = { param: null };

/** The factor by which a nonlinearity shrinks the standard deviation; `param` is leaky ReLU's slope. */
export function calculateGain(
  nonlinearity: Nonlinearity,
  param?: number | null | CalculateGainOptions,
): number {
  const given = keywords<CalculateGainOptions>('calculateGain', PARAM, { param });
  switch (nonlinearity) {
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.sqrt(2);
    case 'leaky_relu': {
      const slope: unknown = given.param ?? 0.01;
      if (typeof slope !== 'number') throw valueError(`negative_slope ${String(slope)} not a valid number`);
      return Math.sqrt(2 / (1 + slope * slope));
    }
    case 'selu':
      return 3 / 4;
    case 'sigmoid':
    case 'linear':
    case 'conv1d':
    case 'conv2d':
    case 'conv3d':
    case 'conv_transpose1d':
    case 'conv_transpose2d':
    case 'conv_transpose3d':
      return 1;
    default:
      throw valueError(`Unsupported nonlinearity ${String(nonlinearity)}`);
  }
}

export interface GainOptions extends GeneratorOptions {
  /** A factor; see {@link calculateGain}. Default: 1. */
  gain?: number;
}
export const GAIN: Required<GainOptions> = { gain: 1, generator: null };

function xavierStd(tensor: Tensor, gain: number): number {
  const [fanIn, fanOut] = fanInAndFanOut(tensor);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/** Uniform in `±gain · √(6 / (fanIn + fanOut))` (Glorot and Bengio, 2010). */
export function xavierUniform_<T extends Tensor>(
  tensor: T,
  gain?: number | GainOptions,
  options?: GainOptions,
): T {
  const given = keywords<GainOptions>('xavierUniform_', GAIN, { gain }, options);
  const bound = Math.sqrt(3) * xavierStd(tensor, given.gain);
  return uniform_(tensor, -bound, bound, { generator: given.generator });
}

/** Normal with deviation `gain · √(2 / (fanIn + fanOut))` (Glorot and Bengio, 2010). */
export function xavierNormal_<T extends Tensor>(
  tensor: T,
  gain?: number | GainOptions,
  options?: GainOptions,
): T {
  const given = keywords<GainOptions>('xavierNormal_', GAIN, { gain }, options);
  return normal_(tensor, 0, xavierStd(tensor, given.gain), { generator: given.generator });
}

/** Whether the variance is kept in the forward or in the backward pass. */
export type FanMode = 'fan_in' | 'fan_out';
export interface KaimingOptions extends GeneratorOptions {
  /** Slope of the leaky ReLU that follows. Default: 0. */
  a?: number;
  /** Default: `'fan_in'`. */
  mode?: FanMode;
  /** What follows. Default: `'leaky_relu'`. */
  nonlinearity?: Nonlinearity;
}
const KAIMING: Required<KaimingOptions> = {
  a: 0,
  mode: 'fan_in',
  nonlinearity: 'leaky_relu',
  generator: null,
};

// The standard deviation, or null when there is nothing to fill.
function kaimingStd(tensor: Tensor, given: Required<KaimingOptions>): number | null {
  if (tensor.shape.includes(0)) {
    warn('Initializing zero-element tensors is a no-op');
    return null;
  }
  const mode = given.mode.toLowerCase();
  if (mode !== 'fan_in' && mode !== 'fan_out') {
    throw valueError(`Mode ${mode} not supported, please use one of ['fan_in', 'fan_out']`);
  }
  const [fanIn, fanOut] = fanInAndFanOut(tensor);
  return calculateGain(given.nonlinearity, given.a) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}

/** Uniform in `±gain · √(3 / fan)` (He et al., 2015). */
export function kaimingUniform_<T extends Tensor>(
  tensor: T,
  a?: number | KaimingOptions,
  mode?: FanMode | KaimingOptions,
  nonlinearity?: Nonlinearity | KaimingOptions,
  options?: KaimingOptions,
): T {
  const given = keywords<KaimingOptions>('kaimingUniform_', KAIMING, { a, mode, nonlinearity }, options);
  const std = kaimingStd(tensor, given);
  if (std === null) return tensor;
  const bound = Math.sqrt(3) * std;
  return uniform_(tensor, -bound, bound, { generator: given.generator });
}

/** Normal with deviation `gain / √fan` (He et al., 2015). */
export function kaimingNormal_<T extends Tensor>(
  tensor: T,
  a?: number | KaimingOptions,
  mode?: FanMode | KaimingOptions,
  nonlinearity?: Nonlinearity | KaimingOptions,
  options?: KaimingOptions,
): T {
  const given = keywords<KaimingOptions>('kaimingNormal_', KAIMING, { a, mode, nonlinearity }, options);
  const std = kaimingStd(tensor, given);
  return std === null ? tensor : normal_(tensor, 0, std, { generator: given.generator });
}
