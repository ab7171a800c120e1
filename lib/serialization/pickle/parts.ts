// What a file says of a tensor, held against what there can be.
import { isTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';
import { damaged } from '../io/errors';

export const LARGEST = Number.MAX_SAFE_INTEGER;

export function ints(value: unknown, what: string): number[] {
  if (!Array.isArray(value)) throw damaged(`the ${what} of a tensor is no tuple`);
  if (value.length > 64) throw damaged(`a tensor of ${value.length} dimensions is too much`);
  return value.map((each) => int(each, what));
}

export function int(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw damaged(`the ${what} of a tensor is ${shown(value)}`);
}

export const shown = (value: unknown): string =>
  String(typeof value === 'object' ? typeof value : value).slice(0, 40);

export function kind<T>(value: unknown, type: abstract new (...args: never[]) => T, what: string): T {
  if (value instanceof type) return value;
  throw damaged(`${what} of a tensor in it is something else: ${shown(value)}`);
}

export function tensorOf(value: unknown, what: string): Tensor {
  if (isTensor(value)) return value;
  throw damaged(`${what} of a tensor in it is something else: ${shown(value)}`);
}

/** How many elements a tensor reaches to, from the start of its storage. */
export function reach(offset: number, size: readonly number[], stride: readonly number[]): number {
  if (size.length !== stride.length) throw damaged('a tensor in it has not as many strides as sizes');
  const elements = size.reduce((product, each) => product * each, 1);
  // Sizes next to a zero still count for libtorch.
  const all = size.reduce((product, each) => product * Math.max(each, 1), 1);
  const last = size.reduce((sum, each, dim) => sum + Math.max(each - 1, 0) * stride[dim], offset);
  if (all > LARGEST || last >= LARGEST) throw damaged(`a tensor of size [${size.join(', ')}] is absurd`);
  return elements === 0 ? offset : last + 1;
}
