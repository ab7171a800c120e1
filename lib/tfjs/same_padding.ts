/** TensorFlow's padding 'same', which puts the odd one of an uneven number behind. */
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';

/** `x`, of `(N, C, H, W)`, with the zeros around it that leave `size / stride` windows, rounded up. */
export function paddedSame(
  x: Tensor,
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): Tensor {
  const pads = [2, 3].map((dim, i) => {
    const size = x.shape[dim];
    const reach = (Math.ceil(size / stride[i]) - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1;
    const all = Math.max(0, reach - size);
    return [Math.floor(all / 2), Math.ceil(all / 2)];
  });
  return aten.constantPadNd(x, pads.reverse().flat(), 0);
}
