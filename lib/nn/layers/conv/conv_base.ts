// What convolutions and transposed convolutions share.
import { checkNumber, valueError } from '../../../core/errors';
import * as aten from '../../../tensor/aten';
import { noGrad } from '../../../autograd';
import type { ConvPadding, PadMode, Size } from '../../../functional';
import { CONV } from '../../../functional/conv/conv';
import { contiguousFormat } from '../../../core/layout';
import type { Tensor } from '../../../tensor';
import * as init from '../../init';
import { biasBound } from '../../init/fan';
import { Module } from '../../module/module';
import { FACTORY, ntuple, type BiasOf, type Factory, type FactoryOptions } from '../options';
import { Parameter } from '../../parameter';
import { repr } from '../../../tensor/repr';

/** What is around the input: zeros, or a continuation of it. */
export type PaddingMode = 'zeros' | Exclude<PadMode, 'constant'>;
const paddingModes: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular'];

/** Options of `nn.Conv1d`, `nn.Conv2d` and `nn.Conv3d`. */
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
export const CONV_ND: Required<ConvNdOptions> = { ...CONV, bias: true, paddingMode: 'zeros', ...FACTORY };
export type ConvPlaces<Bias = boolean> = [
  stride: Size,
  padding: Size | ConvPadding,
  dilation: Size,
  groups: number,
  bias: Bias,
  paddingMode: PaddingMode,
  ...Factory,
];

/** Options with their defaults; transposed convolutions have an `outputPadding`. */
type Resolved = Required<ConvNdOptions> & { outputPadding?: Size };

function checkOptions(inChannels: number, outChannels: number, given: Resolved): void {
  const { groups, padding, stride, paddingMode } = given;

  checkNumber('Conv', 'groups', groups);
  if (groups <= 0) throw valueError('groups must be a positive integer');
  if (inChannels % groups !== 0) throw valueError('in_channels must be divisible by groups');
  if (outChannels % groups !== 0) throw valueError('out_channels must be divisible by groups');
  if (typeof padding === 'string') {
    if (padding !== 'same' && padding !== 'valid') {
      throw valueError(`Invalid padding string ${repr(padding)}, should be one of {'same', 'valid'}`);
    }
    if (padding === 'same' && ntuple(1, stride).some((step) => step !== 1)) {
      throw valueError("padding='same' is not supported for strided convolutions");
    }
  }
  if (!paddingModes.includes(paddingMode)) {
    const modes = paddingModes.map(repr).join(', ');
    throw valueError(`padding_mode must be one of {${modes}}, but got padding_mode='${String(paddingMode)}'`);
  }
}

/** Weight, bias and options of convolutions and transposed ones; logic of all their dimensions. */
export abstract class ConvNd<
  Args extends unknown[] = [Tensor],
  Bias extends boolean = any, // eslint-disable-line @typescript-eslint/no-explicit-any -- see BiasOf
> extends Module<Args, Tensor> {
  readonly transposed: boolean;
  inChannels: number;
  outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | ConvPadding;
  readonly dilation: readonly number[];
  readonly outputPadding: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  weight: Parameter; // (outChannels, inChannels / groups, ...kernelSize); transposed: in and out swapped
  bias: BiasOf<Bias>; // (outChannels)

  constructor(
    transposed: boolean,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    given: Resolved,
  ) {
    super();
    checkOptions(inChannels, outChannels, given);
    this.transposed = transposed;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = this._ntuple(kernelSize);
    this.stride = this._ntuple(given.stride);
    this.padding = typeof given.padding === 'string' ? given.padding : this._ntuple(given.padding);
    this.dilation = this._ntuple(given.dilation);
    this.outputPadding = this._ntuple(given.outputPadding ?? 0);
    this.groups = given.groups;
    this.paddingMode = given.paddingMode;
    const factory = { device: given.device, dtype: given.dtype };
    this.weight = new Parameter(aten.empty(this._weightShape(), factory));
    this.bias = (given.bias ? new Parameter(aten.empty([outChannels], factory)) : null) as BiasOf<Bias>;
    this.resetParameters();
  }

  /** How many dimensions the windows slide along. */
  protected abstract get _dimensions(): number;

  private _ntuple(value: Size): readonly number[] {
    return ntuple(this._dimensions, value);
  }

  _weightShape(): number[] {
    const { inChannels, outChannels, groups, kernelSize } = this;
    const channels = this.transposed
      ? [inChannels, outChannels / groups]
      : [outChannels, inChannels / groups];
    return [...channels, ...kernelSize];
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

  override extraRepr(): string {
    const { padding, dilation, outputPadding, groups, bias, paddingMode } = this;
    let text = `${this.inChannels}, ${this.outChannels}, kernel_size=${repr(this.kernelSize)}, stride=${repr(this.stride)}`;
    if (typeof padding === 'string') text += `, padding=${padding}`;
    else if (padding.some((size) => size !== 0)) text += `, padding=${repr(padding)}`;
    if (dilation.some((distance) => distance !== 1)) text += `, dilation=${repr(dilation)}`;
    if (outputPadding.some((size) => size !== 0)) text += `, output_padding=${repr(outputPadding)}`;
    if (groups !== 1) text += `, groups=${groups}`;
    if (bias === null) text += ', bias=False';
    if (paddingMode !== 'zeros') text += `, padding_mode=${paddingMode}`;
    return text;
  }
}
