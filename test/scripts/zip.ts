// A small writer of zip files, sound and unsound, for the tests of the unpacker.
import zlib from 'node:zlib';

export interface Entry {
  name: string;
  data: Buffer | string;
  /** Unix mode, as a symbolic link's 0o120777. */
  mode?: number;
  stored?: boolean;
  /** Sizes and offset in the zip64 field, as if they did not fit. */
  zip64?: boolean;
  flags?: number;
  method?: number;
  crc?: number;
  /** What the entry claims to unpack to. */
  claims?: number;
}

export const crc32 = (data: Buffer): number => zlib.crc32(data);

function zip64Field(...values: number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, i) => field.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
  return field;
}

function end(count: number, length: number, offset: number, zip64: boolean, comment: string): Buffer {
  const tail = Buffer.alloc(22 + comment.length);
  tail.writeUInt32LE(0x06054b50, 0);
  tail.writeUInt16LE(zip64 ? 0xffff : count, 8);
  tail.writeUInt16LE(zip64 ? 0xffff : count, 10);
  tail.writeUInt32LE(zip64 ? 0xffffffff : length, 12);
  tail.writeUInt32LE(zip64 ? 0xffffffff : offset, 16);
  tail.writeUInt16LE(comment.length, 20);
  tail.write(comment, 22);
  if (!zip64) return tail;
  const wide = Buffer.alloc(56);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  wide.writeBigUInt64LE(BigInt(count), 24);
  wide.writeBigUInt64LE(BigInt(count), 32);
  wide.writeBigUInt64LE(BigInt(length), 40);
  wide.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([wide, locator, tail]);
}

export function zip(entries: Entry[], { zip64 = false, comment = '' } = {}): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const data = Buffer.from(entry.data);
    const packed = entry.stored ? data : zlib.deflateRawSync(data);
    const name = Buffer.from(entry.name);
    const size = entry.claims ?? data.length;
    const method = entry.method ?? (entry.stored ? 0 : 8);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE((3 << 8) | 45, 4);
    central.writeUInt16LE(entry.flags ?? 0, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(entry.crc ?? crc32(data), 16);
    central.writeUInt32LE(entry.zip64 ? 0xffffffff : packed.length, 20);
    central.writeUInt32LE(entry.zip64 ? 0xffffffff : size, 24);
    const extra = entry.zip64 ? zip64Field(size, packed.length, offset) : Buffer.alloc(0);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(entry.zip64 ? 0xffffffff : offset, 42);
    bodies.push(local, name, packed);
    directory.push(central, name, extra);
    offset += 30 + name.length + packed.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...bodies, central, end(entries.length, central.length, offset, zip64, comment)]);
}
