// Mutations of .pt files.
import { random } from '../export/fuzz/random';
import { crc32 } from '../scripts/zip';

const extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const opcodes = Buffer.from(
  '(.0125)BCGJKMNQRTUX]abcehjqrstu}\x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x93\x94',
  'latin1',
);

/** Where the pickle of a file lies: most mutations of the rest only change a checksum. */
function pickleOf(bytes: Buffer): [start: number, length: number] {
  if (bytes.readUInt32LE(0) !== 0x04034b50) return [0, Math.min(bytes.length, 4000)];
  const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  const end = bytes.indexOf('PK\x07\x08', start, 'latin1');
  return [start, (end < 0 ? bytes.length : end) - start];
}

function mutateAt(bytes: Buffer, at: number): void {
  const kind = random(5);
  if (kind === 0) bytes[at] ^= 1 << random(8);
  else if (kind === 1) bytes[at] = random(256);
  else if (kind === 2) bytes[at] = opcodes[random(opcodes.length)];
  else if (kind === 3 && at + 4 <= bytes.length) bytes.writeUInt32LE(extremes[random(extremes.length)], at);
  else bytes.copyWithin(at, random(bytes.length), random(bytes.length));
}

// The checksum of the pickle, so that what is in it is seen.
function repair(bytes: Buffer, start: number, length: number): void {
  const crc = crc32(bytes.subarray(start, start + length));
  if (start + length + 8 <= bytes.length) bytes.writeUInt32LE(crc, start + length + 4);
  const central = bytes.indexOf('PK\x01\x02', start, 'latin1');
  if (central >= 0 && central + 20 <= bytes.length) bytes.writeUInt32LE(crc, central + 16);
}

/** A file with mutations, most of them in its pickle. */
export function mutate(original: Buffer): Buffer {
  const kind = random(10);
  if (kind === 0) return original.subarray(0, random(original.length));
  const bytes = Buffer.from(original);
  const [start, length] = pickleOf(original);
  const times = 1 + random(3);
  if (kind === 1) for (let i = 0; i < times; i++) mutateAt(bytes, random(bytes.length));
  else if (kind === 2)
    for (let i = 0; i < times; i++) mutateAt(bytes, bytes.length - 1 - random(Math.min(400, bytes.length)));
  else {
    for (let i = 0; i < times; i++) mutateAt(bytes, start + random(length));
    if (start > 0) repair(bytes, start, length);
  }
  return bytes;
}
