/** What several families of kernels need. */
import type { DataType } from '@tensorflow/tfjs-core';
import { TorchError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';

/** The axes that an attribute names, from the front; all where it names none. */
export function axesOf(x: Tensor, axis: number | readonly number[] | null | undefined): number[] {
  if (axis === null || axis === undefined) return Array.from({ length: x.ndim }, (_, i) => i);
  return [axis].flat().map((each) => (each < 0 ? each + x.ndim : each));
}

/**
 * As JavaScript stores numbers in an Int32Array: without what follows the point, and of numbers too large
 * the low 32 bits; NaN and infinities are 0.
 */
export function toInt32(x: Tensor): Tensor {
  if (!x.isFloatingPoint()) return x.to({ dtype: 'int32' });
  const low = aten.fmod(x, 2 ** 32).nanToNum(0);
  return low.to({ dtype: 'int64' }).to({ dtype: 'int32' });
}

/** A number as JavaScript stores it in an array of this dtype. */
export function storedAs(value: number, dtype: DataType): number {
  return dtype === 'float32' || dtype === 'complex64' ? Math.fround(value) : value | 0;
}

/** Whole numbers in JavaScript's precision. */
export const floating = (x: Tensor): Tensor => (x.isFloatingPoint() ? x : x.to({ dtype: 'float64' }));

/** In floating point. Complex numbers stay so: what they cannot do is libtorch's error, not half an answer. */
export function inFloat(x: Tensor, dtype: 'float32' | 'float64' = 'float32'): Tensor {
  return x.isComplex() ? x : x.to({ dtype });
}

/** `f` of numbers of JavaScript's precision where `x` has whole ones, which come back as such. */
export function inOwnDtype(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  if (x.isFloatingPoint() || x.isComplex()) return f(x);
  return toInt32(f(x.to({ dtype: 'float64' }))).to({ dtype: x.dtype });
}

/** The activation behind a fused matrix product or convolution, in place of `x` where that is possible. */
export function activate(x: Tensor, activation: string, weights?: Tensor, leakyReluAlpha = 0.2): Tensor {
  switch (activation) {
    case undefined:
    case null:
    case 'linear':
      return x;
    case 'relu':
      return x.relu_();
    case 'relu6':
      return x.clamp_(0, 6);
    case 'elu':
      return inOwnDtype(x, (numbers) => aten.elu(numbers));
    case 'sigmoid':
      return inOwnDtype(x, (numbers) => numbers.sigmoid());
    case 'leakyrelu':
      return aten.leakyRelu(floating(x), leakyReluAlpha);
    case 'prelu':
      return aten.where(x.lt(0), x.mul(weights!), x);
    default:
      throw new TorchError(`Activation ${activation} has not been implemented for the torch backend.`);
  }
}
