// Loads files of Python with mutations in them, in a process of its own: pt_fuzz.process.test.ts runs this.
// Prints how many were loaded, and how many refused; a mutation that ends otherwise is printed and fails.
import fs from 'node:fs';
import path from 'node:path';
import torch, { Tensor } from 'nodetorch';
import { crc32 } from '../scripts/zip';
import { mutatedProgram, openProgram } from './pt2_mutations';
import { countWork, takeWork } from './work';

const [count, seed] = process.argv.slice(2).map(Number);
const folder = path.join(__dirname, '../fixtures/pt');
const files = fs
  .readdirSync(folder)
  .filter((name) => name.endsWith('.pt'))
  .map((name) => ({ name, bytes: fs.readFileSync(path.join(folder, name)) }));

// mulberry32
let state = seed;
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}

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

function mutate(original: Buffer): Buffer {
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

/** Reads every value: a tensor that lies about its memory would end the process. */
function touch(value: unknown): void {
  if (value instanceof Tensor) {
    if (!value.isMeta && value.layout.name === 'strided' && value.numel() < 1e6)
      value.contiguous().toTypedArray();
  } else if (value instanceof Map) for (const [key, each] of value) [key, each].forEach(touch);
  else if (Array.isArray(value)) value.forEach(touch);
  else if (Object.getPrototypeOf(value ?? 0) === Object.prototype)
    Object.values(value as object).forEach(touch);
}

// Asking what was done takes as long as many mutations, so it is asked once for each batch of them.
const BATCH = 500;
let given = 0;
function checkWork(last: number): void {
  const done = takeWork();
  if (done > 20 * given) {
    console.log(`mutations up to ${last}: ${done} blocks of code for ${given} bytes`);
    process.exit(1);
  }
  given = 0;
}

let loaded = 0;
let refused = 0;
countWork();
for (let i = 0; i < count; i++) {
  const { name, bytes } = files[random(files.length)];
  const mutation = mutate(bytes);
  given += mutation.length + 1000;
  try {
    touch(
      torch.load(mutation, {
        weightsOnly: i % 4 !== 0,
        checkCrc: i % 2 === 0,
        mapLocation: i % 3 === 0 ? 'cpu' : null,
        objects: i % 5 === 0,
      }),
    );
    loaded++;
  } catch (error) {
    const known =
      error instanceof torch.serialization.UnpicklingError ||
      (error instanceof torch.TorchError && /deserialize|restore data location/.test(error.message));
    if (!known) {
      console.log(`mutation ${i} of ${name}: ${error instanceof Error ? error.stack : String(error)}`);
      process.exit(1);
    }
    refused++;
  }
  if (i % BATCH === BATCH - 1) checkWork(i);
}

let opened = 0;
for (let i = 0; i < count / 8; i++) {
  const { name, bytes } = mutatedProgram(random);
  try {
    openProgram(bytes);
    opened++;
  } catch (error) {
    if (error instanceof torch.TorchError) continue;
    console.log(`mutation ${i} of program ${name}: ${error instanceof Error ? error.stack : String(error)}`);
    process.exit(1);
  }
}
const { rss } = process.memoryUsage();
console.log(JSON.stringify({ loaded, refused, opened, rss }));
