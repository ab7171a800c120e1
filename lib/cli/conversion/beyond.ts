// What a cast makes of numbers that its dtype cannot hold.
import { finfo } from '../../core/typeinfo';
import { tidy } from '../../tensor/memory';
import type { Tensor } from '../../tensor';

/** How many numbers of `before` are larger than any that `after`, which is the same in another dtype, can hold. */
export function countBeyond(before: Tensor, after: Tensor): number {
  if (!before.dtype.isFloatingPoint || !after.dtype.isFloatingPoint) return 0;
  const { max } = finfo(after.dtype);
  // Not every operator knows the types of eight bits.
  if (before.itemsize === 1 || max >= finfo(before.dtype).max) return 0;
  // Infinity stays what it is where the dtype has it.
  return tidy(() => before.abs().gt(max).logicalAnd(after.to(before.dtype).ne(before)).sum().item());
}
