// Writes records as PyTorch lays them out: unpacked, each at a multiple of 64 bytes, its size behind it.
// A writer of our own since libraries neither align records nor take them from memory that is not
// JavaScript's.
import { createHash } from 'node:crypto';
import { native } from '../../native';
import type { Tensor } from '../../tensor';
import type { Sink } from './sink';
import { bytesTensor } from './source';

export const ALIGNMENT = 64;
const MAX32 = 0xffffffff;
const FLAGS = 0x0808; // names are UTF-8; checksum and sizes follow the record
const FLAGS_EMPTY = 0x0800;
const PIECE = 2 ** 20; // stays in the cache between checksum and file

interface Written {
  readonly name: Buffer;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
}

/** Records in their order; nothing in the file depends on its name, the time or the machine. */
export class ZipWriter {
  readonly #written: Written[] = [];
  #at = 0;

  constructor(
    private readonly sink: Sink,
    private readonly folder = 'archive/',
  ) {}

  /** A record of text or bytes. */
  write(name: string, bytes: Uint8Array | string): void {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
    const tensor = bytesTensor(data);
    this.writeTensor(name, tensor);
    tensor.dispose();
  }

  /** A record of a contiguous uint8 tensor on the CPU. */
  writeTensor(name: string, tensor: Tensor): void {
    const size = tensor.numel();
    const path = Buffer.from(`${this.folder}${name}`, 'utf8');
    const offset = this.#at;
    this.#put(localHeader(path, offset, size));
    let crc = 0;
    for (let at = 0; at < size; at += PIECE) {
      const count = Math.min(PIECE, size - at);
      crc = native.crc32(tensor, at, count, crc);
      this.sink.tensor(tensor, at, count, this.#at + at);
    }
    this.#at += size;
    if (size > 0) this.#put(descriptor(crc, size, isLarge(offset, size)));
    this.#written.push({ name: path, offset, size, crc });
  }

  /** What is in the file, as 40 digits: PyTorch's `serialization_id`. */
  serializationId(): string {
    const names = createHash('sha256');
    const contents = createHash('sha256');
    for (const { name, crc, size } of this.#written) {
      names.update(name).update('\0');
      contents.update(`${crc} ${size}\n`);
    }
    const digits = (hash: Buffer): string => hash.readBigUInt64LE(0).toString().padStart(20, '0');
    return digits(names.digest()) + digits(contents.digest());
  }

  /** The directory. */
  end(): void {
    const start = this.#at;
    for (const entry of this.#written) this.#put(centralHeader(entry));
    this.#put(endOfDirectory(this.#written.length, start, this.#at - start));
  }

  #put(bytes: Buffer): void {
    this.sink.bytes(bytes, this.#at);
    this.#at += bytes.length;
  }
}

const isLarge = (offset: number, size: number): boolean => offset >= MAX32 || size >= MAX32;

/** The zip64 field: what 32 bits cannot hold. */
function largeField(offset: number, size: number): Buffer {
  if (!isLarge(offset, size)) return Buffer.alloc(0);
  const values = [...(size >= MAX32 ? [size, size] : []), ...(offset >= MAX32 ? [offset] : [])];
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, i) => field.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
  return field;
}

function localHeader(name: Buffer, offset: number, size: number): Buffer {
  const large = largeField(offset, size);
  const before = 30 + name.length + large.length + 4;
  const padding = (ALIGNMENT - ((offset + before) % ALIGNMENT)) % ALIGNMENT;
  const header = Buffer.alloc(before + padding, 'Z');
  header.fill(0, 0, 30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(size > 0 ? FLAGS : FLAGS_EMPTY, 6);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(large.length + 4 + padding, 28);
  name.copy(header, 30);
  large.copy(header, 30 + name.length);
  header.write('FB', before - 4, 'latin1');
  header.writeUInt16LE(padding, before - 2);
  return header;
}

function descriptor(crc: number, size: number, large: boolean): Buffer {
  const bytes = Buffer.alloc(large ? 24 : 16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(crc, 4);
  if (large) {
    bytes.writeBigUInt64LE(BigInt(size), 8);
    bytes.writeBigUInt64LE(BigInt(size), 16);
  } else {
    bytes.writeUInt32LE(size, 8);
    bytes.writeUInt32LE(size, 12);
  }
  return bytes;
}

function centralHeader({ name, offset, size, crc }: Written): Buffer {
  const large = largeField(offset, size);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(size > 0 ? FLAGS : FLAGS_EMPTY, 8);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(Math.min(size, MAX32), 20);
  header.writeUInt32LE(Math.min(size, MAX32), 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(large.length, 30);
  header.writeUInt32LE(Math.min(offset, MAX32), 42);
  return Buffer.concat([header, name, large]);
}

// Always with its 64-bit form, as PyTorch writes it.
function endOfDirectory(count: number, offset: number, size: number): Buffer {
  const end = Buffer.alloc(56 + 20 + 22);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(0x031e, 12);
  end.writeUInt16LE(45, 14);
  end.writeBigUInt64LE(BigInt(count), 24);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(size), 40);
  end.writeBigUInt64LE(BigInt(offset), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(offset + size), 64);
  end.writeUInt32LE(1, 72);
  end.writeUInt32LE(0x06054b50, 76);
  end.writeUInt16LE(Math.min(count, 0xffff), 84);
  end.writeUInt16LE(Math.min(count, 0xffff), 86);
  end.writeUInt32LE(Math.min(size, MAX32), 88);
  end.writeUInt32LE(Math.min(offset, MAX32), 92);
  return end;
}
