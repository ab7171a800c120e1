// Tensors that a module owns.
import * as aten from '../aten';
import { keep } from '../memory';
import { native } from '../native';
import { Tensor } from '../tensor';

/**
 * A tensor that is trained: a field of a module that holds one is part of the module's state.
 * Shares the memory of `data`, has no history, and belongs to no `tidy` scope.
 */
export class Parameter extends Tensor {
  constructor(data?: Tensor | null, requiresGrad = true) {
    super(native.alias(data ?? aten.empty([0]), requiresGrad));
    keep(this);
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}

export interface BufferOptions {
  /** Whether the buffer belongs to the state that is saved. Default: `true`. */
  persistent?: boolean;
}

/**
 * A tensor that a module keeps and does not train: a field that holds one needs no `registerBuffer`.
 */
export class Buffer extends Tensor {
  readonly persistent: boolean;

  constructor(data?: Tensor | null, options: BufferOptions = {}) {
    const tensor = data ?? aten.empty([0]);
    super(native.alias(tensor, tensor.requiresGrad));
    keep(this);
    this.persistent = options.persistent ?? true;
  }
}
