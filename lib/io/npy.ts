// numpy's files: .npy of one array, .npz of several by name.
import { fileURLToPath } from 'node:url';
import { bindArguments } from '../core/calls';
import { bool } from '../core/dtype';
import { TorchError, TorchTypeError, argumentError, valueError } from '../core/errors';
import { isError, isMap, isPlainObject, isURL, isUint8Array } from '../core/realm';
import { signature } from '../core/signature';
import { value } from '../core/kinds';
import { checkTensor } from '../native/tensor_base';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { writeAtomically } from '../serialization/io/atomic';
import { swapBytes } from '../serialization/io/byte_order';
import { type Sink, fileSink, memorySink } from '../serialization/io/sink';
import { type Source, bytesSource, bytesTensor, fileSource } from '../serialization/io/source';
import { ZipReader } from '../serialization/io/zip_reader';
import { ZipWriter } from '../serialization/io/zip_writer';
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

function withSource<T>(name: string, file: NumpyFile, mmap: boolean, read: (source: Source) => T): T {
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

function explained(error: Error & { kind?: string }, what: string): Error {
  const message = `${what}: ${error.message}`;
  return error.kind === 'TypeError' ? new TorchTypeError(message) : valueError(message);
}

function readArray(source: Source): Tensor {
  if (source.size < PREFIX) throw valueError(`it has ${source.size} bytes, and is no .npy file`);
  const [start, end] = placeOfHeader(source.read(0, PREFIX));
  const header = parseHeader(source.read(start, end - start).toString('latin1'));
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
function laidOut(name: string, tensor: Tensor): { head: Buffer; numbers: Tensor } {
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

function written(
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

/** Options of `torch.io.loadNpz`. */
export interface LoadNpzOptions {
  /** Which arrays to read. Default: all. */
  names?: readonly string[] | null;
}
const NPZ = signature(
  'torch.io.loadNpz',
  [value<NumpyFile>()('file')],
  { names: null } as Required<LoadNpzOptions>,
  [],
);

/**
 * The arrays of a `.npz` file, packed or not, by name: see {@link loadNpy}.
 *
 * @throws ValueError for a file that is damaged, and for a name that is not in it.
 *
 * @example
 * const { x, y } = Object.fromEntries(torch.io.loadNpz('train.npz'));
 */
export function loadNpz(...args: [file: NumpyFile, options?: LoadNpzOptions]): Map<string, Tensor> {
  const [file, { names }] = NPZ.bind(args);
  return withSource('loadNpz', file, false, (source) => {
    const zip = new ZipReader(source, 'none');
    const all = [...zip.names()]
      .filter((one) => one.endsWith('.npy'))
      .map((one) => one.slice(0, -'.npy'.length));
    const wrong = names?.find((one) => !all.includes(one));
    if (wrong !== undefined)
      throw valueError(`${wrong} is not a file in the archive: it has ${all.join(', ')}`);
    return new Map((names ?? all).map((name) => [name, arrayOf(zip, name)]));
  });
}

function arrayOf(zip: ZipReader, name: string): Tensor {
  try {
    return readArray(bytesSource(zip.read(`${name}.npy`)));
  } catch (error) {
    throw error instanceof TorchError && isError(error) ? explained(error, `array '${name}'`) : error;
  }
}

/** Tensors by name. */
export type NamedTensors = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/**
 * Writes tensors to a `.npz` file, which `numpy.load` reads, or returns its bytes. Nothing is packed. A crash or a full disk
 * leaves the old file whole.
 *
 * @throws TypeError for what is no tensor, and for a dtype that numpy does not have.
 */
export function saveNpz(tensors: NamedTensors, path: string | URL): void;
export function saveNpz(tensors: NamedTensors): Uint8Array;
export function saveNpz(...args: [tensors: NamedTensors, path?: string | URL]): Uint8Array | void {
  const [tensors, path] = bindArguments('saveNpz(tensors{}, path?)', args);
  if (!isMap(tensors) && !isPlainObject(tensors))
    throw argumentError('saveNpz', 'tensors', 'a Map or an object of tensors', tensors);
  const entries = isMap(tensors) ? [...tensors] : Object.entries(tensors);
  const records = (entries as [string, Tensor][]).map(([name, tensor]) => ({
    name: `${name}.npy`,
    ...laidOut(`saveNpz: '${name}'`, tensor),
  }));
  return written('saveNpz', path, (sink) => {
    const zip = new ZipWriter(sink, '');
    for (const { name, head, numbers } of records) {
      const bytes = aten.view(numbers.reshape([-1]), 'uint8' as never);
      zip.writeTensor(name, aten.cat([bytesTensor(head), bytes]));
    }
    zip.end();
  });
}
