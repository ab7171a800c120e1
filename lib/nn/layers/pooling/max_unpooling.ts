import * as F from '../../../functional';
import type { Size } from '../../../functional';
import { OUTPUT_SIZE } from '../conv/conv_transpose';
import { size } from '../../../core/kinds';
import { type Call, method, signature } from '../../../core/signature';
import { tensor } from '../../../tensor/kinds';
import type { Tensor } from '../../../tensor';
import { Module } from '../../module/module';
import { ntuple } from '../options';
import { repr } from '../../../tensor/repr';

/** Options of `nn.MaxUnpool1d`, `nn.MaxUnpool2d` and `nn.MaxUnpool3d`. */
export interface MaxUnpoolModuleOptions {
  /** Step of the window that pooled. Default: the window's size. */
  stride?: Size | null;
  /** Padding of the pooling. Default: 0. */
  padding?: Size;
}
const DEFAULTS: Required<MaxUnpoolModuleOptions> = { stride: null, padding: 0 };
const MAX_UNPOOL = signature('MaxUnpool', [size('kernelSize')], DEFAULTS);

const FORWARD = method('MaxUnpool.forward', [tensor('input'), tensor('indices')], OUTPUT_SIZE);
type Args = Call<typeof FORWARD, [input: Tensor, indices: Tensor], [outputSize: readonly number[] | null]>;

abstract class MaxUnpoolNd extends Module<Args, Tensor> {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];

  constructor(...args: Call<typeof MAX_UNPOOL, [kernelSize: Size], [stride: Size | null, padding: Size]>) {
    super();
    const [kernelSize, given] = MAX_UNPOOL.bind(args, new.target.name);
    this.kernelSize = this._each(kernelSize);
    this.stride = this._each(given.stride ?? kernelSize);
    this.padding = this._each(given.padding);
  }

  // One number for each dimension.
  protected abstract _each(size: Size): readonly number[];
  protected abstract get _unpool(): typeof F.maxUnpool2d;

  /** `outputSize` picks one of the sizes that the window leaves open. */
  override forward(...args: Args): Tensor {
    const name = `MaxUnpool${this.kernelSize.length}d.forward`;
    const [input, indices, { outputSize }] = FORWARD.bind(args, name);
    const { kernelSize, stride, padding } = this;
    return this._unpool(input, indices, kernelSize, { stride, padding, outputSize });
  }
  override extraRepr(): string {
    return `kernel_size=${repr(this.kernelSize)}, stride=${repr(this.stride)}, padding=${repr(this.padding)}`;
  }
}

/** Puts the maxima of a `MaxPool1d` back where they were. Shape: `(N, C, L)` or `(C, L)`. */
export class MaxUnpool1d extends MaxUnpoolNd {
  protected override _each(size: Size): readonly number[] {
    return ntuple(1, size);
  }
  protected override get _unpool(): typeof F.maxUnpool1d {
    return F.maxUnpool1d;
  }
}

/**
 * Puts the maxima of a `MaxPool2d` back where they were. Shape: `(N, C, H, W)` or `(C, H, W)`.
 *
 * @example
 * const [values, indices] = new nn.MaxPool2d(2, { returnIndices: true })(x);
 * new nn.MaxUnpool2d(2)(values, indices, x.shape);
 */
export class MaxUnpool2d extends MaxUnpoolNd {
  protected override _each(size: Size): readonly number[] {
    return ntuple(2, size);
  }
  protected override get _unpool(): typeof F.maxUnpool2d {
    return F.maxUnpool2d;
  }
}

/** Puts the maxima of a `MaxPool3d` back where they were. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class MaxUnpool3d extends MaxUnpoolNd {
  protected override _each(size: Size): readonly number[] {
    return ntuple(3, size);
  }
  protected override get _unpool(): typeof F.maxUnpool3d {
    return F.maxUnpool3d;
  }
}
