// Convolutions that take `inChannels` from the first input.

import type { Size } from '../../../functional';
import { number, size } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import { sizeText } from '../../../core/size_text';
import { TorchError, valueError } from '../../../core/errors';
import type { Tensor } from '../../../tensor';
import { Conv1d, Conv2d, Conv3d } from './conv';
import { CONV_ND, type ConvNd, type ConvNdOptions, type ConvPlaces } from './conv_base';
import {
  CONV_TRANSPOSE_ND,
  CONV_TRANSPOSE_ORDER,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  FORWARD,
  type ConvTransposePlaces,
} from './conv_transpose';
import { LazyModuleMixin, type LazyModule } from '../../module/lazy';
import { UninitializedParameter, isLazy } from '../../parameter';

const REQUIRED = [number('outChannels'), size('kernelSize')] as const;
const LAZY_CONV = signature('LazyConv', REQUIRED, CONV_ND);
const LAZY_CONV_TRANSPOSE = signature('LazyConvTranspose', REQUIRED, CONV_TRANSPOSE_ND, CONV_TRANSPOSE_ORDER);
type Positions = [outChannels: number, kernelSize: Size];

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

/* eslint-disable @typescript-eslint/no-explicit-any -- what TypeScript asks of the base of a mixin */
type ConvClass = abstract new (...args: any[]) => ConvNd<any[]>;
type Base<Conv> = new (...args: any[]) => Conv;

interface LazyConvClass<Conv> {
  new (...args: Call<typeof LAZY_CONV, Positions, ConvPlaces>): Conv & LazyModule;
  readonly clsToBecome: Base<Conv>;
}
interface LazyConvTransposeClass<Conv> {
  new (...args: Call<typeof LAZY_CONV_TRANSPOSE, Positions, ConvTransposePlaces>): Conv & LazyModule;
  readonly clsToBecome: Base<Conv>;
}

function LazyConvMixin(base: ConvClass) {
  abstract class LazyConvNd extends LazyModuleMixin(base) {
    static override readonly clsToBecome = base;

    constructor(outChannels: number, kernelSize: Size, given: Required<ConvNdOptions>) {
      super(0, 0, kernelSize, { ...given, bias: false });
      const factory = { device: given.device, dtype: given.dtype };
      this.weight = new UninitializedParameter(true, factory);
      this.outChannels = outChannels;
      if (given.bias) this.bias = new UninitializedParameter(true, factory);
    }
    override resetParameters(): void {
      if (!this.hasUninitializedParams() && this.inChannels !== 0) super.resetParameters();
    }
    override initializeParameters(...args: unknown[]): void {
      if (!this.hasUninitializedParams()) return;
      const [input] = FORWARD.bind(args, `${base.name}.forward`);
      this.inChannels = inChannelsOf(this, input);
      if (this.inChannels % this.groups !== 0) throw valueError('in_channels must be divisible by groups');
      if (isLazy(this.weight)) this.weight.materialize(this._weightShape());
      if (isLazy(this.bias)) this.bias.materialize([this.outChannels]);
      this.resetParameters();
    }
  }
  return LazyConvNd;
}

function lazyConv<Conv extends ConvNd>(base: Base<Conv>): LazyConvClass<Conv> {
  abstract class LazyConv extends LazyConvMixin(base) {
    constructor(...args: Call<typeof LAZY_CONV, Positions, ConvPlaces>) {
      super(...LAZY_CONV.bind(args, new.target.name));
    }
  }
  return LazyConv as unknown as LazyConvClass<Conv>;
}

function lazyConvTranspose<Conv extends ConvNd<any[]>>(base: Base<Conv>): LazyConvTransposeClass<Conv> {
  abstract class LazyConvTranspose extends LazyConvMixin(base) {
    constructor(...args: Call<typeof LAZY_CONV_TRANSPOSE, Positions, ConvTransposePlaces>) {
      super(...LAZY_CONV_TRANSPOSE.bind(args, new.target.name));
    }
  }
  return LazyConvTranspose as unknown as LazyConvTransposeClass<Conv>;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** A {@link Conv1d} that takes `inChannels` from the first input, and then is a `Conv1d`. */
export class LazyConv1d extends lazyConv(Conv1d) {}

/** A {@link Conv2d} that takes `inChannels` from the first input, and then is a `Conv2d`. */
export class LazyConv2d extends lazyConv(Conv2d) {}

/** A {@link Conv3d} that takes `inChannels` from the first input, and then is a `Conv3d`. */
export class LazyConv3d extends lazyConv(Conv3d) {}

/** A {@link ConvTranspose1d} that takes `inChannels` from the first input, and then is a `ConvTranspose1d`. */
export class LazyConvTranspose1d extends lazyConvTranspose(ConvTranspose1d) {}

/** A {@link ConvTranspose2d} that takes `inChannels` from the first input, and then is a `ConvTranspose2d`. */
export class LazyConvTranspose2d extends lazyConvTranspose(ConvTranspose2d) {}

/** A {@link ConvTranspose3d} that takes `inChannels` from the first input, and then is a `ConvTranspose3d`. */
export class LazyConvTranspose3d extends lazyConvTranspose(ConvTranspose3d) {}
