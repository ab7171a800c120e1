// Convolutions that take `inChannels` from the first input.
import type { ConvPadding, Size } from '../../../functional';
import { keywords } from '../../../core/keywords';
import { sizeText } from '../../../functional/reduction';
import { TorchError, valueError } from '../../../core/errors';
import type { Tensor } from '../../../tensor';
import { Conv1d, Conv2d, Conv3d } from './conv';
import { CONV_ND, type ConvNd, type ConvNdOptions } from './conv_base';
import {
  CONV_TRANSPOSE_ND,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeNdOptions,
} from './conv_transpose';
import { LazyModuleMixin, type Initialized, type LazyModule } from '../../module/lazy';
import { UninitializedParameter, isLazy } from '../../parameter';

type Padding = Size | ConvPadding | ConvNdOptions;
type Stride = Size | ConvNdOptions;
type Given = Size | ConvTransposeNdOptions;

function inChannelsOf(module: ConvNd, input: Tensor): number {
  const unbatched = module.kernelSize.length + 1;
  const ndim = input.dim();
  if (ndim !== unbatched && ndim !== unbatched + 1) {
    throw new TorchError(
      `Expected ${unbatched}D (unbatched) or ${unbatched + 1}D (batched) input to ${module._getName()}, but ` +
        `got input of size: ${sizeText(input.shape)}`,
    );
  }
  return input.shape[ndim === unbatched ? 0 : 1];
}

interface LazyConv extends LazyModule {
  /** Replaces the parameters that the base made. */
  _uninitialized(outChannels: number, given: Required<ConvNdOptions>): void;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- what TypeScript asks of the base of a mixin */
type ConvClass = abstract new (...args: any[]) => ConvNd<any[]>;
type LazyConvClass = (abstract new (...args: any[]) => LazyConv) & { readonly clsToBecome: Initialized };
/* eslint-enable @typescript-eslint/no-explicit-any */

function LazyConvMixin<Base extends ConvClass>(base: Base): Base & LazyConvClass {
  abstract class Lazy extends LazyModuleMixin(base) implements LazyConv {
    override resetParameters(): void {
      if (!this.hasUninitializedParams() && this.inChannels !== 0) super.resetParameters();
    }
    _uninitialized(outChannels: number, given: Required<ConvNdOptions>): void {
      const factory = { device: given.device, dtype: given.dtype };
      this.weight = new UninitializedParameter(true, factory);
      this.outChannels = outChannels;
      if (given.bias) this.bias = new UninitializedParameter(true, factory);
    }
    override initializeParameters(input: Tensor): void {
      if (!this.hasUninitializedParams()) return;
      this.inChannels = inChannelsOf(this, input);
      if (this.inChannels % this.groups !== 0) throw valueError('in_channels must be divisible by groups');
      if (isLazy(this.weight)) this.weight.materialize(this._weightShape());
      if (isLazy(this.bias)) this.bias.materialize([this.outChannels]);
      this.resetParameters();
    }
  }
  return Lazy;
}

/** A {@link Conv1d} that takes `inChannels` from the first input, and then is a `Conv1d`. */
export class LazyConv1d extends LazyConvMixin(Conv1d) {
  static override readonly clsToBecome = Conv1d;

  constructor(
    outChannels: number,
    kernelSize: Size,
    stride?: Stride,
    padding?: Padding,
    options?: ConvNdOptions,
  ) {
    const given = keywords<ConvNdOptions>('LazyConv1d', CONV_ND, { stride, padding }, options);
    super(0, 0, kernelSize, { ...given, bias: false });
    this._uninitialized(outChannels, given);
  }
}

/** A {@link Conv2d} that takes `inChannels` from the first input, and then is a `Conv2d`. */
export class LazyConv2d extends LazyConvMixin(Conv2d) {
  static override readonly clsToBecome = Conv2d;

  constructor(
    outChannels: number,
    kernelSize: Size,
    stride?: Stride,
    padding?: Padding,
    options?: ConvNdOptions,
  ) {
    const given = keywords<ConvNdOptions>('LazyConv2d', CONV_ND, { stride, padding }, options);
    super(0, 0, kernelSize, { ...given, bias: false });
    this._uninitialized(outChannels, given);
  }
}

/** A {@link Conv3d} that takes `inChannels` from the first input, and then is a `Conv3d`. */
export class LazyConv3d extends LazyConvMixin(Conv3d) {
  static override readonly clsToBecome = Conv3d;

  constructor(
    outChannels: number,
    kernelSize: Size,
    stride?: Stride,
    padding?: Padding,
    options?: ConvNdOptions,
  ) {
    const given = keywords<ConvNdOptions>('LazyConv3d', CONV_ND, { stride, padding }, options);
    super(0, 0, kernelSize, { ...given, bias: false });
    this._uninitialized(outChannels, given);
  }
}

/** A {@link ConvTranspose1d} that takes `inChannels` from the first input, and then is a `ConvTranspose1d`. */
export class LazyConvTranspose1d extends LazyConvMixin(ConvTranspose1d) {
  static override readonly clsToBecome = ConvTranspose1d;

  constructor(
    outChannels: number,
    kernelSize: Size,
    stride?: Given,
    padding?: Given,
    outputPadding?: Given,
    options?: ConvTransposeNdOptions,
  ) {
    const positional = { stride, padding, outputPadding };
    const given = keywords<ConvTransposeNdOptions>(
      'LazyConvTranspose1d',
      CONV_TRANSPOSE_ND,
      positional,
      options,
    );
    super(0, 0, kernelSize, { ...given, bias: false });
    this._uninitialized(outChannels, given);
  }
}

/** A {@link ConvTranspose2d} that takes `inChannels` from the first input, and then is a `ConvTranspose2d`. */
export class LazyConvTranspose2d extends LazyConvMixin(ConvTranspose2d) {
  static override readonly clsToBecome = ConvTranspose2d;

  constructor(
    outChannels: number,
    kernelSize: Size,
    stride?: Given,
    padding?: Given,
    outputPadding?: Given,
    options?: ConvTransposeNdOptions,
  ) {
    const positional = { stride, padding, outputPadding };
    const given = keywords<ConvTransposeNdOptions>(
      'LazyConvTranspose2d',
      CONV_TRANSPOSE_ND,
      positional,
      options,
    );
    super(0, 0, kernelSize, { ...given, bias: false });
    this._uninitialized(outChannels, given);
  }
}

/** A {@link ConvTranspose3d} that takes `inChannels` from the first input, and then is a `ConvTranspose3d`. */
export class LazyConvTranspose3d extends LazyConvMixin(ConvTranspose3d) {
  static override readonly clsToBecome = ConvTranspose3d;

  constructor(
    outChannels: number,
    kernelSize: Size,
    stride?: Given,
    padding?: Given,
    outputPadding?: Given,
    options?: ConvTransposeNdOptions,
  ) {
    const positional = { stride, padding, outputPadding };
    const given = keywords<ConvTransposeNdOptions>(
      'LazyConvTranspose3d',
      CONV_TRANSPOSE_ND,
      positional,
      options,
    );
    super(0, 0, kernelSize, { ...given, bias: false });
    this._uninitialized(outChannels, given);
  }
}
