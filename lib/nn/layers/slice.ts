// Positions in containers, counted as Python counts them.
import { TorchRangeError, TorchTypeError, valueError } from '../../core/errors';

/** `index` counted from the start. @throws RangeError when it is outside. */
export function absoluteIndex(index: number, length: number): number {
  if (!Number.isInteger(index))
    throw new TorchTypeError(`indices must be whole numbers, not ${String(index)}`);
  if (index < -length || index >= length)
    throw new TorchRangeError(`index ${index} is out of range`, 'IndexError');
  return index < 0 ? index + length : index;
}

/** The positions of `start:stop:step`. */
export function sliceIndices(
  length: number,
  start?: number | null,
  stop?: number | null,
  step = 1,
): number[] {
  if (!Number.isInteger(step) || step === 0)
    throw valueError('slice step must be a whole number other than zero');
  const clamp = (value: number | null | undefined, missing: number): number => {
    if (value == null) return missing;
    const absolute = value < 0 ? value + length : value;
    return step > 0 ? Math.min(Math.max(absolute, 0), length) : Math.min(Math.max(absolute, -1), length - 1);
  };
  const first = clamp(start, step > 0 ? 0 : length - 1);
  const last = clamp(stop, step > 0 ? length : -1);
  const indices: number[] = [];
  for (let i = first; step > 0 ? i < last : i > last; i += step) indices.push(i);
  return indices;
}

/** Pairs of a Map, of a plain object, or of anything that gives pairs. */
export function pairs<T>(name: string, given: Named<T>): [string, T][] {
  if (typeof given !== 'object' || given === null) {
    throw new TorchTypeError(
      `${name}.update should be called with an iterable of key/value pairs, but got ${typeof given}`,
    );
  }
  if (!(Symbol.iterator in given)) return Object.entries(given);
  return [...given].map((pair: unknown, i) => {
    if (!Array.isArray(pair)) {
      throw new TorchTypeError(`${name} update sequence element #${i} should be Iterable; is ${typeof pair}`);
    }
    if (pair.length !== 2) {
      throw valueError(`${name} update sequence element #${i} has length ${pair.length}; 2 is required`);
    }
    return pair as [string, T];
  });
}

/** Values by name. Integer-like names of a plain object come first; a Map keeps its order. */
export type Named<T> = Iterable<readonly [string, T]> | Readonly<Record<string, T>>;
