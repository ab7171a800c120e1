import * as aten from '../aten';
import { noGrad } from '../autograd';
import * as F from '../functional';
import type { ConvPadding, PadMode, Size } from '../functional';
import { CONV } from '../functional/conv';
import { keywords } from '../functional/keywords';
import { contiguousFormat } from '../layout';
import type { Tensor } from '../tensor';
import * as init from './init';
import { biasBound } from './init/fan';
import { Module } from './module';
import { FACTORY, ntuple, type FactoryOptions } from './options';
import { Parameter } from './parameter';
import { repr } from '../repr';

/** What is around the input: zeros, or a continuation of it. */
export type PaddingMode = 'zeros' | Exclude<PadMode, 'constant'>;
const paddingModes: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular'];

export interface ConvNdOptions extends FactoryOptions {
  /** Step of the window. Default: 1. */
  stride?: Size;
  /** Elements added on both sides. Default: 0. */
  padding?: Size | ConvPadding;
  /** Distance between the kernel's elements. Default: 1. */
  dilation?: Size;
  /** Number of groups that share no weights. Default: 1. */
  groups?: number;
  /** Whether a bias is added. Default: `true`. */
  bias?: boolean;
  /** Default: `'zeros'`. */
  paddingMode?: PaddingMode;
}
const CONV_ND: Required<ConvNdOptions> = { ...CONV, bias: true, paddingMode: 'zeros', ...FACTORY };

type Stride = Size | ConvNdOptions;
type Padding = Size | ConvPadding | ConvNdOptions;

function checkOptions(inChannels: number, outChannels: number, given: Required<ConvNdOptions>): void {
  const { groups, padding, stride, paddingMode } = given;
  if (groups <= 0) throw new TypeError('groups must be a positive integer');
  if (inChannels % groups !== 0) throw new TypeError('in_channels must be divisible by groups');
  if (outChannels % groups !== 0) throw new TypeError('out_channels must be divisible by groups');
  if (typeof padding === 'string') {
    if (padding !== 'same' && padding !== 'valid') {
      throw new TypeError(`Invalid padding string ${repr(padding)}, should be one of {'same', 'valid'}`);
    }
    if (padding === 'same' && ntuple(1, stride).some((step) => step !== 1)) {
      throw new TypeError("padding='same' is not supported for strided convolutions");
    }
  }
  if (!paddingModes.includes(paddingMode)) {
    const modes = paddingModes.map(repr).join(', ');
    throw new TypeError(
      `padding_mode must be one of {${modes}}, but got padding_mode='${String(paddingMode)}'`,
    );
  }
}

