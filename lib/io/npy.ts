// numpy's files of one array, .npy.
import { fileURLToPath } from 'node:url';
import { bindArguments } from '../core/calls';
import { bool } from '../core/dtype';
import { TorchError, TorchTypeError, argumentError, valueError } from '../core/errors';
import { isError, isURL, isUint8Array } from '../core/realm';
import { signature } from '../core/signature';
import { value } from '../core/kinds';
import { checkTensor } from '../native/tensor_base';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { writeAtomically } from '../serialization/io/atomic';
import { swapBytes } from '../serialization/io/byte_order';
import { type Sink, fileSink, memorySink } from '../serialization/io/sink';
import { type Source, bytesSource, fileSource } from '../serialization/io/source';
import { type NpyHeader, PREFIX, parseHeader, placeOfHeader, writeHeader } from './npy_header';

/** A file, or its bytes. */
export type NumpyFile = string | URL | Uint8Array;

/** Options of `torch.io.loadNpy`. */
export interface LoadNpyOptions {
  /** Whether to map the file into memory instead of reading it; see `torch.load`. Default: `false`. */
  mmap?: boolean;
}
const NPY = signature(
  'torch.io.loadNpy',
  [value<NumpyFile>()('file')],
  { mmap: false } as Required<LoadNpyOptions>,
  [],
);

/**
 * The array of a `.npy` file, as `torch.from_numpy(numpy.load(file))` gives it: an array in Fortran's order has its first
 * dimension together in memory, and numbers with their highest byte first are turned around.
 *
 * @throws ValueError for a file that is damaged or cut short, and for an array of objects, which is a pickle; TypeError for
 * what no tensor can hold: text, dates, records.
 *
 * @example
 * const x = torch.io.loadNpy('features.npy');
 */
export function loadNpy(...args: [file: NumpyFile, options?: LoadNpyOptions]): Tensor {
  const [file, { mmap }] = NPY.bind(args);
  return withSource('loadNpy', file, mmap, readArray);
}

export function withSource<T>(name: string, file: NumpyFile, mmap: boolean, read: (source: Source) => T): T {
  const path = typeof file === 'string' ? file : isURL(file) ? fileURLToPath(file) : null;
  if (path === null && !isUint8Array(file)) throw argumentError(name, 'file', 'a path or a Uint8Array', file);
  const source = path === null ? bytesSource(file as Uint8Array) : fileSource(path, mmap);
  try {
    return read(source);
  } catch (error) {
    if (!(error instanceof TorchError) || !isError(error)) throw error;
    throw explained(error, `${name}(): ${path === null ? 'the bytes' : `'${path}'`} cannot be read`);
  } finally {
    source.close();
  }
}

export function explained(error: Error & { kind?: string }, what: string): Error {
  const message = `${what}: ${error.message}`;
  return error.kind === 'TypeError' ? new TorchTypeError(message) : valueError(message);
}

/** What the header of an array says, and where it ends; `read` gives a part of the file. */
export function readHeader(
  size: number,
  read: (position: number, count: number) => Buffer,
): NpyHeader & { end: number } {
  if (size < PREFIX) throw valueError(`it has ${size} bytes, and is no .npy file`);
  const [start, end] = placeOfHeader(read(0, PREFIX));
  return { ...parseHeader(read(start, end - start).toString('latin1')), end };
}

/** The array that `source` is. */
export function readArray(source: Source): Tensor {
  const { end, ...header } = readHeader(source.size, (position, count) => source.read(position, count));
  const count = header.shape.reduce((product, size) => product * size, 1);
  const bytes = count * header.dtype.itemsize;
  if (!Number.isSafeInteger(bytes) || end + bytes > source.size) {
    throw valueError(
      `${source.size - end} bytes are no array of shape [${header.shape.join(', ')}] of ${header.dtype}`,
    );
  }
  return interpreted(source.tensor(end, bytes), header);
}

const WIDEST = 16n; // of the numbers, complex128: what is mapped may begin anywhere

function interpreted(bytes: Tensor, { dtype, isBigEndian, fortranOrder, shape }: NpyHeader): Tensor {
  const placed = bytes.dataPtr() % WIDEST === 0n ? bytes : bytes.clone();
  const ordered = isBigEndian ? swapBytes(placed, dtype) : placed;
  // A byte other than 0 and 1 is no bool to libtorch.
  const values = dtype === bool ? ordered.ne(0) : aten.view(ordered, dtype);
  if (!fortranOrder) return values.view([...shape]);
  return values.view([...shape].reverse()).permute(shape.map((_, i) => shape.length - 1 - i));
}

/** The array as numpy writes it: its header and its numbers, in order. */
export function laidOut(name: string, tensor: Tensor): { head: Buffer; numbers: Tensor } {
  checkTensor(name, 'tensor', tensor);
  if (tensor.layout.name !== 'strided')
    throw new TorchTypeError(`${name}(): a ${tensor.layout} tensor is no array: write x.toDense()`);
  const plain = tensor.detach().cpu().resolveConj().resolveNeg();
  const turned = plain.permute(plain.shape.map((_, i) => plain.dim() - 1 - i));
  const fortranOrder = !plain.isContiguous() && turned.isContiguous();
  const head = writeHeader(plain.dtype, fortranOrder, plain.shape);
  return { head, numbers: fortranOrder ? turned : plain.contiguous() };
}

/**
 * Writes the tensor to a `.npy` file, with the bytes that `numpy.save` would write, or returns these bytes. A crash or a
 * full disk leaves the old file whole.
 *
 * @throws TypeError for a dtype that numpy does not have, such as bfloat16, and for a sparse tensor.
 */
export function saveNpy(tensor: Tensor, path: string | URL): void;
export function saveNpy(tensor: Tensor): Uint8Array;
export function saveNpy(...args: [tensor: Tensor, path?: string | URL]): Uint8Array | void {
  const [tensor, path] = bindArguments('saveNpy(tensor, path?)', args);
  const { head, numbers } = laidOut('saveNpy', tensor);
  return written('saveNpy', path, (sink) => {
    sink.bytes(head, 0);
    if (numbers.nbytes > 0) sink.tensor(numbers, 0, numbers.nbytes, head.length);
  });
}

export function written(
  name: string,
  path: string | URL | undefined,
  write: (sink: Sink) => void,
): Uint8Array | void {
  if (path === undefined) {
    const sink = memorySink();
    write(sink);
    return sink.result();
  }
  if (typeof path !== 'string' && !isURL(path)) throw argumentError(name, 'path', 'a path', path);
  writeAtomically(typeof path === 'string' ? path : fileURLToPath(path), (fd) => {
    const sink = fileSink(fd);
    write(sink);
    sink.flush();
  });
}
