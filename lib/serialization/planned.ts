// Tensors that are made when their turn comes: what writes a file of them holds one at a time.
import type { DType } from '../core/dtype';
import type { Tensor } from '../tensor';
import { addon } from './addon';

/** What a file's header says of a tensor, and a way to its numbers. */
export class PlannedTensor {
  constructor(
    readonly dtype: DType,
    readonly shape: readonly number[],
    /** Makes the tensor; the caller disposes of it. */
    readonly read: () => Tensor,
  ) {}

  get nbytes(): number {
    return this.shape.reduce((product, size) => product * size, this.dtype.itemsize);
  }

  /** Of numbers that lie one after the other. */
  get stride(): number[] {
    const { shape } = this;
    const stride: number[] = shape.map(() => 1);
    for (let i = shape.length - 2; i >= 0; i--) stride[i] = stride[i + 1] * Math.max(shape[i + 1], 1);
    return stride;
  }

  /** Lends the tensor to `use`, contiguous, its numbers as they are shown; what `use` makes is gone with it. */
  with<T>(use: (plain: Tensor) => T): T {
    return addon.tidy(() => use(this.read().cpu().resolveConj().resolveNeg().contiguous()));
  }
}

/** A tensor that is there already. */
export const plannedOf = (tensor: Tensor): PlannedTensor =>
  new PlannedTensor(tensor.dtype, tensor.shape, () => tensor.detach());
