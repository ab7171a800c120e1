// Distributions whose width follows from the size of the layer.
import { valueError, checkText, checkNumber } from '../../core/errors';
import { value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import * as kinds from '../../tensor/kinds';
import type { Generator } from '../../tensor/random';
import { warn } from '../../core/warn';
import { fanInAndFanOut } from './fan';
import { normal_, uniform_, type GeneratorOptions } from './fill';

/** What comes after the layer, by PyTorch's names: `calculateGain` has a factor for each. */
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

/** Options of `nn.init.calculateGain`. */
export interface CalculateGainOptions {
  /** The slope of a leaky ReLU. Default: 0.01. */
  param?: number | null;
}
const CALCULATE_GAIN = signature('calculateGain', [value<Nonlinearity>()('nonlinearity')], {
  param: null,
} as Required<CalculateGainOptions>);

/** The factor by which a nonlinearity shrinks the standard deviation; `param` is leaky ReLU's slope. */
export function calculateGain(
  ...args: Call<typeof CALCULATE_GAIN, [nonlinearity: Nonlinearity], [param: number | null]>
): number {
  const [nonlinearity, given] = CALCULATE_GAIN.bind(args);
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

/** Options of `nn.init.xavierUniform_` and its like. */
export interface GainOptions extends GeneratorOptions {
  /** A factor; see {@link calculateGain}. Default: 1. */
  gain?: number;
}
export const GAIN: Required<GainOptions> = { gain: 1, generator: null };

function xavierStd(tensor: Tensor, gain: number): number {
  checkNumber('xavier', 'gain', gain);
  const [fanIn, fanOut] = fanInAndFanOut(tensor);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

const XAVIER_UNIFORM = signature('xavierUniform_', [kinds.tensor('tensor')], GAIN);

/** Uniform in `±gain · √(6 / (fanIn + fanOut))` (Glorot and Bengio, 2010). */
export function xavierUniform_<T extends Tensor>(
  ...args: Call<typeof XAVIER_UNIFORM, [tensor: T], [gain: number, generator: Generator | null]>
): T {
  const [tensor, given] = XAVIER_UNIFORM.bind(args);
  const bound = Math.sqrt(3) * xavierStd(tensor, given.gain);
  return uniform_(tensor, -bound, bound, { generator: given.generator }) as T;
}

const XAVIER_NORMAL = signature('xavierNormal_', [kinds.tensor('tensor')], GAIN);

/** Normal with deviation `gain · √(2 / (fanIn + fanOut))` (Glorot and Bengio, 2010). */
export function xavierNormal_<T extends Tensor>(
  ...args: Call<typeof XAVIER_NORMAL, [tensor: T], [gain: number, generator: Generator | null]>
): T {
  const [tensor, given] = XAVIER_NORMAL.bind(args);
  return normal_(tensor, 0, xavierStd(tensor, given.gain), { generator: given.generator }) as T;
}

/** Whether the variance is kept in the forward or in the backward pass. */
export type FanMode = 'fan_in' | 'fan_out';
/** Options of `nn.init.kaimingUniform_` and `nn.init.kaimingNormal_`. */
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

type KaimingOptional = [a: number, mode: FanMode, nonlinearity: Nonlinearity, generator: Generator | null];

// The standard deviation, or null when there is nothing to fill.
function kaimingStd(tensor: Tensor, given: Required<KaimingOptions>): number | null {
  if (tensor.shape.includes(0)) {
    warn('Initializing zero-element tensors is a no-op');
    return null;
  }
  checkText('kaiming', 'mode', given.mode);
  const mode = given.mode.toLowerCase();
  if (mode !== 'fan_in' && mode !== 'fan_out') {
    throw valueError(`Mode ${mode} not supported, please use one of ['fan_in', 'fan_out']`);
  }
  const [fanIn, fanOut] = fanInAndFanOut(tensor);
  return calculateGain(given.nonlinearity, given.a) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}

const KAIMING_UNIFORM = signature('kaimingUniform_', [kinds.tensor('tensor')], KAIMING);

/** Uniform in `±gain · √(3 / fan)` (He et al., 2015). */
export function kaimingUniform_<T extends Tensor>(
  ...args: Call<typeof KAIMING_UNIFORM, [tensor: T], KaimingOptional>
): T {
  const [tensor, given] = KAIMING_UNIFORM.bind(args);
  const std = kaimingStd(tensor, given);
  if (std === null) return tensor as T;
  const bound = Math.sqrt(3) * std;
  return uniform_(tensor, -bound, bound, { generator: given.generator }) as T;
}

const KAIMING_NORMAL = signature('kaimingNormal_', [kinds.tensor('tensor')], KAIMING);

/** Normal with deviation `gain / √fan` (He et al., 2015). */
export function kaimingNormal_<T extends Tensor>(
  ...args: Call<typeof KAIMING_NORMAL, [tensor: T], KaimingOptional>
): T {
  const [tensor, given] = KAIMING_NORMAL.bind(args);
  const std = kaimingStd(tensor, given);
  return (std === null ? tensor : normal_(tensor, 0, std, { generator: given.generator })) as T;
}
