// Where the bytes of a .safetensors file come from. Opening one and reading its header need no libtorch.
import { closeSync, readSync, type Stats, statSync } from 'node:fs';
import type { Tensor } from '../../tensor';
import { addon } from '../addon';
import { openRegular } from '../io/regular';
import { type Entry, SafetensorError } from './header';

/** Positions count from the start of the file. */
export interface Source {
  readonly size: number;
  bytes(position: number, count: number): Buffer;
  /** A tensor of `entry`'s bytes. */
  tensor(entry: Entry, position: number): Tensor;
  close(): void;
}

/** Files that nobody has closed when their source is gone. */
const forgotten = new FinalizationRegistry<number>((fd) => closeSync(fd));

/**
 * Whether nobody can cut the file short but who may end this program anyway: its user and root. Windows refuses to cut a
 * file that is mapped. A group with the user's own number is the user's alone, where systems make one for each.
 */
function isOurs({ uid, gid, mode }: Stats): boolean {
  if (process.geteuid === undefined) return true;
  const shared = gid === uid ? 0o002 : 0o022;
  return (uid === process.geteuid() || uid === 0) && (mode & shared) === 0;
}

/** `backend` null: mapped where that is safe. */
export function openSource(path: string, backend: 'mmap' | 'pread' | null): Source {
  const { fd, stats } = openRegular(path, (message) => new SafetensorError(message));
  try {
    const source = new ReadingSource(path, fd, stats.size);
    const maps = stats.size > 0 && (backend === null ? isOurs(stats) : backend === 'mmap');
    return maps ? new MappedSource(path, stats, source) : source;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

class ReadingSource implements Source {
  #fd: number | null;

  constructor(
    readonly path: string,
    fd: number,
    readonly size: number,
  ) {
    this.#fd = fd;
    forgotten.register(this, fd, this);
  }

  bytes(position: number, count: number): Buffer {
    const buffer = Buffer.alloc(count);
    for (let at = 0; at < count;) {
      at += readSync(this.#fd!, buffer, at, count - at, position + at) || this.#ended();
    }
    return buffer;
  }

  tensor({ shape, dtype, begin, end }: Entry, position: number): Tensor {
    const { native, aten } = addon;
    const tensor = aten.empty(shape, { dtype: dtype!, device: 'cpu' });
    const [read] = native.readInto(tensor, this.#fd!, position, 0, end - begin, false);
    if (read === end - begin) return tensor;
    tensor.dispose();
    return this.#ended();
  }

  close(): void {
    if (this.#fd === null) return;
    forgotten.unregister(this);
    closeSync(this.#fd);
    this.#fd = null;
  }

  #ended(): never {
    throw new SafetensorError(`'${this.path}' ended while it was read`);
  }
}

/** Maps the file when the first tensor is read. Should the path lead elsewhere by then, it reads what was opened. */
class MappedSource implements Source {
  readonly size: number;
  #whole: Tensor | null = null;

  constructor(
    readonly path: string,
    readonly opened: Stats,
    readonly reading: ReadingSource,
  ) {
    this.size = opened.size;
  }

  bytes(position: number, count: number): Buffer {
    return this.reading.bytes(position, count);
  }

  tensor(entry: Entry, position: number): Tensor {
    this.#whole ??= this.#map();
    if (this.#whole === null) return this.reading.tensor(entry, position);
    const { native, aten, wrap } = addon;
    const { shape, dtype, begin, end } = entry;
    const bytes = wrap(native.storageSlice(this.#whole, position, end - begin)) as Tensor;
    const aligned = position % dtype!.itemsize === 0 ? bytes : aten.clone(bytes);
    const typed = aten.view(aligned, dtype!);
    const tensor = aten.view(typed, shape);
    for (const step of [bytes, aligned, typed]) step.dispose();
    return tensor;
  }

  close(): void {
    this.#whole?.dispose();
    this.reading.close();
  }

  #isThere(): boolean {
    const { dev, ino, size } = statSync(this.path, { throwIfNoEntry: false }) ?? {};
    return dev === this.opened.dev && ino === this.opened.ino && size === this.size;
  }

  #map(): Tensor | null {
    if (!this.#isThere()) return null;
    const { aten, keep } = addon;
    const whole = keep(aten.fromFile(this.path, false, this.size, { dtype: 'uint8' }));
    if (this.#isThere()) {
      this.reading.close();
      return whole;
    }
    whole.dispose();
    return null;
  }
}
