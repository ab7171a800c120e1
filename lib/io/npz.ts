// numpy's files of several arrays by name, .npz.
import { bindArguments } from '../core/calls';
import { TorchError, argumentError, valueError } from '../core/errors';
import { value } from '../core/kinds';
import { isError, isMap, isPlainObject } from '../core/realm';
import { signature } from '../core/signature';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import type { Sink } from '../serialization/io/sink';
import { type Source, bytesTensor } from '../serialization/io/source';
import { ZipReader } from '../serialization/io/zip_reader';
import { ZipWriter } from '../serialization/io/zip_writer';
import type { PlannedTensor } from '../serialization/planned';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';
import { type NumpyFile, explained, laidOut, readArray, readHeader, withSource, written } from './npy';
import { type NpyHeader, writeHeader } from './npy_header';

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
    const npz = new NpzFile(source);
    const wrong = names?.find((one) => !npz.names.includes(one));
    if (wrong !== undefined)
      throw valueError(`${wrong} is not a file in the archive: it has ${npz.names.join(', ')}`);
    return new Map((names ?? npz.names).map((name) => [name, npz.read(name)]));
  });
}

/** The arrays of a `.npz` file, each read when it is asked for. */
export class NpzFile {
  readonly names: readonly string[];
  readonly #zip: ZipReader;

  constructor(source: Source) {
    this.#zip = new ZipReader(source, 'none');
    const arrays = [...this.#zip.names()].filter((one) => one.endsWith(END));
    this.names = arrays.map((one) => one.slice(0, -END.length));
  }

  /** What an array's header says. */
  describe(name: string): NpyHeader {
    const record = `${name}${END}`;
    return this.#naming(name, () =>
      readHeader(this.#zip.sizeOf(record), (position, count) => this.#zip.part(record, position, count)),
    );
  }

  read(name: string): Tensor {
    return this.#naming(name, () => readArray(tensorSource(this.#zip.tensor(`${name}${END}`, true))));
  }

  #naming<T>(name: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof TorchError && isError(error) ? explained(error, `array '${name}'`) : error;
    }
  }
}
const END = '.npy';

/** The bytes of a tensor. */
function tensorSource(bytes: Tensor): Source {
  return {
    size: bytes.numel(),
    read(position, count) {
      const buffer = Buffer.alloc(count);
      if (count > 0) native.copyOut(bytes.slice(0, position, position + count), buffer);
      return buffer;
    },
    tensor: (position, count) => wrap(native.storageSlice(bytes, position, count)) as Tensor,
    close: () => {},
  };
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
    name: `${name}${END}`,
    ...laidOut(`saveNpz: '${name}'`, tensor),
  }));
  return written('saveNpz', path, (sink) => {
    const zip = new ZipWriter(sink, '');
    for (const { name, head, numbers } of records) writeRecord(zip, name, head, numbers);
    zip.end();
  });
}

function writeRecord(zip: ZipWriter, name: string, head: Buffer, numbers: Tensor): void {
  const bytes = aten.view(numbers.reshape([-1]), 'uint8' as never);
  const record = aten.cat([bytesTensor(head), bytes]);
  zip.writeTensor(name, record);
  record.dispose();
}

/** {@link saveNpz} of tensors of which one is there at a time. */
export function writeNpz(sink: Sink, tensors: ReadonlyMap<string, PlannedTensor>): void {
  const zip = new ZipWriter(sink, '');
  for (const [name, planned] of tensors) {
    const head = writeHeader(planned.dtype, false, planned.shape);
    planned.with((plain) => writeRecord(zip, `${name}${END}`, head, plain));
  }
  zip.end();
  sink.flush();
}
