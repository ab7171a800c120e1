// Reads the records of a .pt file: a zip archive whose records lie in it as they are.
// No library does that synchronously, at random, beyond 4 GiB and into memory that is not JavaScript's.
import zlib from 'node:zlib';
import type { Tensor } from '../../tensor';
import { addon } from '../addon';
import { foreignArchive } from '../foreign';
import { type Source, bytesTensor } from './source';
import { damaged } from './errors';

const END = 0x06054b50; // end of the central directory
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

export const isZip = (source: Source): boolean =>
  source.size >= 4 && source.read(0, 4).readUInt32LE(0) === LOCAL;

interface Entry {
  name: string;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
  offset: number;
}

// torch.save compresses nothing. What other programs compressed may grow to INFLATED_ALWAYS bytes in all, or to
// INFLATED_RATIO times the size of the file: a small file must not fill the memory.
const INFLATED_ALWAYS = 2 ** 26;
const INFLATED_RATIO = 100;

/** A .pt file's records, by their names without the folder they are all in; other archives have one `maybe`, or `none`. */
export class ZipReader {
  readonly #entries = new Map<string, Entry>();
  readonly #folder: string;
  #inflated = 0;
  /** What the archive is instead of one of torch.save; null where it may be one. */
  readonly foreign: string | null;

