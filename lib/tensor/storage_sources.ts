// Storages of files and buffers, and the order of their bytes.
import { types } from 'node:util';
import { bindArguments } from '../core/calls';
import { type DType, type DTypeLike, asDType, bool, uint8 } from '../core/dtype';
import { TorchError, argumentError, valueError } from '../core/errors';
import { object } from '../core/kinds';
import { signature } from '../core/signature';
import { operator } from '../native/dispatch';
import type { Tensor } from '.';
import { scalarType } from './as_array';
import { tensor } from './creation';

const fromFile = operator('aten::from_file');

/** Options of `UntypedStorage.fromBuffer`. */
export interface StorageFromBufferOptions {
  /** In which order the bytes of an element are. To be given for elements of more than one byte. */
  byteOrder?: 'native' | 'little' | 'big' | null;
  /** Elements to read; -1, the default, for all. */
  count?: number;
  /** Bytes to skip. Default: 0. */
  offset?: number;
  /** What the elements are: to be given. */
  dtype?: DTypeLike | null;
}
const FROM_BUFFER = signature(
  'UntypedStorage.fromBuffer',
  [object<object>()('buffer')],
  { byteOrder: null, count: -1, offset: 0, dtype: null } as Required<StorageFromBufferOptions>,
  ['byteOrder', 'count', 'offset', 'dtype'],
);
export type FromBufferArguments = [
  buffer: ArrayBufferLike | ArrayBufferView,
  options?: StorageFromBufferOptions,
];

/** The bytes of a file, so many of them. */
export function bytesOfFile(args: readonly unknown[]): Tensor {
  const [path, shared = false, nbytes = 0] = bindArguments(
    'UntypedStorage.fromFile(filename, shared?, nbytes?)',
    args as [filename: string, shared?: boolean, nbytes?: number],
  );
  if (typeof path !== 'string') throw argumentError('fromFile', 'filename', 'a path', path);
  if (path.includes('\0')) throw valueError('embedded null character'); // C would end the name there
  if (typeof shared !== 'boolean') throw argumentError('fromFile', 'shared', 'a boolean', shared);
  if (!Number.isSafeInteger(nbytes)) throw argumentError('fromFile', 'nbytes', 'a whole number', nbytes);
  return fromFile(path, shared, nbytes, { dtype: uint8 }) as Tensor;
}

const unknown = new Set(['complex32', 'uint16', 'uint32', 'uint64']);

/** A copy of bytes, in this processor's order. */
export function bytesOfBuffer(args: FromBufferArguments): Tensor {
  const [buffer, { byteOrder, count, offset, dtype: given }] = FROM_BUFFER.bind(args);
  if (!ArrayBuffer.isView(buffer) && !types.isAnyArrayBuffer(buffer)) {
    throw argumentError('fromBuffer', 'buffer', 'an ArrayBuffer or a typed array', buffer);
  }
  if (given === null) throw new TorchError("argument 'dtype' cannot be None");
  const dtype = asDType(given);
  if (dtype === undefined) throw argumentError('fromBuffer', 'dtype', 'a DType', given);
  if (dtype.kind === 'quantized' || unknown.has(dtype.name)) {
    throw new TorchError(`Unknown type: ${scalarType(dtype)}`);
  }
  const { itemsize } = dtype;
  if (byteOrder === null && itemsize > 1) {
    throw new TorchError("function missing required argument 'byteOrder' (pos 2)");
  }
  if (![null, 'native', 'little', 'big'].includes(byteOrder)) {
    throw valueError(`invalid byteOrder '${String(byteOrder)}' (expected 'big', 'little', or 'native')`);
  }
  const from = new Uint8Array(
    ArrayBuffer.isView(buffer) ? buffer.buffer : buffer,
    ArrayBuffer.isView(buffer) ? buffer.byteOffset : 0,
    buffer.byteLength,
  );
  const size = sizeIn(from.length, itemsize, count, offset);
  const bytes = tensor(from.subarray(offset, offset + size), { dtype: uint8, device: 'cpu' });
  if (dtype === bool) return bytes.ne(0).view(uint8);
  if (byteOrder === 'big') swapBytes(bytes, dtype);
  return bytes;
}

// How many bytes are meant.
function sizeIn(length: number, itemsize: number, count: number, offset: number): number {
  for (const [name, value] of [
    ['count', count],
    ['offset', offset],
  ] as const) {
    if (!Number.isSafeInteger(value)) throw argumentError('fromBuffer', name, 'a whole number', value);
  }
  if (offset < 0 || offset > length) {
    throw valueError(
      `offset must be non-negative and no greater than buffer length (${length}) , but got ${offset}`,
    );
  }
  const left = length - offset;
  if (count >= 0) {
    if (count * itemsize <= left) return count * itemsize;
    throw valueError(
      `buffer has only ${left} elements after offset ${offset}, but specified a size of ${count}`,
    );
  }
  if (left % itemsize === 0) return left;
  throw valueError(`buffer size (${length}) must be a multiple of element size (${itemsize})`);
}

/** Turns round the bytes of each number. */
export function swapBytes(bytes: Tensor, dtype: DType): void {
  const size = dtype.isComplex ? dtype.itemsize / 2 : dtype.itemsize;
  if (bytes.numel() % size !== 0) throw new TorchError(`the length of data is not a multiple of ${size}`);
  if (size === 1) return;
  const numbers = bytes.view(-1, size);
  const turned = numbers.flip(1);
  numbers.copy_(turned);
  // Left to the collector they would keep resize_ from making the storage shorter.
  for (const one of [turned, numbers]) one.dispose();
}
