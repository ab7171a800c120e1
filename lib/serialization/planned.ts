// Tensors that are made when their turn comes: what writes a file of them holds one at a time.
import type { DType } from '../core/dtype';
import type { Tensor } from '../tensor';

/** What a file's header says of a tensor, and a way to its numbers. */
export class PlannedTensor {
  constructor(
    readonly dtype: DType,
    readonly shape: readonly number[],
    /** Makes the tensor, on the CPU; the caller disposes of it. */
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

  /** Lends the tensor to `use`, contiguous, its numbers as they are shown. */
  with<T>(use: (plain: Tensor) => T): T {
    const steps = [this.read()];
    for (const step of ['cpu', 'resolveConj', 'resolveNeg', 'contiguous'] as const) {
      steps.push(steps[steps.length - 1][step]());
    }
    try {
      return use(steps[steps.length - 1]);
    } finally {
      for (const step of new Set(steps)) step.dispose();
    }
  }
}

/** A tensor that is there already. */
export const plannedOf = (tensor: Tensor): PlannedTensor =>
  new PlannedTensor(tensor.dtype, tensor.shape, () => tensor.detach());
