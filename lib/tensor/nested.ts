/** Nested arrays to one typed array: shape, dtype and values in one pass over the data. */
import { TorchRangeError, TorchTypeError, valueError, TorchError } from '../core/errors';
import { Complex } from '../core/complex';
import type { DType } from '../core/dtype';
import { operator } from '../native/dispatch';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '.';
import * as dtypes from '../core/dtype';
import { isDataView } from '../core/realm';
import { warn } from '../core/warn';
import { type TypedArray, arrayType } from './values';

export interface Flat {
  values: TypedArray;
  shape: number[];
  /** What `values` hold. */
  dtype: DType;
  /** What the tensor shall be: `values` are staged wider where no array holds the dtype. */
  target: DType;
}

const promoteTypes = operator('aten::promote_types');
const deepest = 64; // libtorch's own limit on dimensions
const rank = { boolean: 0, bigint: 1, number: 2, complex: 3 } as const;
type Kind = keyof typeof rank;

/** Throws a TypeError for ragged arrays, a TorchError for foreign values, a RangeError for values out of range. */
export function flatten(data: unknown, wanted: DType | undefined, defaultDtype: DType): Flat {
  const shape = shapeOf(data);
  const leaves = new Array<unknown>(shape.reduce((product, size) => product * size, 1));
  const tensorDtypes = new Set<DType>();
  const kind = collect(data, shape, leaves, (leaf) => {
    tensorDtypes.add(leaf.dtype);
    return valueOf(leaf, wanted);
  });
  const ofNumbers = kind === undefined && tensorDtypes.size > 0 ? [] : [inferred(kind, defaultDtype)];
  const promote = (a: DType, b: DType): DType => promoteTypes(a, b) as DType;
  const target = wanted ?? [...tensorDtypes, ...ofNumbers].reduce(promote);
  const dtype = staging(kind, target);
  return { values: fill(leaves, dtype, target), shape, dtype, target };
}

// What a tensor among the values counts as.
function valueOf(tensor: Tensor, wanted: DType | undefined): unknown {
  if (tensor.numel() !== 1) throw valueError('only one element tensors can be converted to Python scalars');
  const { dtype } = tensor;
  const isWhole = !dtype.isFloatingPoint && !dtype.isComplex;
  if (wanted && !isWhole && !wanted.isFloatingPoint && !wanted.isComplex)
    throw new TorchTypeError('only integer tensors of a single element can be converted to an index');
  if (tensor.isMeta) throw new TorchError('Tensor.item() cannot be called on meta tensors');
  if (tensor.requiresGrad) {
    warn(
      'Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n' +
        'Consider using tensor.detach() first.',
    );
  }
  const value: unknown = isWhole && dtype !== dtypes.bool ? tensor.itemBigInt() : tensor.item();
  if (!(value instanceof Complex) || !wanted || wanted.isComplex) return value;
  if (value.im === 0) return value.re;
  throw new TorchError('value cannot be converted to type double without overflow');
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !isDataView(value));
}

function shapeOf(data: unknown): number[] {
  const shape: number[] = [];
  for (let level = data; isList(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > deepest) throw valueError(`tensor(): data is nested more than ${deepest} deep`);
    if (level.length === 0) break;
  }
  return shape;
}

// Fills `leaves` in row-major order and returns the widest kind among those that are no tensors.
function collect(
  data: unknown,
  shape: number[],
  leaves: unknown[],
  valueOf: (leaf: Tensor) => unknown,
): Kind | undefined {
  let next = 0;
  let widest: Kind | undefined;
  const visit = (given: unknown, dim: number): void => {
    if (dim < shape.length) {
      const value: unknown = isTensor(given) ? [...given] : given;
      if (!isList(value)) {
        throw new TorchTypeError(`tensor(): expected an array at dimension ${dim}, got ${typeof value}`);
      }
      if (value.length !== shape[dim]) {
        throw valueError(
          `tensor(): expected sequence of length ${shape[dim]} at dim ${dim} (got ${value.length})`,
        );
      }
      for (let i = 0; i < value.length; i++) visit(value[i], dim + 1);
      return;
    }
    if (isTensor(given)) {
      leaves[next++] = valueOf(given);
      return;
    }
    const kind = kindOf(given);
    if (widest === undefined || rank[kind] > rank[widest]) widest = kind;
    leaves[next++] = given;
  };
  visit(data, 0);
  return widest;
}