  constructor(
    private readonly source: Source,
    folder: 'needed' | 'maybe' | 'none' = 'needed',
  ) {
    const entries = readDirectory(source);
    if (entries.length === 0) throw damaged('the archive is empty');
    checkPlaces(entries, source.size);
    const slash = entries[0].name.indexOf('/');
    this.foreign = foreignArchive(entries.map(({ name }) => name));
    if (slash <= 0 && folder === 'needed')
      throw damaged(
        `its first record '${shown(entries[0].name)}' is in no folder: it is ${this.foreign ?? 'damaged'}`,
      );
    this.#folder = folder === 'none' ? '' : entries[0].name.slice(0, Math.max(slash + 1, 0));
    for (const entry of entries) {
      if (entry.name.endsWith('/')) continue;
      if (!entry.name.startsWith(this.#folder)) continue;
      const name = entry.name.slice(this.#folder.length);
      if (this.#entries.has(name)) throw damaged(`record '${shown(name)}' is there twice`);
      this.#entries.set(name, entry);
    }
  }

  names(): IterableIterator<string> {
    return this.#entries.keys();
  }
  has(name: string): boolean {
    return this.#entries.has(name);
  }
  /** Bytes of a record. */
  sizeOf(name: string): number {
    return this.#entry(name).size;
  }
  /** Whether the record lies in the file as it is. */
  isStored(name: string): boolean {
    return this.#entry(name).method === 0;
  }

  read(name: string): Buffer {
    const entry = this.#entry(name);
    if (entry.size >= 2 ** 31) throw damaged(`record '${name}' has ${entry.size} bytes`);
    const bytes =
      entry.method === 0 ? this.source.read(this.#start(entry), entry.size) : this.#inflate(entry);
    if (crcOf(bytes) !== entry.crc) throw wrongChecksum(name);
    return bytes;
  }

  /** A part of a record: its checksum is not looked at where it is not packed. */
  part(name: string, position: number, count: number): Buffer {
    const entry = this.#entry(name);
    if (entry.method !== 0) return this.read(name).subarray(position, position + count);
    if (position + count > entry.size) throw damaged(`record '${shown(name)}' ends too early`);
    return this.source.read(this.#start(entry) + position, count);
  }

  /** The record as a uint8 tensor: of its own memory, or of the source's mapping, which is not checked. */
  tensor(name: string, check: boolean): Tensor {
    const entry = this.#entry(name);
    if (entry.method !== 0) return bytesTensor(this.read(name));
    const mismatch = (): Error => wrongChecksum(name);
    return this.source.tensor(
      this.#start(entry),
      entry.size,
      check ? { crc: entry.crc, mismatch } : undefined,
    );
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw damaged(`record '${shown(name)}' is missing`);
    return entry;
  }

  #start({ name, offset, packed }: Entry): number {
    const header = this.source.read(offset, 30);
    const nameLength = header.readUInt16LE(26);
    const start = offset + 30 + nameLength + header.readUInt16LE(28);
    const own = header.readUInt32LE(0) === LOCAL && this.source.read(offset + 30, nameLength).toString();
    if (own !== name || start + packed > this.source.size) {
      throw damaged(`record '${shown(name)}' is not where the directory says`);
    }
    return start;
  }

  #inflate(entry: Entry): Buffer {
    const { name, size, packed } = entry;
    this.#inflated += size;
    if (this.#inflated > Math.max(INFLATED_ALWAYS, INFLATED_RATIO * this.source.size)) {
      throw damaged(`its packed records would take ${this.#inflated} bytes and more`);
    }
    try {
      const bytes = zlib.inflateRawSync(this.source.read(this.#start(entry), packed), {
        maxOutputLength: size || 1,
      });
      if (bytes.length === size) return bytes;
    } catch {
      // Damaged, or longer than it says.
    }
    throw damaged(`record '${shown(name)}' cannot be unpacked`);
  }
}

const shown = (name: string): string => (name.length > 80 ? `${name.slice(0, 80)}...` : name);

const wrongChecksum = (name: string): Error =>
  damaged(`record '${name}' does not have the checksum it should have`);

function crcOf(bytes: Buffer): number {
  if (zlib.crc32) return zlib.crc32(bytes); // since Node 20.15
  const tensor = bytesTensor(bytes);
  const crc = addon.native.crc32(tensor, 0, bytes.length, 0);
  tensor.dispose();
  return crc;
}

function exact(big: bigint): number {
  if (big > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(`a size or offset in it is absurd: ${big}`);
  return Number(big);
}

// At the end of the file, before a comment of up to 64 KiB.
function readDirectory(source: Source): Entry[] {
  const length = Math.min(source.size, 22 + 0xffff);
  const tail = source.read(source.size - length, length);
  let at = length - 22;
  while (at >= 0 && !(tail.readUInt32LE(at) === END && at + 22 + tail.readUInt16LE(at + 20) === length)) at--;
  if (at < 0) throw damaged('it is cut short, or no zip archive: the directory at its end is missing');
  let count = tail.readUInt16LE(at + 10);
  let size = tail.readUInt32LE(at + 12);
  let offset = tail.readUInt32LE(at + 16);
  if (count === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
    const locator = source.size - length + at - 20;
    const pointer = locator >= 0 ? source.read(locator, 20) : null;
    if (pointer?.readUInt32LE(0) === END64_LOCATOR) {
      const end = source.read(exact(pointer.readBigUInt64LE(8)), 56);
      if (end.readUInt32LE(0) !== END64) throw damaged('its zip64 directory is not where it should be');
      count = exact(end.readBigUInt64LE(32));
      size = exact(end.readBigUInt64LE(40));
      offset = exact(end.readBigUInt64LE(48));
    }
  }
  if (offset + size > source.size || count * 46 > size || size >= 2 ** 31) {
    throw damaged(`its directory of ${count} records in ${size} bytes at ${offset} cannot be there`);
  }
  return parseDirectory(source.read(offset, size), count);
}

function parseDirectory(bytes: Buffer, count: number): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; entries.length < count;) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== CENTRAL)
      throw damaged('its directory is damaged');
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const next = extraEnd + bytes.readUInt16LE(at + 32);
    if (next > bytes.length) throw damaged('its directory is damaged');
    const entry = {
      name: bytes.toString('utf8', at + 46, nameEnd),
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    };
    entries.push(checked(widen(entry, bytes.subarray(nameEnd, extraEnd))));
    at = next;
  }
  return entries;
}

// What does not fit into 32 bits is in the extra field, in this order.
function widen(entry: Entry, extra: Buffer): Entry {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      let from = at + 4;
      for (const key of ['size', 'packed', 'offset'] as const) {
        if (entry[key] !== 0xffffffff) continue;
        if (from + 8 > Math.min(end, extra.length))
          throw damaged(`the sizes of '${shown(entry.name)}' are damaged`);
        entry[key] = exact(extra.readBigUInt64LE(from));
        from += 8;
      }
    }
    at = end;
  }
  return entry;
}

function checked(entry: Entry): Entry {
  const { name, flags, method, packed, size } = entry;
  if (flags & 1) throw damaged(`record '${shown(name)}' is encrypted`);
  if (method !== 0 && method !== 8) throw damaged(`record '${shown(name)}' is packed by method ${method}`);
  if (method === 0 && packed !== size) throw damaged(`record '${shown(name)}' has two sizes`);
  return entry;
}

// Records that lie in one another would make a small file a big one.
function checkPlaces(entries: readonly Entry[], size: number): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (entry.offset < end) throw damaged(`record '${shown(entry.name)}' overlaps another`);
    end = entry.offset + 30 + Buffer.byteLength(entry.name) + entry.packed;
    if (end > size) throw damaged(`record '${shown(entry.name)}' goes beyond the end of the file`);
  }
}
