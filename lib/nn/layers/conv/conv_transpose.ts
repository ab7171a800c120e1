import { argumentError, valueError } from '../../../core/errors';
import * as F from '../../../functional';
import type { Size } from '../../../functional';
import { CONV_TRANSPOSE } from '../../../functional/conv/conv_transpose';
import { number, size } from '../../../core/kinds';
import { type Call, method, signature } from '../../../core/signature';
import { tensor } from '../../../tensor/kinds';
import { sizeText } from '../../../core/size_text';
import type { Tensor } from '../../../tensor';
import { ConvNd, type PaddingMode } from './conv_base';
import { FACTORY, type Factory, type FactoryOptions, type With } from '../options';

/** Options of `nn.ConvTranspose1d`, `nn.ConvTranspose2d` and `nn.ConvTranspose3d`. */
export interface ConvTransposeNdOptions extends FactoryOptions {
  /** Step of the window. Default: 1. */
  stride?: Size;
  /** Elements taken off both sides of the output. Default: 0. */
  padding?: Size;
  /** Elements added to one side of the output. Default: 0. */
  outputPadding?: Size;
  /** Number of groups that share no weights. Default: 1. */
  groups?: number;
  /** Whether a bias is added. Default: `true`. */
  bias?: boolean;
  /** Distance between the kernel's elements. Default: 1. */
  dilation?: Size;
  /** Nothing but `'zeros'` is supported. */
  paddingMode?: PaddingMode;
}
export const CONV_TRANSPOSE_ND: Required<ConvTransposeNdOptions> = {
  ...CONV_TRANSPOSE,
  bias: true,
  paddingMode: 'zeros',
  ...FACTORY,
};

/** Python's order. */
export const CONV_TRANSPOSE_ORDER = [
  'stride',
  'padding',
  'outputPadding',
  'groups',
  'bias',
  'dilation',
  'paddingMode',
  'device',
  'dtype',
] as const;
export type ConvTransposePlaces<Bias = boolean> = [
  stride: Size,
  padding: Size,
  outputPadding: Size,
  groups: number,
  bias: Bias,
  dilation: Size,
  paddingMode: PaddingMode,
  ...Factory,
];
const CONV_TRANSPOSE_CLASS = signature(
  'ConvTranspose',
  [number('inChannels'), number('outChannels'), size('kernelSize')],
  CONV_TRANSPOSE_ND,
  CONV_TRANSPOSE_ORDER,
);

export interface OutputSizeOptions {
  /** One of the sizes that a stride larger than one leaves open. Default: null, the smallest. */
  outputSize?: readonly number[] | null;
}
export const OUTPUT_SIZE: Required<OutputSizeOptions> = { outputSize: null };

export const FORWARD = method('ConvTranspose.forward', [tensor('input')], OUTPUT_SIZE);
type Args = Call<typeof FORWARD, [input: Tensor], [outputSize: readonly number[] | null]>;

const kernels = [F.convTranspose1d, F.convTranspose2d, F.convTranspose3d];

/* eslint-disable @typescript-eslint/no-explicit-any -- see BiasOf */
abstract class ConvTransposeNd<Bias extends boolean = any> extends ConvNd<Args, Bias> {
  constructor(
    ...args: Call<
      With<typeof CONV_TRANSPOSE_CLASS, { bias: Bias }>,
      [inChannels: number, outChannels: number, kernelSize: Size],
      ConvTransposePlaces<Bias>
    >
  ) {
    const bound = CONV_TRANSPOSE_CLASS.bind(args, new.target.name);
    if (bound[3].paddingMode !== 'zeros')
      throw valueError(`Only "zeros" padding mode is supported for ${new.target.name}`);
    super(true, ...bound);
  }