// `F.pad` counts from the last dimension backwards.
function padArgument(
  kernelSize: readonly number[],
  padding: readonly number[] | ConvPadding,
  dilation: readonly number[],
): number[] {
  const sides = kernelSize.map((size, i): [number, number] => {
    if (typeof padding !== 'string') return [padding[i], padding[i]];
    const total = padding === 'same' ? dilation[i] * (size - 1) : 0;
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
  return sides.reverse().flat();
}

abstract class ConvNd extends Module<[Tensor], Tensor> {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | ConvPadding;
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  readonly weight: Parameter; // (outChannels, inChannels / groups, ...kernelSize)
  readonly bias: Parameter | null; // (outChannels)
  readonly #convolve: typeof F.conv2d;

  constructor(
    dimensions: number,
    convolve: typeof F.conv2d,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Size,
    stride?: Stride,
    padding?: Padding,
    options?: ConvNdOptions,
  ) {
    super();
    const given = keywords<ConvNdOptions>(`Conv${dimensions}d`, CONV_ND, { stride, padding }, options);
    checkOptions(inChannels, outChannels, given);
    this.#convolve = convolve;
    this.kernelSize = ntuple(dimensions, kernelSize);
    this.stride = ntuple(dimensions, given.stride);
    this.padding = typeof given.padding === 'string' ? given.padding : ntuple(dimensions, given.padding);
    this.dilation = ntuple(dimensions, given.dilation);
    this.groups = given.groups;
    this.paddingMode = given.paddingMode;
    const factory = { device: given.device, dtype: given.dtype };
    this.weight = new Parameter(
      aten.empty([outChannels, inChannels / this.groups, ...this.kernelSize], factory),
    );
    this.bias = given.bias ? new Parameter(aten.empty([outChannels], factory)) : null;
    this.resetParameters();
  }

  // Draws weight, then bias: the order decides what a seed gives.
  resetParameters(): void {
    noGrad(() => {
      if (this.weight.isContiguous()) {
        init.kaimingUniform_(this.weight, { a: Math.sqrt(5) });
      } else {
        // Values are drawn in the order of the dimensions, not of the memory.
        const plain = aten.emptyLike(this.weight, { memoryFormat: contiguousFormat });
        aten.copy_(this.weight, init.kaimingUniform_(plain, { a: Math.sqrt(5) }));
      }
      if (this.bias === null) return;
      const bound = biasBound(this.weight);
      init.uniform_(this.bias, -bound, bound);
    });
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, stride, padding, dilation, groups, paddingMode } = this;
    if (paddingMode === 'zeros')
      return this.#convolve(input, weight, bias, { stride, padding, dilation, groups });
    const padded = F.pad(input, padArgument(this.kernelSize, padding, dilation), paddingMode);
    return this.#convolve(padded, weight, bias, { stride, dilation, groups });
  }

  override extraRepr(): string {
    const { padding, dilation, groups, bias, paddingMode } = this;
    let text = `${this.inChannels}, ${this.outChannels}, kernel_size=${repr(this.kernelSize)}, stride=${repr(this.stride)}`;
    if (typeof padding === 'string') text += `, padding=${padding}`;
    else if (padding.some((size) => size !== 0)) text += `, padding=${repr(padding)}`;
    if (dilation.some((distance) => distance !== 1)) text += `, dilation=${repr(dilation)}`;
    if (groups !== 1) text += `, groups=${groups}`;
    if (bias === null) text += ', bias=False';
    if (paddingMode !== 'zeros') text += `, padding_mode=${paddingMode}`;
    return text;
  }
}

/**
 * Slides `outChannels` kernels along a sequence.
 *
 * Shapes: input `(N, inChannels, L)`, output `(N, outChannels, Lout)`, or both without `N`.
 * Weight and bias start uniform in `±1/√(inChannels / groups · kernelSize)`.
 */
export class Conv1d extends ConvNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    stride?: Stride,
    padding?: Padding,
    options?: ConvNdOptions,
  ) {
    super(1, F.conv1d, inChannels, outChannels, kernelSize, stride, padding, options);
  }
}

/**
 * Slides `outChannels` kernels over an image.
 *
 * Shapes: input `(N, inChannels, H, W)`, output `(N, outChannels, Hout, Wout)`, or both without `N`.
 * Weight and bias start uniform in `±1/√(inChannels / groups · Π kernelSize)`.
 *
 * @example
 * const m = new nn.Conv2d(3, 16, 3, { padding: 1, bias: false });
 * m(torch.randn([1, 3, 32, 32])).shape; // [1, 16, 32, 32]
 */
export class Conv2d extends ConvNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    stride?: Stride,
    padding?: Padding,
    options?: ConvNdOptions,
  ) {
    super(2, F.conv2d, inChannels, outChannels, kernelSize, stride, padding, options);
  }
}

/**
 * Slides `outChannels` kernels over a volume.
 *
 * Shapes: input `(N, inChannels, D, H, W)`, output `(N, outChannels, Dout, Hout, Wout)`, or both
 * without `N`. Weight and bias start uniform in `±1/√(inChannels / groups · Π kernelSize)`.
 */
export class Conv3d extends ConvNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    stride?: Stride,
    padding?: Padding,
    options?: ConvNdOptions,
  ) {
    super(3, F.conv3d, inChannels, outChannels, kernelSize, stride, padding, options);
  }
}
