// How much to prune.
import { TorchRangeError, TorchTypeError, valueError } from '../../../core/errors';
import { sizeText } from '../../../core/size_text';
import { repr } from '../../../tensor/repr';
import type { Tensor } from '../../../tensor';

/**
 * A fraction below 1 of the elements, or a whole number of them.
 *
 * Differs from PyTorch: `torch.nn.utils.prune.randomUnstructured` and its like take an amount of 1 for one element,
 * since JavaScript cannot tell 1.0 from 1.
 */
export type Amount = number;

/** @throws TypeError or ValueError unless `amount` is a fraction or a count. */
export function checkAmount(amount: Amount): void {
  if (typeof amount !== 'number')
    throw new TorchTypeError(`Invalid type for amount: ${String(amount)}. Must be int or float.`);
  if (amount >= 0 && (Number.isInteger(amount) || amount <= 1)) return;
  throw valueError(
    `amount=${repr(amount)} should either be a float in the range [0, 1] or a non-negative integer`,
  );
}

// Python's `round`: half of the way goes to the even number.
function round(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** How many of `size` are pruned. @throws ValueError for more than there are. */
export function countOf(amount: Amount, size: number): number {
  const count = Number.isInteger(amount) ? amount : round(amount * size);
  if (count <= size) return count;
  throw valueError(`amount=${count} should be smaller than the number of parameters to prune=${size}`);
}

/** Whether whole slices of `dim` can be pruned from `tensor`. @throws otherwise. */
export function checkStructured(tensor: Tensor, dim: number): void {
  const { shape } = tensor;
  if (shape.length <= 1) {
    throw valueError(
      'Structured pruning can only be applied to multidimensional tensors. Found tensor of shape ' +
        `${sizeText(shape)} with ${shape.length} dims`,
    );
  }
  if (dim >= shape.length)
    throw new TorchRangeError(`Invalid index ${dim} for tensor of size ${sizeText(shape)}`, 'IndexError');
}