  /** `outputSize` picks one of the sizes that a stride larger than one leaves open. */
  override forward(...args: Args): Tensor {
    const [input, { outputSize }] = FORWARD.bind(args, `ConvTranspose${this._dimensions}d.forward`);
    const { weight, bias, stride, groups, dilation } = this;
    const padding = this.padding as readonly number[];
    const outputPadding = outputSize === null ? this.outputPadding : this._outputPadding(input, outputSize);
    const convolve = kernels[this._dimensions - 1];
    return convolve(input, weight, bias, { stride, padding, outputPadding, groups, dilation });
  }

  // What has to be added to the smallest output to get one of `outputSize`.
  _outputPadding(input: Tensor, outputSize: readonly number[]): number[] {
    const { kernelSize, stride, padding, dilation } = this;
    const spatial = kernelSize.length;

    if (!Array.isArray(outputSize))
      throw argumentError('ConvTranspose.forward', 'outputSize', 'an array of numbers', outputSize);
    const ndim = input.dim();
    const others = ndim === spatial + 2 ? 2 : 1;
    const sizes = outputSize.length === others + spatial ? outputSize.slice(others) : outputSize;
    if (sizes.length !== spatial) {
      throw valueError(
        `ConvTranspose${spatial}D: for ${ndim}D input, output_size must have ${spatial} or ${others + spatial} ` +
          `elements (got ${sizes.length})`,
      );
    }
    const { shape } = input;
    const smallest = kernelSize.map((kernel, d) => {
      const stretched = (shape[d + others] - 1) * stride[d] - 2 * (padding[d] as number);
      return stretched + dilation[d] * (kernel - 1) + 1;
    });
    const largest = smallest.map((size, d) => size + stride[d] - 1);
    if (sizes.some((size, d) => size < smallest[d] || size > largest[d])) {
      const list = (values: readonly number[]): string => `[${values.join(', ')}]`;
      throw valueError(
        `requested an output size of ${list(sizes)}, but valid sizes range from ${list(smallest)} to ` +
          `${list(largest)} (for an input of ${sizeText(shape.slice(2))})`,
      );
    }
    return sizes.map((size, d) => size - smallest[d]);
  }
}

/**
 * Transposed convolution along a sequence: the gradient of a `Conv1d` with respect to its input.
 *
 * Shapes: input `(N, inChannels, L)`, output `(N, outChannels, Lout)`, or both without `N`.
 * Weight and bias start uniform in `±1/√(outChannels / groups · kernelSize)`.
 *
 * @throws ValueError from a call whose `outputSize` the stride does not allow.
 */
export class ConvTranspose1d<Bias extends boolean = any> extends ConvTransposeNd<Bias> {
  protected override get _dimensions(): number {
    return 1;
  }
}

/**
 * Transposed convolution over an image: the gradient of a `Conv2d` with respect to its input.
 *
 * Shapes: input `(N, inChannels, H, W)`, output `(N, outChannels, Hout, Wout)`, or both without `N`.
 * Weight and bias start uniform in `±1/√(outChannels / groups · Π kernelSize)`.
 *
 * @throws ValueError from a call whose `outputSize` the stride does not allow.
 *
 * @example
 * const down = new nn.Conv2d(16, 16, 3, { stride: 2, padding: 1 });
 * const up = new nn.ConvTranspose2d(16, 16, 3, { stride: 2, padding: 1 });
 * up(down(x), x.shape).shape; // x.shape
 */
export class ConvTranspose2d<Bias extends boolean = any> extends ConvTransposeNd<Bias> {
  protected override get _dimensions(): number {
    return 2;
  }
}

/**
 * Transposed convolution over a volume: the gradient of a `Conv3d` with respect to its input.
 *
 * Shapes: input `(N, inChannels, D, H, W)`, output `(N, outChannels, Dout, Hout, Wout)`, or both
 * without `N`. Weight and bias start uniform in `±1/√(outChannels / groups · Π kernelSize)`.
 *
 * @throws ValueError from a call whose `outputSize` the stride does not allow.
 */
export class ConvTranspose3d<Bias extends boolean = any> extends ConvTransposeNd<Bias> {
  protected override get _dimensions(): number {
    return 3;
  }
}
