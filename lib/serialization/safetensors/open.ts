// Reading .safetensors files: one tensor, a part of one.
import { withJson } from '../../core/conversions';
import { withDefaults } from '../../core/signature';
import { type Device, type DeviceLike, device as deviceOf } from '../../core/device';
import { argumentError } from '../../core/errors';
import { bindArguments, checkMethods } from '../../core/calls';
import { compareByIdentity } from '../../core/identity';
import type { Index } from '../../tensor/indexing';
import type { Tensor } from '../../tensor';
import { addon } from '../addon';
import {
  type Entry,
  type Header,
  SafetensorError,
  compareNames,
  headerLength,
  naming,
  parseHeader,
} from './header';
import { type Source, openSource } from './source';

/** Options of `safetensors.safeOpen` and `loadFile`. */
export interface OpenOptions {
  /** Where the tensors go. Default: `'cpu'`. */
  device?: DeviceLike;
  /**
   * `'mmap'` maps the file into memory: nothing is read until it is used, and what is written to a tensor
   * stays in memory. While such tensors live the file must not be changed in place (to replace it, as
   * {@link saveFile} does, is fine): the system ends a program that uses what somebody has cut off. `'pread'` reads.
   * Default: `'mmap'` for a file that only this program's user and root can write to, and `'pread'` for others.
   *
   * Differs from PyTorch: `torch.loadStateDictFromFile`, `safetensors.loadFile` and `safeOpen` read a file that other users can write to, where Python
   * maps it; `backend: 'mmap'` maps it.
   */
  backend?: 'mmap' | 'pread' | null;
}

export const OPEN: Required<OpenOptions> = { device: 'cpu', backend: null };

function readHeader(source: Source): [start: number, header: Header] {
  const length = headerLength(source.bytes(0, Math.min(8, source.size)), source.size);
  const start = 8 + length;
  return [start, parseHeader(source.bytes(8, length), source.size - start)];
}

/** Opens a file. Reads its header alone. */
export function safeOpen(...args: [path: string, options?: OpenOptions]): SafeOpen {
  const [path, options] = bindArguments('safeOpen(path, options{}?)', args);
  return new SafeOpen(path, options);
}

/** A file whose tensors are read when they are asked for: Python's `safe_open`. */
export class SafeOpen {
  readonly #device: Device;
  readonly #header: Header;
  readonly #start: number;
  readonly #entries: ReadonlyMap<string, Entry>;
  #source: Source | null;

  constructor(...args: [path: string, options?: OpenOptions]) {
    const [path, options] = bindArguments('SafeOpen(path, options{}?)', args);
    const { device, backend } = withDefaults('safeOpen', OPEN, options);
    if (typeof path !== 'string') throw argumentError('safeOpen', 'path', 'a string', path);
    if (backend !== 'mmap' && backend !== 'pread' && backend !== null) {
      throw argumentError('safeOpen', 'backend', "'mmap' or 'pread'", backend);
    }
    this.#device = deviceOf(device);
    const source = openSource(path, backend);
    try {
      [this.#start, this.#header] = naming(path, () => readHeader(source));
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
    return withJson(new Map(this.offsetKeys().map((name) => [name, this.getTensor(name)])));
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
    return begin === end
      ? addon.aten.empty(shape, { dtype, device: 'cpu' })
      : source.tensor(entry, this.#start + begin);
  }
  #moved(tensor: Tensor): Tensor {
    if (this.#device.type === 'cpu') return tensor;
    const moved = tensor.to({ device: this.#device });
    tensor.dispose();
    return moved;
  }
}
compareByIdentity(SafeOpen);
checkMethods(
  'SafeOpen',
  SafeOpen,
  'keys()',
  'offsetKeys()',
  'metadata()',
  'getTensor(name)',
  'getTensors()',
  'getSlice(name)',
  'close()',
);

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
compareByIdentity(SafeSlice);
checkMethods('SafeSlice', SafeSlice, 'getShape()', 'getDtype()');
