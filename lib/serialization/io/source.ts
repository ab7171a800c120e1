// Where the bytes of a file are, and reading them in order.
import { TorchTypeError } from '../../core/errors';
import * as fs from 'node:fs';
import type { Tensor } from '../../tensor';
import { addon } from '../addon';
import { openRegular } from './regular';
import { damaged } from './errors';

/** Positions count from the start of the file. */
export interface Source {
  readonly size: number;
  /** Of a file. */
  readonly path?: string;
  /** A part of the file, all of it there. */
  read(position: number, count: number): Buffer;
  /** A uint8 tensor of a part of the file; throws where `check` does not hold. */
  tensor(position: number, count: number, check?: Checksum): Tensor;
  close(): void;
}

/** Of a part of a file. A mapped one is not held against it: that would read all of it. */
export interface Checksum {
  readonly crc: number;
  mismatch(): Error;
}

function within(size: number, position: number, count: number): void {
  if (!(position >= 0 && count >= 0 && position + count <= size)) {
    throw damaged(`${count} bytes at ${position} are missing: the file has ${size}`);
  }
}

const emptyBytes = (count: number): Tensor => addon.aten.empty([count], { dtype: 'uint8', device: 'cpu' });

/** Reads what is asked for; with `mmap`, tensors are part of a private mapping of the whole file. */
export function fileSource(path: string, mmap: boolean): Source {
  const { fd, stats } = openRegular(path, (message) => new TorchTypeError(`torch.load(): ${message}`));
  const { size } = stats;
  let whole: Tensor | null = null;
  try {
    if (mmap && size > 0) whole = addon.keep(addon.aten.fromFile(path, false, size, { dtype: 'uint8' }));
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
  return {
    size,
    path,
    read(position, count) {
      within(size, position, count);
      const buffer = Buffer.alloc(count);
      for (let at = 0; at < count;) {
        const read = fs.readSync(fd, buffer, at, Math.min(count - at, 2 ** 30), position + at);
        if (read === 0) throw damaged('it ended while it was read');
        at += read;
      }
      return buffer;
    },
    tensor(position, count, check) {
      within(size, position, count);
      if (whole) return addon.wrap(addon.native.storageSlice(whole, position, count)) as Tensor;
      const tensor = emptyBytes(count);
      const [read, crc] = addon.native.readInto(tensor, fd, position, 0, count, check !== undefined);
      if (read !== count) throw damaged('it ended while it was read');
      if (check && crc !== check.crc) throw check.mismatch();
      return tensor;
    },
    close() {
      whole?.dispose();
      fs.closeSync(fd);
    },
  };
}

export function bytesSource(data: Uint8Array): Source {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return {
    size: bytes.length,
    read(position, count) {
      within(bytes.length, position, count);
      return bytes.subarray(position, position + count);
    },
    tensor(position, count, check) {
      within(bytes.length, position, count);
      const tensor = bytesTensor(bytes.subarray(position, position + count));
      if (check && addon.native.crc32(tensor, 0, count, 0) !== check.crc) throw check.mismatch();
      return tensor;
    },
    close: () => {},
  };
}

/** A uint8 tensor of a copy of the bytes. */
export function bytesTensor(bytes: Uint8Array): Tensor {
  const { buffer, byteOffset, length } = bytes;
  const plain = new Uint8Array(buffer, byteOffset, length);
  return length === 0
    ? emptyBytes(0)
    : addon.newResult((holder) => addon.native.fromBytes(plain, [length], 'uint8', holder));
}

const WINDOW = 2 ** 18;

/** Reads a part of a source from front to back. */
export class Reader {
  #window: Buffer = Buffer.alloc(0);
  #start = 0; // where the window is
  #at = 0; // within the window

  constructor(
    private readonly source: Source,
    position = 0,
    private readonly end = source.size,
  ) {
    this.#start = position;
  }

  get position(): number {
    return this.#start + this.#at;
  }

  byte(): number {
    if (this.#at >= this.#window.length) this.#fill(1);
    return this.#window[this.#at++];
  }
  /** The next bytes: valid until the next call. */
  bytes(count: number): Buffer {
    if (this.#at + count > this.#window.length) this.#fill(count);
    return this.#window.subarray(this.#at, (this.#at += count));
  }
  /** Up to a newline, which is left out. */
  line(): string {
    for (let length = 64; ; length *= 2) {
      const most = Math.min(length, this.end - this.position);
      if (this.#at + most > this.#window.length) this.#fill(most);
      const end = this.#window.subarray(this.#at, this.#at + most).indexOf(10);
      if (end >= 0) {
        const text = this.#window.toString('utf8', this.#at, this.#at + end);
        this.#at += end + 1;
        return text;
      }
      if (most < length || length > 2 ** 16) throw damaged('a line does not end');
    }
  }

  #fill(count: number): void {
    const { position } = this;
    const left = this.end - position;
    if (count > left)
      throw damaged(`its pickle ends too early: ${count} more bytes are expected, ${left} left`);
    this.#window = this.source.read(position, Math.min(left, Math.max(count, WINDOW)));
    this.#start = position;
    this.#at = 0;
  }
}
