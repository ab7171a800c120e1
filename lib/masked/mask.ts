// What masked elements are replaced by, so that an operator does not see them (torch/masked/_ops.py).
import { type DType, bool, float32, int16, int32, int64, int8, uint8 } from '../core/dtype';
import { TorchError, TorchRangeError, argumentError, valueError } from '../core/errors';
import { iinfo } from '../core/typeinfo';
import * as aten from '../tensor/aten';
import { checkTensor } from '../native/tensor_base';
import { tensor } from '../tensor/creation';
import type { Scalar, Tensor } from '../tensor';

/** Whose identity is put into the masked places. */
export type Operation =
  'sum' | 'prod' | 'amax' | 'amin' | 'argmax' | 'argmin' | 'logaddexp' | 'logsumexp' | 'median' | 'norm';

const signed: readonly DType[] = [int8, int16, int32, int64];

// Minus infinity, or the least number; plus infinity, or the greatest one.
function extreme(input: Tensor, operation: Operation, greatest: boolean): Scalar {
  const { dtype } = input;
  if (input.isFloatingPoint()) return greatest ? Infinity : -Infinity;
  if (operation === 'logsumexp' && input.isComplex()) return -Infinity;
  if (!signed.includes(dtype) && dtype !== uint8) {
    throw new TorchError(`identity of ${operation} on ${dtype} input`, 'NotImplementedError');
  }
  const { min, max } = iinfo(dtype);
  return greatest ? max : min;
}

function identity(operation: Operation, input: Tensor, ord: number): Tensor {
  const options = { dtype: input.dtype, device: input.device };
  switch (operation) {
    case 'sum':
      return tensor(0, options);
    case 'prod':
      return tensor(1, options);
    case 'amax':
    case 'argmax':
    case 'logaddexp':
    case 'logsumexp':
      return tensor(extreme(input, operation, false), options);
    case 'amin':
    case 'argmin':
      return tensor(extreme(input, operation, true), options);
    case 'norm':
      if (ord !== -Infinity) return tensor(0, options);
      if (input.isFloatingPoint()) return tensor(Infinity, options);
      throw new TorchError(`input must be floating point, got ${input.dtype}`, 'AssertionError');
    case 'median':
      return tensor(NaN, { ...options, dtype: input.isFloatingPoint() ? input.dtype : float32 });
  }
}

/** The mask as booleans in the input's shape. */
export function maskOf(input: Tensor, mask: Tensor): Tensor {
  checkTensor('torch.masked', 'mask', mask);
  let wide = mask;
  if (String(mask.shape) !== String(input.shape)) {
    if (mask.dim() > input.dim()) {
      throw new TorchRangeError(
        '_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)',
        'IndexError',
      );
    }
    wide = mask.clone().broadcastTo([...input.shape]);
  }
  return wide.to({ dtype: bool });
}

/** The input with the identity of `operation` where the mask is false. */
export function replaced(operation: Operation, input: Tensor, mask: Tensor | null, ord = 2): Tensor {
  checkStrided(operation, input);
  return mask === null ? input : aten.where(maskOf(input, mask), input, identity(operation, input, ord));
}

/** @throws ValueError for a sparse tensor. */
export function checkStrided(name: string, input: Tensor): void {
  if (input.layout.name === 'strided') return;
  throw valueError(`masked ${name} expects strided tensor (got ${input.layout} tensor)`);
}

export type Dims = number | readonly number[] | null;

/** Dimensions in order, without negative ones; all of them for null. */
export function dimsOf(dim: Dims, ndim: number): number[] {
  if (dim === null || (Array.isArray(dim) && dim.length === 0))
    return Array.from({ length: ndim }, (_, i) => i);
  const count = Math.max(ndim, 1);
  const given = typeof dim === 'number' ? [dim] : dim;
  if (!Array.isArray(given) || !given.every(Number.isInteger))
    throw argumentError('torch.masked', 'dim', 'an int or an array of ints', dim);
  const found = new Set<number>();
  for (const one of given) {
    // As in Python, a dimension is compared before it is counted from the front.
    if (found.has(one)) throw new TorchError(`dim=${one} appears multiple times in the list of dims`);
    if (one >= count || one < -count) {
      throw new TorchRangeError(
        `Dimension out of range (expected to be in range of [${-count}, ${count - 1}], but got ${one})`,
        'IndexError',
      );
    }
    found.add((one + count) % count);
  }
  return [...found].sort((a, b) => a - b);
}
