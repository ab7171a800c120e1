// Reading .safetensors files: all of one, one tensor, a part of one.
import { withDefaults } from '../../core/signature';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import * as aten from '../../tensor/aten';
import { type Device, type DeviceLike, device as deviceOf } from '../../core/device';
import { wrap } from '../../native/dispatch';
import { argumentError } from '../../core/errors';
import type { Index } from '../../tensor/indexing';
import { keep } from '../../tensor/memory';
import { native } from '../../native';
import type { Tensor } from '../../tensor';
import { HEAD } from '../foreign';
import {
  type Entry,
  type Header,
  SafetensorError,
  compareNames,
  headerLength,
  naming,
  parseHeader,
} from './header';

/** Options of `safetensors.safeOpen` and `loadFile`. */
export interface OpenOptions {
  /** Where the tensors go. Default: `'cpu'`. */
  device?: DeviceLike;
  /**
   * `'mmap'` maps the file into memory: nothing is read until it is used, and what is written to a tensor
   * stays in memory. While such tensors live the file must not be changed in place (to replace it, as
   * {@link saveFile} does, is fine). `'pread'` reads. Default: `'mmap'`.
   */
  backend?: 'mmap' | 'pread';
}

export const OPEN: Required<OpenOptions> = { device: 'cpu', backend: 'mmap' };

/** Where the bytes are. Positions count from the start of the file. */
interface Source {
  readonly size: number;
  bytes(position: number, count: number): Buffer;
  /** A tensor of `entry`'s bytes. */
  tensor(entry: Entry, position: number): Tensor;
  close(): void;
}

function readHeader(source: Source): [start: number, header: Header] {
  const length = headerLength(source.bytes(0, Math.min(8, source.size)), source.size);
  const start = 8 + length;
  return [start, parseHeader(source.bytes(8, length), source.size - start)];
}

/** Opens a file. Reads its header alone. */
export function safeOpen(path: string, options?: OpenOptions): SafeOpen {
  return new SafeOpen(path, options);
}

/** A file whose tensors are read when they are asked for: Python's `safe_open`. */
export class SafeOpen {
  readonly #device: Device;
  readonly #header: Header;
  readonly #start: number;
  readonly #entries: ReadonlyMap<string, Entry>;
  #source: Source | null;

  constructor(path: string, options?: OpenOptions) {
    const { device, backend } = withDefaults('safeOpen', OPEN, options);
    if (typeof path !== 'string') throw argumentError('safeOpen', 'path', 'a string', path);
    if (backend !== 'mmap' && backend !== 'pread') {
      throw argumentError('safeOpen', 'backend', "'mmap' or 'pread'", backend);
    }
    this.#device = deviceOf(device);
    const source = openFile(path, backend);
    try {
      [this.#start, this.#header] = naming(
        path,
        () => [source.bytes(0, Math.min(HEAD, source.size)), source.size],
        () => readHeader(source),
      );
    } catch (error) {
      source.close();
      throw error;
    }
    this.#source = source;
    this.#entries = new Map(this.#header.entries.map((entry) => [entry.name, entry]));
  }

