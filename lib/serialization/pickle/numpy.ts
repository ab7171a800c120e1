/** numpy's arrays and numbers, as files of PyTorch's users hold them. */
import { TorchTypeError, argumentError, checkText } from '../../core/errors';
import { isUint8Array } from '../../core/realm';
import { type Complex } from '../../core/complex';
import { type DType, asDType } from '../../core/dtype';
import { bindArguments, checkMethods } from '../../core/calls';
import type { Tensor } from '../../tensor';
import { swapBytes } from '../io/byte_order';
import { narrow } from './text';
import { addon } from '../addon';
import { bytesTensor } from '../io/source';
import { UnsupportedError, damaged } from '../io/errors';
import { primitiveOf } from '../../core/conversions';

const kinds: Record<string, string> = {
  b1: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  c8: 'complex64',
  c16: 'complex128',
};

/** The type of an array's elements: `'f8'`, `'i4'`, `'U5'`. */
export class NumpyDType {
  /** `'>'` where the highest byte comes first. */
  byteOrder: '<' | '>' | '|' = '<';
  /** Bytes of one element. */
  readonly itemsize: number;

  constructor(
    readonly name: string,
    ...surplus: []
  ) {
    bindArguments('NumpyDType(name)', [name, ...surplus]);
    checkText('NumpyDType', 'name', name);
    const text = /^([USV])(\d{1,9})$/.exec(name);
    if (!text && !Object.hasOwn(kinds, name))
      throw new UnsupportedError(`numpy's dtype '${name.slice(0, 40)}' is not supported`);
    this.itemsize = text ? Number(text[2]) * (text[1] === 'U' ? 4 : 1) : Number(name.slice(1));
    if (this.itemsize === 1 || (text && text[1] !== 'U')) this.byteOrder = '|';
  }

  /** The dtype of a tensor of such elements, if there is one. */
  get dtype(): DType | undefined {
    return Object.hasOwn(kinds, this.name) ? asDType(kinds[this.name]) : undefined;
  }
  /** The name of the dtype in NumPy. */
  toString(): string {
    return this.name;
  }
}
checkMethods('NumpyDType', NumpyDType, 'toString()');

/** What makes an array in a file, before its state says of what. */
export const RECONSTRUCT = 'numpy._core.multiarray._reconstruct';

// Names and types of the fields of records, as the file has them.
const fields = new WeakMap<NumpyDType, unknown>();

export const rememberFields = (dtype: NumpyDType, state: unknown): void => void fields.set(dtype, state);
export const fieldsOf = (dtype: NumpyDType): unknown => fields.get(dtype);

/** The array with its lowest bytes first, as numpy itself has it after reading. */
export function littleEndian(array: NDArray): NDArray {
  const { dtype, shape, data, fortranOrder } = array;
  if (dtype.byteOrder !== '>') return array;
  const bytes = Buffer.from(data);
  const width = dtype.name.startsWith('U') ? 4 : dtype.itemsize / (dtype.name.startsWith('c') ? 2 : 1);
  if (width === 2) bytes.swap16();
  else if (width === 4) bytes.swap32();
  else if (width === 8) bytes.swap64();
  return new NDArray(new NumpyDType(dtype.name), shape, new Uint8Array(bytes), fortranOrder);
}

function checkContents(name: string, dtype: NumpyDType, data: Uint8Array): void {
  if (!((dtype as unknown) instanceof NumpyDType)) throw argumentError(name, 'dtype', 'a NumpyDType', dtype);
  if (!isUint8Array(data)) throw argumentError(name, 'data', 'a Uint8Array', data);
}

/** A numpy array: its bytes, and what they mean. */
export class NDArray {
  constructor(
    readonly dtype: NumpyDType,
    readonly shape: readonly number[],
    readonly data: Uint8Array,
    /** Whether the first dimension is the one that lies together in memory. */
    readonly fortranOrder = false,
    ...surplus: []
  ) {
    bindArguments('NDArray(dtype, shape, data, fortranOrder?)', [
      dtype,
      shape,
      data,
      fortranOrder,
      ...surplus,
    ]);
    checkContents('NDArray', dtype, data);
    if (!Array.isArray(shape)) throw argumentError('NDArray', 'shape', 'an array of numbers', shape);
    const elements = shape.reduce((product, size) => product * size, 1);
    if (
      !shape.every((size) => Number.isSafeInteger(size) && size >= 0) ||
      elements * dtype.itemsize !== data.length
    ) {
      throw damaged(`${data.length} bytes are no array of shape [${shape.join(', ')}] of ${dtype}`);
    }
  }

  /** A tensor of the same values, in memory of its own. Throws a TypeError for an array of text. */
  tensor(): Tensor {
    const { dtype } = this.dtype;
    if (!dtype) throw new TorchTypeError(`a tensor cannot hold numpy's '${this.dtype}'`);
    const bytes = bytesTensor(this.data);
    const ordered = this.dtype.byteOrder === '>' ? swapBytes(bytes, dtype) : bytes;
    const values = addon.aten.view(ordered, dtype);
    if (!this.fortranOrder) return values.view([...this.shape]);
    const dims = this.shape.map((_, dim) => this.shape.length - 1 - dim);
    return values.view([...this.shape].reverse()).permute(dims);
  }
  /** @throws TypeError for operators. */
  [Symbol.toPrimitive](hint: string): string {
    return primitiveOf(this, hint, 'An NDArray', 'calculate with x.tensor()');
  }
}
checkMethods('NDArray', NDArray, 'tensor()');

/** One number, bool or text of a dtype: `numpy.float64(0.5)`. Calculates as what it holds. */
export class NumpyScalar {
  readonly value: number | bigint | boolean | string | Complex;

  constructor(
    readonly dtype: NumpyDType,
    readonly data: Uint8Array,
    ...surplus: []
  ) {
    bindArguments('NumpyScalar(dtype, data)', [dtype, data, ...surplus]);
    checkContents('NumpyScalar', dtype, data);
    if (data.length !== dtype.itemsize) throw damaged(`${data.length} bytes are no ${dtype}`);
    this.value = readScalar(dtype, data);
  }

  /** The value. */
  valueOf(): unknown {
    return this.value;
  }
  /** The value as text. */
  toString(): string {
    return String(this.value);
  }
  /** The value; a bigint as text, since JSON has none. */
  toJSON(): unknown {
    return typeof this.value === 'bigint' ? this.value.toString() : this.value;
  }
}
checkMethods('NumpyScalar', NumpyScalar, 'valueOf()', 'toString()');

function readScalar(type: NumpyDType, data: Uint8Array): NumpyScalar['value'] {
  const { dtype } = type;
  if (dtype) {
    const value = new NDArray(type, [], data).tensor().tolist() as number | bigint | boolean | Complex;
    return typeof value === 'bigint' ? narrow(value) : value;
  }
  const little = type.byteOrder !== '>';
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let text = '';
  const width = type.name.startsWith('U') ? 4 : 1;
  for (let at = 0; at < data.length; at += width) {
    const code = width === 4 ? view.getUint32(at, little) : data[at];
    if (code > 0x10ffff) throw damaged('a text of numpy in it is damaged');
    text += String.fromCodePoint(code);
  }
  return text.replace(/\0+$/, '');
}
