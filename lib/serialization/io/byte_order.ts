import { addon } from '../addon';
import type { DType } from '../../core/dtype';
import type { Tensor } from '../../tensor';

/** A copy of the bytes (uint8, one dimension) with those of each number turned around. */
export function swapBytes(bytes: Tensor, dtype: DType): Tensor {
  const width = dtype.isComplex ? dtype.itemsize / 2 : dtype.itemsize;
  const whole = bytes.numel() - (bytes.numel() % width);
  if (width === 1 || whole === 0) return bytes.clone();
  const { aten } = addon;
  const numbers = aten.narrow(bytes, 0, 0, whole).view([-1, width]);
  const turned = aten.flip(numbers, [1]).view([-1]);
  return whole === bytes.numel()
    ? turned
    : aten.cat([turned, aten.narrow(bytes, 0, whole, bytes.numel() - whole)]);
}
