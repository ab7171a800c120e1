// From the items of a batch to tensors.
import { bindArguments } from '../../core/calls';
import { bool, float64, int64 } from '../../core/dtype';
import { TorchError, TorchTypeError } from '../../core/errors';
import { isMap, isPlainObject, typedArrayName } from '../../core/realm';
import * as aten from '../../tensor/aten';
import { Tensor } from '../../tensor';
import { fromBlob, tensor } from '../../tensor/creation';
import type { TypedArray } from '../../tensor/values';

/** What {@link defaultConvert} makes of a value. */
export type Converted<T> = T extends Tensor | string | Bytes
  ? T
  : T extends TypedArray | Uint8ClampedArray
    ? Tensor
    : T extends ReadonlyMap<infer K, infer V>
      ? Map<K, Converted<V>>
      : T extends readonly unknown[]
        ? { -readonly [I in keyof T]: Converted<T[I]> }
        : T extends Fields
          ? { -readonly [K in keyof T]: Converted<T[K]> }
          : T;

/** What {@link defaultCollate} makes of items of type `T`. */
export type Collated<T> = T extends Tensor | TypedArray | Uint8ClampedArray | number | bigint | boolean
  ? T extends Bytes
    ? T[]
    : Tensor
  : T extends string
    ? T[]
    : T extends ReadonlyMap<infer K, infer V>
      ? Map<K, Collated<V>>
      : T extends readonly unknown[]
        ? { -readonly [I in keyof T]: Collated<T[I]> }
        : T extends Fields
          ? { -readonly [K in keyof T]: Collated<T[K]> }
          : never;

type Fields = object;

/** A Buffer, for programs that have no types of Node. */
interface Bytes extends Uint8Array {
  readUInt8(offset?: number): number;
}

// A Buffer stands for Python's bytes, other typed arrays for numpy's arrays.
const isArray = (value: unknown): value is TypedArray =>
  typedArrayName(value) !== undefined && !Buffer.isBuffer(value);
const isText = (value: unknown): boolean => typeof value === 'string' || Buffer.isBuffer(value);

/**
 * Makes tensors of the typed arrays in `data`, also within arrays, objects and Maps, and leaves everything else
 * (`torch.utils.data.default_convert`). A loader does so with what it does not put into batches.
 *
 * @example
 * defaultConvert({ x: new Float32Array(2), name: 'a' }); // { x: tensor([0., 0.]), name: 'a' }
 */
export function defaultConvert<T>(...args: [data: T]): Converted<T> {
  const [data] = bindArguments('defaultConvert(data{})', args);
  return convert(data) as Converted<T>;
}

function convert(data: unknown): unknown {
  if (isArray(data)) return tensor(data);
  if (Array.isArray(data)) return data.map(convert);
  if (isMap(data)) return new Map([...data].map(([key, value]) => [key, convert(value)]));
  if (isPlainObject(data)) return mapValues(data, convert);
  return data;
}

function mapValues(
  object: object,
  change: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}

/**
 * Puts the items of a batch together, with a dimension for them in front (`torch.utils.data.default_collate`):
 *
 * | items | give |
 * |---|---|
 * | tensors, typed arrays | a tensor, by `torch.stack` |
 * | numbers | a tensor: int64 where all are whole, else float64 |
 * | bigints, booleans | a tensor of int64 or bool |
 * | strings, Buffers | the array of them |
 * | arrays | an array: the first elements together, the second ones ... |
 * | objects, Maps | the same, with the values of each key together |
 *
 * Differs from PyTorch: `torch.utils.data.defaultCollate` makes int64 of numbers that are all whole and float64 of others,
 * since JavaScript does not tell `2.0` from `2`; Python's type of the first number decides there. Where the dtype must not
 * depend on the values of a batch, items are tensors or typed arrays.
 *
 * @example
 * defaultCollate([{ x: 0.5, label: 1 }, { x: 2, label: 0 }]).x; // tensor([0.5000, 2.0000], dtype=torch.float64)
 *
 * @throws RuntimeError where arrays have different lengths, or tensors different shapes; TypeError for other items.
 */
