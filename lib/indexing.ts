/** Python's subscripts, spelled in TypeScript. */
import type { Complex } from './complex';
import { tensor } from './creation';
import { argumentError } from './errors';
import { Tensor, type Scalar } from './tensor';

/** Nested arrays of values, or one value. */
export type Nested = number | bigint | boolean | Complex | Nested[];

/** The range `start:stop:step`; null or undefined leaves a part open. */
export class Slice {
  constructor(
    readonly start: number | null = null,
    readonly stop: number | null = null,
    readonly step: number | null = null,
  ) {}
}

/** `torch.slice(1, null, 2)` is Python's `1::2`; `torch.slice(3)` is `:3`. */
export function slice(start?: number | null, stop?: number | null, step?: number | null): Slice {
  return stop === undefined && step === undefined
    ? new Slice(null, start ?? null)
    : new Slice(start ?? null, stop ?? null, step ?? null);
}

type Part = number | '';
/** `':'`, `'1:5'`, `'::2'`, `'-3:'` ... */
export type Range = ':' | '::' | `${Part}:${Part}` | `${Part}:${Part}:${Part}`;

/** What may stand between Python's brackets. */
export type Index =
  | number
  | bigint
  | boolean
  | null
  | '...'
  | Range
  | Slice
  | Tensor
  | readonly (number | boolean)[]
  | readonly (readonly (number | boolean)[])[]
  | ArrayBufferView;

function parseRange(text: string): (number | null)[] {
  const parts = text.split(':');
  const fits = parts.length >= 2 && parts.length <= 3 && parts.every((part) => /^\s*(-?\d+)?\s*$/.test(part));
  if (!fits)
    throw new TypeError(`at(): '${text.slice(0, 40)}' is no range; write 'start:stop:step' or '...'`);
  const numbers = parts.map((part) => (part.trim() === '' ? null : Number(part)));
  return [numbers[0], numbers[1], numbers[2] ?? null];
}

function toNativeIndex(index: Index): unknown {
  switch (typeof index) {
    case 'number':
      if (!Number.isSafeInteger(index)) throw argumentError('at', 'index', 'a whole number', index);
      return index;
    case 'bigint':
      return toNativeIndex(Number(index));
    case 'boolean':
      return index;
    case 'string':
      return index === '...' ? index : parseRange(index);
  }
  if (index === null) return null;
  if (index instanceof Tensor) return index;
  if (index instanceof Slice) {
    const range = [index.start, index.stop, index.step];
    for (const part of range) {
      if (part !== null && !Number.isSafeInteger(part)) {
        throw argumentError('slice', 'start, stop and step', 'whole numbers or null', part);
      }
    }
    return range;
  }
  if (Array.isArray(index)) return indexTensor(index as Nested[]);
  if (ArrayBuffer.isView(index)) return tensor(index);
  throw argumentError('at', 'index', "a number, null, boolean, '...', range, Slice, Tensor or array", index);
}

function indexTensor(list: Nested[]): Tensor {
  const leaf = (list as unknown[]).flat(Infinity)[0];
  return tensor(list, { dtype: typeof leaf === 'boolean' ? 'bool' : 'int64' });
}

/** @internal */
export function toNativeIndices(indices: readonly Index[]): unknown[] {
  return indices.map(toNativeIndex);
}

/** The value of an assignment: a tensor, a number, or nested arrays of the target's dtype. @internal */
export function toNativeValue(value: Tensor | Scalar | Nested, target: Tensor): unknown {
  return Array.isArray(value) ? tensor(value, { dtype: target.dtype, device: target.device }) : value;
}
