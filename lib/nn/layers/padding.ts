// Modules that add elements around their input.
import { checkTensor } from '../../native/tensor_base';
import { valueError } from '../../core/errors';
import * as F from '../../functional';
import type { PadMode, Size } from '../../functional';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import { ntuple } from './options';
import { repr } from '../../tensor/repr';

// `padding` counts from the last dimension backwards, two numbers each.
abstract class PadNd extends Module<[Tensor], Tensor> {
  readonly padding: readonly number[];

  constructor(
    dimensions: number,
    padding: Size,
    protected readonly _mode: PadMode,
  ) {
    super();
    this.padding = ntuple(2 * dimensions, padding);
  }
  override forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, this._mode);
  }
  override extraRepr(): string {
    return repr(this.padding);
  }
}

/** Mirrors the input at its ends, which are not repeated. Shape: `(N, C, L)` or `(C, L)`. */
export class ReflectionPad1d extends PadNd {
  constructor(padding: Size) {
    super(1, padding, 'reflect');
  }
}

/**
 * Mirrors the input at its edges, which are not repeated. Shape: `(N, C, H, W)` or `(C, H, W)`.
 *
 * @example
 * new nn.ReflectionPad2d([1, 1, 2, 0])(torch.randn([1, 1, 3, 3])).shape; // [1, 1, 5, 5]
 */
export class ReflectionPad2d extends PadNd {
  constructor(padding: Size) {
    super(2, padding, 'reflect');
  }
}

/** Mirrors the input at its edges, which are not repeated. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class ReflectionPad3d extends PadNd {
  constructor(padding: Size) {
    super(3, padding, 'reflect');
  }
}

/** Repeats the elements at the ends. Shape: `(N, C, L)` or `(C, L)`. */
export class ReplicationPad1d extends PadNd {
  constructor(padding: Size) {
    super(1, padding, 'replicate');
  }
}

/** Repeats the elements at the edges. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export class ReplicationPad2d extends PadNd {
  constructor(padding: Size) {
    super(2, padding, 'replicate');
  }
}

/** Repeats the elements at the edges. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class ReplicationPad3d extends PadNd {
  constructor(padding: Size) {
    super(3, padding, 'replicate');
  }
}

abstract class CircularPadNd extends PadNd {
  constructor(
    readonly dimensions: number,
    padding: Size,
  ) {
    super(dimensions, padding, 'circular');
  }
  override forward(input: Tensor): Tensor {
    checkTensor(`CircularPad${this.dimensions}d.forward`, 'input', input);
    const [unbatched, ndim] = [this.dimensions + 1, input.dim()];
    if (ndim !== unbatched && ndim !== unbatched + 1)
      throw valueError(`expected ${unbatched}D or ${unbatched + 1}D input (got ${ndim}D input)`);
    return super.forward(input);
  }
}

/** Continues the input at each end with the other one. Shape: `(N, C, L)` or `(C, L)`. */
export class CircularPad1d extends CircularPadNd {
  constructor(padding: Size) {
    super(1, padding);
  }
}

/** Continues the input at each edge with the opposite one. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export class CircularPad2d extends CircularPadNd {
  constructor(padding: Size) {
    super(2, padding);
  }
}

/** Continues the input at each edge with the opposite one. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class CircularPad3d extends CircularPadNd {
  constructor(padding: Size) {
    super(3, padding);
  }
}

abstract class ConstantPadNd extends PadNd {
  constructor(
    dimensions: number,
    padding: Size,
    readonly value: number,
  ) {
    super(dimensions, padding, 'constant');
  }
  override forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, this._mode, this.value);
  }
  override extraRepr(): string {
    return `padding=${repr(this.padding)}, value=${repr(this.value)}`;
  }
}

/** Puts `value` at the ends. Shape: `(N, C, L)` or `(C, L)`. */
export class ConstantPad1d extends ConstantPadNd {
  constructor(padding: Size, value: number) {
    super(1, padding, value);
  }
}

/** Puts `value` at the edges. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export class ConstantPad2d extends ConstantPadNd {
  constructor(padding: Size, value: number) {
    super(2, padding, value);
  }
}

/** Puts `value` at the edges. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class ConstantPad3d extends ConstantPadNd {
  constructor(padding: Size, value: number) {
    super(3, padding, value);
  }
}

/** Puts zeros at the ends. Shape: `(N, C, L)` or `(C, L)`. */
export class ZeroPad1d extends ConstantPad1d {
  constructor(padding: Size) {
    super(padding, 0);
  }
  override extraRepr(): string {
    return repr(this.padding);
  }
}

/** Puts zeros at the edges. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export class ZeroPad2d extends ConstantPad2d {
  constructor(padding: Size) {
    super(padding, 0);
  }
  override extraRepr(): string {
    return repr(this.padding);
  }
}

/** Puts zeros at the edges. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class ZeroPad3d extends ConstantPad3d {
  constructor(padding: Size) {
    super(padding, 0);
  }
  override extraRepr(): string {
    return repr(this.padding);
  }
}
