// In which order the dimensions lie in memory (torch/_tensor.py, torch/_prims_common).
import { TorchError, TorchTypeError } from '../core/errors';
import { MemoryFormat, channelsLast } from '../core/layout';
import type { Tensor } from '.';

/** The dimensions from the one with the longest steps to the one with the shortest. */
export function dimOrderOf(tensor: Tensor, check: boolean | readonly MemoryFormat[]): number[] {
  if (tensor.isSparse) {
    throw new TorchError(
      "Can't get dim order on sparse type: use Tensor.toDense() to convert to a dense tensor first.",
      'AttributeError',
    );
  }
  const formats = Array.isArray(check) ? (check as readonly MemoryFormat[]) : [];
  if (
    typeof check !== 'boolean' &&
    !(Array.isArray(check) && formats.every((one) => one instanceof MemoryFormat))
  ) {
    throw new TorchTypeError('The ambiguity_check argument must be a bool or a list of memory formats.');
  }
  const isChecked = check !== false;
  if (isChecked && mayBeAnother(tensor) && formats.filter((one) => tensor.isContiguous(one)).length !== 1) {
    throw new TorchError(
      'The tensor does not have unique dim order, or cannot map to exact one of the given memory formats.',
    );
  }
  const [order, isAmbiguous] = permutation(tensor, check === true || formats.length > 0);
  if (isAmbiguous) throw new TorchError('The tensor does not have unique dim order.');
  return order;
}

function mayBeAnother(tensor: Tensor): boolean {
  const strides = tensor.stride();
  return strides.some((stride, i) => i > 0 && stride === strides[i - 1]) || tensor.shape.includes(1);
}

function permutation(tensor: Tensor, isChecked: boolean): [order: number[], isAmbiguous: boolean] {
  const dims = Array.from({ length: tensor.dim() }, (_, i) => i);
  if (dims.length < 2) return [dims, false];
  const isLast = dims.length === 4 && tensor.isContiguous(channelsLast);
  const isFirst = tensor.isContiguous();
  if (isFirst && !isLast) return [dims, false];
  if (isLast && !isFirst) return [[0, ...dims.slice(2), 1], false];
  const compare = comparison(tensor.shape, tensor.stride());
  // An insertion sort, from the shortest steps to the longest: not every two dimensions can be compared.
  const order = dims.reverse();
  for (let i = 1; i < order.length; i++) {
    for (let at = i, before = i - 1; before >= 0; before--) {
      const found = compare(order[before], order[at]);
      if (found < 0) break;
      if (found === 0) continue;
      [order[before], order[at]] = [order[at], order[before]];
      at = before;
    }
  }
  const isAmbiguous = isChecked && order.some((dim, i) => i > 0 && compare(order[i - 1], dim) !== -1);
  return [order.reverse(), isAmbiguous];
}

/** Positive: `a` has the longer steps; 0: nobody can tell. */
function comparison(shape: readonly number[], strides: readonly number[]) {
  const isAtLeast = (a: number, b: number): boolean => b === 0 || (a !== 0 && (a >= b || a % b === 0));
  return (a: number, b: number): number => {
    if (strides[a] === 0 || strides[b] === 0) return 0;
    if (strides[a] === strides[b]) return isAtLeast(shape[b], shape[a]) ? 0 : 1;
    if (isAtLeast(strides[b], strides[a])) return -1;
    return isAtLeast(strides[a], strides[b]) ? 1 : 0;
  };
}
