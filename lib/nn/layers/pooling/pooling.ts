import * as F from '../../../functional';
import type { MaxPoolOptions, Size } from '../../../functional';
import { size } from '../../../core/kinds';
import { type Call, type Signature, signature } from '../../../core/signature';
import { AVG_POOL, AVG_POOL_1D, MAX_POOL } from '../../../functional/pooling/pooling';
import type { Tensor } from '../../../tensor';
import { Module } from '../../module/module';
import { ntuple } from '../options';
import { repr } from '../../../tensor/repr';

/** The maxima, and where they were when that was asked for. */
export type Pooled<R extends boolean> = R extends true ? [values: Tensor, indices: Tensor] : Tensor;
type MaxPoolModuleOptions<R extends boolean> = MaxPoolOptions & { returnIndices?: R };
const MAX_POOL_ORDER = ['stride', 'padding', 'dilation', 'returnIndices', 'ceilMode'] as const;
const MAX_POOL_ND = signature('MaxPool', [size('kernelSize')], MAX_POOL, MAX_POOL_ORDER);
type MaxPoolSignature<R extends boolean> = Signature<
  (typeof MAX_POOL_ND)['required'],
  Required<MaxPoolModuleOptions<R>>
>;

abstract class MaxPoolNd<R extends boolean> extends Module<[Tensor], Pooled<R>> {
  readonly kernelSize: Size;
  readonly stride: Size;
  readonly padding: Size;
  readonly dilation: Size;
  readonly ceilMode: boolean;
  readonly returnIndices: boolean;

  constructor(
    ...args: Call<
      MaxPoolSignature<R>,
      [kernelSize: Size],
      [stride: Size | null, padding: Size, dilation: Size, returnIndices: R, ceilMode: boolean]
    >
  ) {
    super();
    const [kernelSize, given] = MAX_POOL_ND.bind(args, new.target.name);
    this.kernelSize = kernelSize;
    this.stride = given.stride ?? kernelSize;
    this.padding = given.padding;
    this.dilation = given.dilation;
    this.ceilMode = given.ceilMode;
    this.returnIndices = given.returnIndices;
  }

  protected abstract get _pool(): typeof F.maxPool2d;

  override forward(input: Tensor): Pooled<R> {
    const { stride, padding, dilation, ceilMode, returnIndices } = this;
    const options: MaxPoolOptions = { stride, padding, dilation, ceilMode, returnIndices };
    return this._pool(input, this.kernelSize, options) as Pooled<R>;
  }

  override extraRepr(): string {
    return (
      `kernel_size=${repr(this.kernelSize)}, stride=${repr(this.stride)}, padding=${repr(this.padding)}, ` +
      `dilation=${repr(this.dilation)}, ceil_mode=${repr(this.ceilMode)}`
    );
  }
}

/** The maximum of each window. Shape: `(N, C, L)` or `(C, L)`. */
export class MaxPool1d<R extends boolean = false> extends MaxPoolNd<R> {
  protected override get _pool(): typeof F.maxPool1d {
    return F.maxPool1d;
  }
}

/**
 * The maximum of each window. Shape: `(N, C, H, W)` or `(C, H, W)`.
 *
 * @example
 * new nn.MaxPool2d(2)(torch.randn([1, 3, 32, 32])).shape; // [1, 3, 16, 16]
 */
export class MaxPool2d<R extends boolean = false> extends MaxPoolNd<R> {
  protected override get _pool(): typeof F.maxPool2d {
    return F.maxPool2d;
  }
}

/** The maximum of each window. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class MaxPool3d<R extends boolean = false> extends MaxPoolNd<R> {
  protected override get _pool(): typeof F.maxPool3d {
    return F.maxPool3d;
  }
}

const AVG_POOL_1D_MODULE = signature('AvgPool1d', [size('kernelSize')], AVG_POOL_1D);

/** The mean of each window. Shape: `(N, C, L)` or `(C, L)`. */
export class AvgPool1d extends Module<[Tensor], Tensor> {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;

  constructor(
    ...args: Call<
      typeof AVG_POOL_1D_MODULE,
      [kernelSize: Size],
      [stride: Size | null, padding: Size, ceilMode: boolean, countIncludePad: boolean]
    >
  ) {
    super();
    const [kernelSize, given] = AVG_POOL_1D_MODULE.bind(args);
    this.kernelSize = ntuple(1, kernelSize);
    this.stride = ntuple(1, given.stride ?? kernelSize);
    this.padding = ntuple(1, given.padding);
    this.ceilMode = given.ceilMode;
    this.countIncludePad = given.countIncludePad;
  }
  override forward(input: Tensor): Tensor {
    const { stride, padding, ceilMode, countIncludePad } = this;
    return F.avgPool1d(input, this.kernelSize, { stride, padding, ceilMode, countIncludePad });
  }
  override extraRepr(): string {
    return `kernel_size=${repr(this.kernelSize)}, stride=${repr(this.stride)}, padding=${repr(this.padding)}`;
  }
}

const AVG_POOL_ND = signature('AvgPool', [size('kernelSize')], AVG_POOL);

abstract class AvgPoolNd extends Module<[Tensor], Tensor> {
  readonly kernelSize: Size;
  readonly stride: Size;
  readonly padding: Size;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;

  constructor(
    ...args: Call<
      typeof AVG_POOL_ND,
      [kernelSize: Size],
      [
        stride: Size | null,
        padding: Size,
        ceilMode: boolean,
        countIncludePad: boolean,
        divisorOverride: number | null,
      ]
    >
  ) {
    super();
    const [kernelSize, given] = AVG_POOL_ND.bind(args, new.target.name);
    this.kernelSize = kernelSize;
    this.stride = given.stride ?? kernelSize;
    this.padding = given.padding;
    this.ceilMode = given.ceilMode;
    this.countIncludePad = given.countIncludePad;
    this.divisorOverride = given.divisorOverride;
  }

  protected abstract get _pool(): typeof F.avgPool2d;

  override forward(input: Tensor): Tensor {
    const { stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    return this._pool(input, this.kernelSize, {
      stride,
      padding,
      ceilMode,
      countIncludePad,
      divisorOverride,
    });
  }
  override extraRepr(): string {
    return `kernel_size=${repr(this.kernelSize)}, stride=${repr(this.stride)}, padding=${repr(this.padding)}`;
  }
}

/** The mean of each window. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export class AvgPool2d extends AvgPoolNd {
  protected override get _pool(): typeof F.avgPool2d {
    return F.avgPool2d;
  }
}

/** The mean of each window. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class AvgPool3d extends AvgPoolNd {
  protected override get _pool(): typeof F.avgPool3d {
    return F.avgPool3d;
  }
}
