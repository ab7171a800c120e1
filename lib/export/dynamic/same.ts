// Whether two runs were given the same.
import { uint8 } from '../../core/dtype';
import { native } from '../../native';
import { isTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';
import * as aten from '../../tensor/aten';

/** Of tensors: the same one, or equal bits. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  if (isTensor(a) && isTensor(b))
    return native.isSame(a as Tensor, b as Tensor) || sameValues(a as Tensor, b as Tensor);
  return Object.is(a, b) || (typeof a === 'object' && typeof b === 'object' && String(a) === String(b));
}

export function sameValues(a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype || String(a.shape) !== String(b.shape)) return false;
  const bytes = (tensor: Tensor): Tensor => tensor.detach().contiguous().reshape([-1]).view(uint8);
  return a.numel() === 0 || (aten.equal(bytes(a), bytes(b)) as unknown as boolean);
}