  /** The names of the tensors, sorted. */
  keys(): string[] {
    return this.offsetKeys().sort(compareNames);
  }
  /** The names of the tensors, in the order of the file's data. */
  offsetKeys(): string[] {
    this.#opened();
    return [...this.#entries.keys()];
  }
  /** The text that was saved along, or null. */
  metadata(): Record<string, string> | null {
    this.#opened();
    return this.#header.metadata && { ...this.#header.metadata };
  }
  /** Reads the tensor of that name. Throws if the file has none. */
  getTensor(name: string): Tensor {
    return this.#moved(this.#read(this.#entry(name)));
  }
  /** All tensors, in the order of the file's data. */
  getTensors(): Map<string, Tensor> {
    return new Map(this.offsetKeys().map((name) => [name, this.getTensor(name)]));
  }
  /** A tensor to take parts of; reads nothing yet. */
  getSlice(name: string): SafeSlice {
    const entry = this.#entry(name);
    return new SafeSlice(entry, (indices) => {
      const whole = this.#read(entry);
      const part = whole.at(...indices);
      if (!part.is(whole)) whole.dispose();
      return this.#moved(part);
    });
  }
  /** Closes the file. The tensors that were read stay. */
  close(): void {
    this.#source?.close();
    this.#source = null;
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #opened(): Source {
    if (!this.#source) throw new SafetensorError('File is closed');
    return this.#source;
  }
  #entry(name: string): Entry {
    this.#opened();
    const entry = this.#entries.get(name);
    if (!entry) throw new SafetensorError(`File does not contain tensor ${name}`);
    return entry;
  }
  #read(entry: Entry): Tensor {
    const source = this.#opened();
    const { name, label, dtype, shape, begin, end } = entry;
    if (!dtype) throw new SafetensorError(`Dtype not understood: ${label} (tensor ${name})`);
    return begin === end ? aten.empty(shape, { dtype }) : source.tensor(entry, this.#start + begin);
  }
  #moved(tensor: Tensor): Tensor {
    if (this.#device.type === 'cpu') return tensor;
    const moved = tensor.to({ device: this.#device });
    tensor.dispose();
    return moved;
  }
}

/** Part of a file's tensor: `slice.at(':', '2:5')` is Python's `slice[:, 2:5]`. */
export class SafeSlice {
  readonly #entry: Entry;
  readonly #take: (indices: readonly Index[]) => Tensor;

  /** @internal */
  constructor(entry: Entry, take: (indices: readonly Index[]) => Tensor) {
    this.#entry = entry;
    this.#take = take;
  }

  /** The tensor's size, without reading it. */
  getShape(): number[] {
    return [...this.#entry.shape];
  }
  /** The type as the file spells it: `'F32'`, `'BF16'`. */
  getDtype(): string {
    return this.#entry.label;
  }
  /** See {@link Tensor.at}. */
  at(...indices: Index[]): Tensor {
    return this.#take(indices);
  }
}

/** Reads the tensors from the bytes of a file; copies them. */
export function readBytes(data: Uint8Array): Map<string, Tensor> {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const [start, entries] = naming(
    null,
    () => [bytes.subarray(0, HEAD), bytes.length],
    () => {
      const end = 8 + headerLength(bytes.subarray(0, 8), bytes.length);
      return [end, parseHeader(bytes.subarray(8, end), bytes.length - end).entries] as const;
    },
  );
  return new Map(entries.map((entry) => [entry.name, copy(entry, bytes.subarray(start))]));
}

function copy({ name, label, dtype, shape, begin, end }: Entry, data: Buffer): Tensor {
  if (!dtype) throw new SafetensorError(`Dtype not understood: ${label} (tensor ${name})`);
  const tensor = aten.empty(shape, { dtype });
  if (end > begin) new Uint8Array(native.viewBuffer(tensor)).set(data.subarray(begin, end));
  return tensor;
}

function openFile(path: string, backend: 'mmap' | 'pread'): Source {
  const fd = openSync(path, 'r');
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new SafetensorError(`'${path}' is not a file`);
    if (backend === 'pread' || stats.size === 0) return readingSource(path, fd, stats.size);
    const source = mappedSource(path, stats.size);
    closeSync(fd);
    return source;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function readingSource(path: string, fd: number, size: number): Source {
  const ended = (): never => {
    throw new SafetensorError(`'${path}' ended while it was read`);
  };
  return {
    size,
    bytes(position, count) {
      const buffer = Buffer.alloc(count);
      for (let at = 0; at < count;) at += readSync(fd, buffer, at, count - at, position + at) || ended();
      return buffer;
    },
    tensor({ shape, dtype, begin, end }, position) {
      const tensor = aten.empty(shape, { dtype });
      const [read] = native.readInto(tensor, fd, position, 0, end - begin, false);
      if (read === end - begin) return tensor;
      tensor.dispose();
      return ended();
    },
    close: () => closeSync(fd),
  };
}

// The header is read from the mapping, too: should the path lead elsewhere by now, they still agree.
function mappedSource(path: string, size: number): Source {
  const whole = keep(aten.fromFile(path, false, size, { dtype: 'uint8' }));
  const slice = (position: number, count: number): Tensor =>
    wrap(native.storageSlice(whole, position, count)) as Tensor;
  return {
    size,
    bytes(position, count) {
      const part = slice(position, count);
      const { buffer } = part.toTypedArray();
      part.dispose();
      return Buffer.from(buffer as ArrayBuffer);
    },
    tensor({ shape, dtype, begin, end }, position) {
      const bytes = slice(position, end - begin);
      const aligned = position % dtype!.itemsize === 0 ? bytes : aten.clone(bytes);
      const typed = aten.view(aligned, dtype!);
      const tensor = aten.view(typed, shape);
      for (const step of [bytes, aligned, typed]) step.dispose();
      return tensor;
    },
    close: () => whole.dispose(),
  };
}
