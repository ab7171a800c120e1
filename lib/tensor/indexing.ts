/** Python's subscripts, spelled in TypeScript. */
import type { Complex } from '../core/complex';
import { tensor } from './creation';
import { TorchTypeError, argumentError, TorchRangeError } from '../core/errors';
import { bindArguments } from '../core/calls';
import { transferBuffer, native } from '../native';
import type { Scalar, Tensor } from '.';
import { isTensor } from '../native/tensor_base';

/** Nested arrays of values, or one value. */
export type Nested = number | bigint | boolean | Complex | Nested[];

/** The range `start:stop:step`; null or undefined leaves a part open. */
export class Slice {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number | null;

  constructor(...args: [start?: number | null, stop?: number | null, step?: number | null]) {
    const [start, stop, step] = bindArguments('Slice(start?, stop?, step?)', args);
    this.start = start ?? null;
    this.stop = stop ?? null;
    this.step = step ?? null;
  }
}

/** `torch.slice(1, null, 2)` is Python's `1::2`; `torch.slice(3)` is `:3`. */
export function slice(...args: [start?: number | null, stop?: number | null, step?: number | null]): Slice {
  const [start, stop, step] = bindArguments('slice(start?, stop?, step?)', args);
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

type Bounds = readonly (number | null)[];
const parsed = new Map<string, Bounds>();
const MOST_PARSED = 1000;

function parseRange(text: string): Bounds {
  const known = parsed.get(text);
  if (known) return known;
  if (parsed.size >= MOST_PARSED) parsed.clear();
  const bounds = parse(text);
  parsed.set(text, bounds);
  return bounds;
}

function parse(text: string): Bounds {
  const parts = text.split(':');
  const fits = parts.length >= 2 && parts.length <= 3 && parts.every((part) => /^\s*(-?\d+)?\s*$/.test(part));
  if (!fits)
    throw new TorchTypeError(`at(): '${text.slice(0, 40)}' is no range; write 'start:stop:step' or '...'`);
  const numbers = parts.map((part) => (part.trim() === '' ? null : Number(part)));
  return [numbers[0], numbers[1], numbers[2] ?? null];
}

function toNativeIndex(index: Index): unknown {
  switch (typeof index) {
    case 'number':
      if (!Number.isSafeInteger(index))
        throw new TorchRangeError(`at(): an index must be a whole number, not ${index}`, 'IndexError');
      return index;
    case 'bigint':
      return toNativeIndex(Number(index));
    case 'boolean':
      return index;
    case 'string':
      return index === '...' ? index : parseRange(index);
  }
  if (index === null) return null;
  if (isTensor(index)) return index;
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

// What the addon takes an index in the transfer buffer for: see PlainIndices in native/src/exports/indexing.cc.
const { int: INT, none: NONE, ellipsis: ELLIPSIS, range: RANGE } = native.constants.indexKinds;
const NUMBERS_OF_INDEX = native.constants.numbersOfIndex;

function writeIndex(position: number, kind: number, a = 0, b = 0, c = 0): void {
  const at = position * NUMBERS_OF_INDEX;
  transferBuffer[at] = kind;
  transferBuffer[at + 1] = a;
  transferBuffer[at + 2] = b;
  transferBuffer[at + 3] = c;
}

/** For native.getIndex: how many indices are in the transfer buffer, or, where there are others, all of them. @internal */
export function toNativeIndices(indices: readonly Index[]): unknown[] | number {
  if (indices.length * NUMBERS_OF_INDEX > transferBuffer.length) return toNativeList(indices);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (typeof index === 'number' && Number.isSafeInteger(index)) writeIndex(i, INT, index);
    else if (index === null) writeIndex(i, NONE);
    else if (index === '...') writeIndex(i, ELLIPSIS);
    else if (typeof index === 'string') {
      const [start, stop, step] = parseRange(index);
      writeIndex(i, RANGE, start ?? NaN, stop ?? NaN, step ?? NaN);
    } else return toNativeList(indices);
  }
  return indices.length;
}

/** @internal */
export function toNativeList(indices: readonly Index[]): unknown[] {
  return indices.map(toNativeIndex);
}

/** The value of an assignment: a tensor, a number, or nested arrays of the target's dtype. @internal */
export function toNativeValue(value: Tensor | Scalar | Nested, target: Tensor): unknown {
  return Array.isArray(value) ? tensor(value, { dtype: target.dtype, device: target.device }) : value;
}
