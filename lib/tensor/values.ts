/** A tensor's values as JS values. */
import { Complex } from '../core/complex';
import type { DType } from '../core/dtype';
import * as dtypes from '../core/dtype';
import type { Nested } from './indexing';
import { HANDLE } from '../native/handle';
import { native } from '../native';
import { typedArrayName } from '../core/realm';
import type { Tensor } from '.';

/** JavaScript's typed arrays, whose values become a tensor's. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

type TypedArrayConstructor = { new (buffer: ArrayBuffer): TypedArray; new (length: number): TypedArray };

const arrays: Record<string, unknown> = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  complex32: Uint16Array,
  complex64: Float32Array,
  complex128: Float64Array,
};

/** The typed array whose elements are as long as the dtype's (a complex takes two). */
export function arrayType(dtype: DType): TypedArrayConstructor {
  return (arrays[dtype.name] ?? Uint8Array) as TypedArrayConstructor;
}

/** The dtype of a typed array's elements. */
export function dtypeOfArray(array: ArrayBufferView): DType | undefined {
  const kind = typedArrayName(array);
  switch (kind) {
    case 'Uint8ClampedArray':
      return dtypes.uint8;
    case 'Float16Array': // Node 24 and later
      return dtypes.float16;
    case 'BigInt64Array':
      return dtypes.int64;
    case 'BigUint64Array':
      return dtypes.uint64;
  }
  return kind === undefined ? undefined : dtypes.asDType(kind.replace(/Array$/, '').toLowerCase());
}

export function copyValues(tensor: Tensor): TypedArray {
  const { dtype } = tensor;
  const size = tensor.numel() * dtype.itemsize;
  const bytes = new Uint8Array(size);
  native.copyOut(tensor[HANDLE], bytes);
  return new (arrayType(dtype))(bytes.buffer);
}

export function viewValues(tensor: Tensor): TypedArray {
  return new (arrayType(tensor.dtype))(native.viewBuffer(tensor));
}

/** Nested arrays of plain values. */
export function nest(tensor: Tensor): Nested {
  const { dtype, shape } = tensor;
  const narrow = dtype.isFloatingPoint && dtype !== dtypes.float32 && dtype !== dtypes.float64;
  const readable = narrow
    ? tensor.detach().to(dtypes.float32)
    : dtype === dtypes.complex32
      ? tensor.detach().to(dtypes.complex64)
      : tensor;
  const values = copyValues(readable);
  const read = reader(values, dtype);
  if (shape.length === 0) return read ? read(0) : (values[0] as number);
  let next = 0;
  const build = (dim: number): Nested => {
    const size = shape[dim];
    const list: Nested[] = new Array(size);
    if (dim < shape.length - 1) for (let i = 0; i < size; i++) list[i] = build(dim + 1);
    else if (read) for (let i = 0; i < size; i++) list[i] = read(next++);
    else for (let i = 0; i < size; i++) list[i] = values[next++] as number;
    return list;
  };
  return build(0);
}

/** How element i is read; null: as it stands in the array. */
function reader(values: TypedArray, dtype: DType): ((i: number) => Nested) | null {
  if (dtype === dtypes.bool) return (i) => values[i] !== 0;
  if (dtype.isComplex) {
    return (i) => new Complex(values[2 * i] as number, values[2 * i + 1] as number);
  }
  if (dtype === dtypes.int64 || dtype === dtypes.uint64) {
    return (i) => {
      const number = Number(values[i]);
      return Number.isSafeInteger(number) ? number : (values[i] as bigint);
    };
  }
  return null;
}
