// .safetensors: files of Python's package in, the same bytes out, and what is refused.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { safetensors, type Tensor } from 'nodetorch';
import fixture from '../fixtures/safetensors.json';

const python = path.join(__dirname, '../fixtures/safetensors.safetensors');
const hex = (t: Tensor) => Buffer.from(t.toTypedArray().buffer as ArrayBuffer).toString('hex');
let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'safetensors-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function file(header: string | object, data = 0): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([head, json, Buffer.alloc(data)]);
}
const f32 = (shape: number[], data_offsets: number[]) => ({ dtype: 'F32', shape, data_offsets });

describe('a file of Python', () => {
  it.each(fixture.tensors)('holds $name', ({ name, dtype, shape, hex: bytes }) => {
    const tensor = safetensors.loadFile(python).get(name)!;
    expect([tensor.dtype.name, tensor.shape, hex(tensor)]).toEqual([dtype, shape, bytes]);
  });
  it('is written again byte for byte', () => {
    const target = path.join(folder, 'again');
    safetensors.saveFile(safetensors.loadFile(python), target, { metadata: { format: 'pt' } });
    expect(readFileSync(target).equals(readFileSync(python))).toBe(true);
    expect(readdirSync(folder)).toEqual(['again']);
  });
});

it('writes strided tensors in row-major order, from a record', () => {
  const x = torch.arange(6).view([2, 3]);
  const back = safetensors.load(safetensors.save({ x: x.t() }));
  expect(back.get('x')!.tolist()).toEqual([[0, 3], [1, 4], [2, 5]]); // prettier-ignore
});

it('refuses tensors that share memory, and takes parts of one storage', () => {
  const x = torch.zeros([4]);
  expect(() => safetensors.save({ x, y: x.view([2, 2]) })).toThrow(/'[xy]' and '[xy]' share memory/);
  const [a, b] = x.split(2);
  expect(safetensors.load(safetensors.save({ a, b })).size).toBe(2);
});

it('leaves the old file when a save fails', () => {
  const target = path.join(folder, 'old');
  writeFileSync(target, 'old');
  expect(() => safetensors.saveFile({ x: torch.zeros([1], { dtype: 'complex128' }) }, target)).toThrow(
    /complex128/,
  );
  expect(readFileSync(target, 'utf8')).toBe('old');
});

it.each([
  ['too small', new Uint8Array(3), /header too small/],
  ['header too large', new Uint8Array(8).fill(255), /header too large/],
  ['truncated header', file('{}').subarray(0, 9), /invalid header length/],
  ['bad JSON', file('{'), /invalid header/],
  ['not an object', file('[]'), /must start with/],
  [
    'duplicate key',
    file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0061":1}', 4),
    /duplicate key 'a'/,
  ],
  ['unknown dtype', file({ a: { dtype: 'F7', shape: [], data_offsets: [0, 4] } }, 4), /unknown dtype "F7"/],
  ['wrong size', file({ a: f32([2], [0, 4]) }, 4), /do not fit/],
  ['overflow', file({ a: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4), /overflows/],
  ['negative size', file({ a: f32([-1], [0, 4]) }, 4), /array of sizes/],
  ['overlap', file({ a: f32([1], [0, 4]), b: f32([1], [0, 4]) }, 4), /overlaps/],
  ['hole', file({ a: f32([1], [4, 8]) }, 8), /hole/],
  ['truncated data', file({ a: f32([2], [0, 8]) }, 4), /incomplete file/],
  ['data left over', file({ a: f32([1], [0, 4]) }, 8), /incomplete file/],
  ['null entry', file({ a: null }), /unknown dtype/],
  ['bad metadata', file({ __metadata__: { a: 1 } }), /metadata must map/],
])('refuses a file: %s', (_, bytes, message) => {
  expect(() => safetensors.load(bytes)).toThrow(message);
});