function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'boolean':
      return typeof value as Kind;
  }
  if (value instanceof Complex) return 'complex';
  const got = value === null ? 'null' : isList(value) ? 'an array, deeper than its neighbours' : typeof value;
  const message = `tensor(): data must hold numbers, bigints or booleans, got ${got}`;
  // As in Python, a value that no dtype is for is a RuntimeError; no data, text and uneven arrays are TypeErrors.
  if (value === undefined || typeof value === 'string' || isList(value)) throw new TorchTypeError(message);
  throw new TorchError(message);
}

function inferred(kind: Kind | undefined, defaultDtype: DType): DType {
  if (kind === 'boolean') return dtypes.bool;
  if (kind === 'bigint') return dtypes.int64;
  if (kind !== 'complex') return defaultDtype;
  return defaultDtype === dtypes.float64 ? dtypes.complex128 : dtypes.complex64;
}

// The dtype that the values are first written as: the target where a typed array can hold it.
function staging(kind: Kind | undefined, target: DType): DType {
  if (kind === 'complex' && !target.isComplex) {
    throw new TorchTypeError(`tensor(): a complex value cannot become ${target}`);
  }
  if (target.kind === 'quantized' || target.kind === 'bits') {
    throw new TorchTypeError(`tensor(): ${target} tensors cannot be made from values`);
  }
  if (target.isComplex) return dtypes.complex128;
  return narrow(target) ? dtypes.float64 : target;
}

function narrow(dtype: DType): boolean {
  return dtype.isFloatingPoint && dtype !== dtypes.float32 && dtype !== dtypes.float64;
}

function fill(leaves: unknown[], dtype: DType, target: DType): TypedArray {
  const count = leaves.length;
  if (dtype.isComplex) {
    const values = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) {
      const value = leaves[i];
      values[2 * i] = value instanceof Complex ? value.re : Number(value);
      values[2 * i + 1] = value instanceof Complex ? value.im : 0;
    }
    return values;
  }
  const values = new (arrayType(dtype))(count) as unknown as { [i: number]: number | bigint };
  if (dtype.isFloatingPoint) {
    for (let i = 0; i < count; i++) values[i] = Number(leaves[i]);
  } else if (dtype === dtypes.bool) {
    for (let i = 0; i < count; i++) values[i] = Number(leaves[i]) === 0 ? 0 : 1; // NaN is true
  } else if (dtype.itemsize === 8) {
    for (let i = 0; i < count; i++) values[i] = bigIntOf(leaves[i], target);
  } else {
    const [least, most] = range(target);
    for (let i = 0; i < count; i++) {
      const number = Math.trunc(Number(leaves[i]));
      if (!(number >= least && number <= most)) throw outOfRange(leaves[i], target);
      values[i] = number;
    }
  }
  return values as unknown as TypedArray;
}

function range(dtype: DType): [number, number] {
  const bits = dtype.itemsize * 8;
  return dtype.kind === 'int' ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

function bigIntOf(value: unknown, dtype: DType): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(Math.trunc(value))) throw outOfRange(value, dtype);
  const number = typeof value === 'number' ? BigInt(Math.trunc(value)) : BigInt(value as bigint | boolean);
  const fits = dtype.kind === 'int' ? BigInt.asIntN(64, number) : BigInt.asUintN(64, number);
  if (fits !== number) throw outOfRange(value, dtype);
  return number;
}

function outOfRange(value: unknown, dtype: DType): RangeError {
  const hint =
    typeof value === 'number' && dtype.itemsize === 8 ? '; give integers beyond 2^53 as bigints' : '';
  return new TorchRangeError(`tensor(): ${String(value)} cannot be held by ${dtype}${hint}`, 'RuntimeError');
}