export function defaultCollate<T>(...args: [batch: readonly T[]]): Collated<T> {
  const [batch] = bindArguments('defaultCollate(batch)', args);
  if (!Array.isArray(batch) || batch.length === 0) {
    throw new TorchTypeError("defaultCollate(): argument 'batch' must be an array of at least one item");
  }
  return collate(batch) as Collated<T>;
}

function collate(batch: readonly unknown[]): unknown {
  const [first] = batch;
  if (first instanceof Tensor) return collateTensors(batch as Tensor[]);
  if (isArray(first)) return collateArrays(batch);
  if (typeof first === 'number' || typeof first === 'bigint' || typeof first === 'boolean')
    return collateNumbers(batch);
  if (isText(first)) return batch;
  if (isMap(first)) {
    const columns = [...first.keys()].map(
      (key) => [key, collate(batch.map((item) => entryOf(item, key)))] as const,
    );
    return new Map(columns);
  }
  if (isPlainObject(first))
    return mapValues(first, (_, key) => collate(batch.map((item) => fieldOf(item, key))));
  if (!Array.isArray(first)) throw refuse(first);
  if (batch.some((item) => (Array.isArray(item) ? item.length : -1) !== first.length)) {
    throw new TorchError('each element in list of batch should be of equal size');
  }
  return first.map((_, i) => collate((batch as unknown[][]).map((item) => item[i])));
}

const keyError = (key: unknown): TorchError => new TorchError(`'${String(key)}'`, 'KeyError');

function entryOf(item: unknown, key: unknown): unknown {
  if (isMap(item) && item.has(key)) return item.get(key);
  throw keyError(key);
}

function fieldOf(item: unknown, key: string): unknown {
  if (isPlainObject(item) && Object.hasOwn(item, key)) return item[key];
  throw keyError(key);
}

function refuse(item: unknown): TorchTypeError {
  const name = item === null ? 'null' : typeof item === 'object' ? item.constructor?.name : typeof item;
  return new TorchTypeError(
    `default_collate: batch must contain tensors, typed arrays, numbers, strings, objects, Maps or arrays; found ${name}`,
  );
}

function collateTensors(batch: readonly Tensor[]): Tensor {
  const [first] = batch;
  const odd = batch.findIndex((item) => !(item instanceof Tensor));
  if (odd >= 0) throw refuse(batch[odd]);
  if (first.layout.name !== 'strided') {
    throw new TorchError(
      'Batches of sparse tensors are not currently supported by the default collate_fn; ' +
        'please provide a custom collate_fn to handle them appropriately.',
    );
  }
  return aten.stack(batch, 0);
}

type ArrayType = new (length: number) => Float32Array;

// One copy into one array, where torch.stack would copy what torch.tensor has copied.
function collateArrays(batch: readonly unknown[]): Tensor {
  const [first] = batch as Float32Array[];
  const kind = typedArrayName(first);
  if (batch.some((item) => typedArrayName(item) !== kind || (item as Float32Array).length !== first.length)) {
    return collateTensors(batch.map((item) => (isArray(item) ? tensor(item) : (item as Tensor))));
  }
  const all = new (first.constructor as ArrayType)(batch.length * first.length);
  batch.forEach((item, i) => all.set(item as Float32Array, i * first.length));
  return fromBlob(all, { shape: [batch.length, first.length] });
}

function collateNumbers(batch: readonly unknown[]): Tensor {
  const kinds = new Set(batch.map((item) => typeof item));
  for (const kind of ['number', 'bigint', 'boolean'] as const) kinds.delete(kind);
  if (kinds.size > 0) throw refuse(batch.find((item) => kinds.has(typeof item)));
  const numbers = batch as (number | bigint | boolean)[];
  if (numbers.every((item) => typeof item === 'boolean')) return tensor(numbers, { dtype: bool });
  const isInt = (item: number | bigint | boolean): boolean =>
    typeof item !== 'number' || Number.isSafeInteger(item);
  return tensor(numbers, { dtype: numbers.every(isInt) ? int64 : float64 });
}
