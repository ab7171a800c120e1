// Modules that add elements around their input.
import { checkTensor } from '../../native/tensor_base';
import { valueError } from '../../core/errors';
import * as F from '../../functional';
import type { PadMode, Size } from '../../functional';
import { number, size } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import { ntuple } from './options';
import { repr } from '../../tensor/repr';

const PAD = signature('Pad', [size('padding')], {});
type PadCall = Call<typeof PAD, [padding: Size]>;

// `padding` counts from the last dimension backwards, two numbers each.
abstract class PadNd extends Module<[Tensor], Tensor> {
  readonly padding: readonly number[];

  constructor(...args: PadCall) {
    super();
    const [padding] = PAD.bind(args, new.target.name);
    this.padding = this._twice(padding);
  }

  // One number for each side.
  private _twice(padding: Size): readonly number[] {
    return ntuple(2 * this._dimensions, padding);
  }

  protected abstract get _dimensions(): number;
  protected abstract get _mode(): PadMode;

  override forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, this._mode);
  }
  override extraRepr(): string {
    return repr(this.padding);
  }
}

abstract class ReflectionPadNd extends PadNd {
  protected override get _mode(): PadMode {
    return 'reflect';
  }
}

/** Mirrors the input at its ends, which are not repeated. Shape: `(N, C, L)` or `(C, L)`. */
export class ReflectionPad1d extends ReflectionPadNd {
  protected override get _dimensions(): number {
    return 1;
  }
}

/**
 * Mirrors the input at its edges, which are not repeated. Shape: `(N, C, H, W)` or `(C, H, W)`.
 *
 * @example
 * new nn.ReflectionPad2d([1, 1, 2, 0])(torch.randn([1, 1, 3, 3])).shape; // [1, 1, 5, 5]
 */
export class ReflectionPad2d extends ReflectionPadNd {
  protected override get _dimensions(): number {
    return 2;
  }
}

/** Mirrors the input at its edges, which are not repeated. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class ReflectionPad3d extends ReflectionPadNd {
  protected override get _dimensions(): number {
    return 3;
  }
}

abstract class ReplicationPadNd extends PadNd {
  protected override get _mode(): PadMode {
    return 'replicate';
  }
}

/** Repeats the elements at the ends. Shape: `(N, C, L)` or `(C, L)`. */
export class ReplicationPad1d extends ReplicationPadNd {
  protected override get _dimensions(): number {
    return 1;
  }
}

/** Repeats the elements at the edges. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export class ReplicationPad2d extends ReplicationPadNd {
  protected override get _dimensions(): number {
    return 2;
  }
}

/** Repeats the elements at the edges. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class ReplicationPad3d extends ReplicationPadNd {
  protected override get _dimensions(): number {
    return 3;
  }
}

abstract class CircularPadNd extends PadNd {
  protected override get _mode(): PadMode {
    return 'circular';
  }
  override forward(input: Tensor): Tensor {
    checkTensor(`CircularPad${this._dimensions}d.forward`, 'input', input);
    const [unbatched, ndim] = [this._dimensions + 1, input.dim()];
    if (ndim !== unbatched && ndim !== unbatched + 1)
      throw valueError(`expected ${unbatched}D or ${unbatched + 1}D input (got ${ndim}D input)`);
    return super.forward(input);
  }
}

/** Continues the input at each end with the other one. Shape: `(N, C, L)` or `(C, L)`. */
export class CircularPad1d extends CircularPadNd {
  protected override get _dimensions(): number {
    return 1;
  }
}

/** Continues the input at each edge with the opposite one. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export class CircularPad2d extends CircularPadNd {
  protected override get _dimensions(): number {
    return 2;
  }
}

/** Continues the input at each edge with the opposite one. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class CircularPad3d extends CircularPadNd {
  protected override get _dimensions(): number {
    return 3;
  }
}

const CONSTANT_PAD = signature('ConstantPad', [size('padding'), number('value')], {});

abstract class ConstantPadNd extends PadNd {
  readonly value: number;

  constructor(...args: Call<typeof CONSTANT_PAD, [padding: Size, value: number]>) {
    const [padding, value] = CONSTANT_PAD.bind(args, new.target.name);
    super(padding);
    this.value = value;
  }

  protected override get _mode(): PadMode {
    return 'constant';
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
  protected override get _dimensions(): number {
    return 1;
  }
}

/** Puts `value` at the edges. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export class ConstantPad2d extends ConstantPadNd {
  protected override get _dimensions(): number {
    return 2;
  }
}

/** Puts `value` at the edges. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class ConstantPad3d extends ConstantPadNd {
  protected override get _dimensions(): number {
    return 3;
  }
}

/** Puts zeros at the ends. Shape: `(N, C, L)` or `(C, L)`. */
export class ZeroPad1d extends ConstantPad1d {
  constructor(...args: PadCall) {
    const [padding] = PAD.bind(args, new.target.name);
    super(padding, 0);
  }
  override extraRepr(): string {
    return repr(this.padding);
  }
}

/** Puts zeros at the edges. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export class ZeroPad2d extends ConstantPad2d {
  constructor(...args: PadCall) {
    const [padding] = PAD.bind(args, new.target.name);
    super(padding, 0);
  }
  override extraRepr(): string {
    return repr(this.padding);
  }
}

/** Puts zeros at the edges. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export class ZeroPad3d extends ConstantPad3d {
  constructor(...args: PadCall) {
    const [padding] = PAD.bind(args, new.target.name);
    super(padding, 0);
  }
  override extraRepr(): string {
    return repr(this.padding);
  }
}
