// numpy's files, both ways: numpy.json has what numpy wrote.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import torch, { TorchError, type Tensor } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from './numpy.json';

const { io } = torch;
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const folder = mkdtempSync(join(tmpdir(), 'nodetorch-numpy-'));
afterAll(() => rmSync(folder, { recursive: true }));

const arrays = Object.entries(fixture.arrays) as [
  string,
  { file: string; values: string[]; shape: number[] },
][];
const numberOf = (text: string): number =>
  text === 'True' ? 1 : Number(text.replace(/^\((.*)\+0j\)$/, '$1'));
const numbersOf = (x: Tensor): unknown => (x.isComplex() ? x.real : x).double().flatten().tolist();

test.each(arrays)('reads %s', (_, { file, values, shape }) => {
  const x = io.loadNpy(bytesOf(file));
  expect([...x.shape]).toEqual(shape);
  expect(numbersOf(x)).toEqual(values.map(numberOf));
});

test.each(arrays)('writes %s', (name, { file }) => {
  const { file: little } = name.startsWith('>') ? fixture.arrays[`<${name.slice(1)}` as '<i4'] : { file };
  expect(hexOf(io.saveNpy(io.loadNpy(bytesOf(file))))).toBe(little);
});

test("Fortran's order stays as it lies in memory", () => {
  expect(io.loadNpy(bytesOf(fixture.arrays.fortran.file)).stride()).toEqual([1, 2]);
  expect(io.loadNpy(bytesOf(fixture.arrays['fortran of three'].file)).stride()).toEqual([1, 2, 6]);
});

test.each(Object.entries(fixture.versions))('reads version %s', (_, file) => {
  expect(io.loadNpy(bytesOf(file)).tolist()).toEqual([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
});

test.each([
  ['text', /^TypeError: .*a tensor cannot hold numpy's '<U2'/],
  ['bytes', /^TypeError: .*a tensor cannot hold numpy's '\|S2'/],
  ['objects', /^ValueError: .*Object arrays cannot be loaded/],
  ['records', /^TypeError: .*records of several fields/],
  ['dates', /^TypeError: .*a tensor cannot hold numpy's '<M8\[D\]'/],
])('refuses %s', (name, message) => {
  const file = fixture.refused[name as 'text'];
  expect(classAndMessage(() => io.loadNpy(bytesOf(file)))).toMatch(message);
});

test('refuses what numpy does not have', () => {
  expect(() => io.saveNpy(torch.ones([2], { dtype: 'bfloat16' }))).toThrow(/numpy has no such dtype/);
  expect(() => io.saveNpy(torch.eye(2).toSparse())).toThrow(/write x\.toDense\(\)/);
});

test('files, in memory or not, and nothing left beside them', () => {
  const file = join(folder, 'x.npy');
  const x = torch.arange(12).reshape([3, 4]).double();
  io.saveNpy(x.T, file);
  for (const mmap of [false, true]) expect(io.loadNpy(file, { mmap }).equal(x.T)).toBe(true);
  expect(readdirSync(folder)).toEqual(['x.npy']);
  // As older programs write it: numbers at no multiple of their size.
  const odd = Buffer.concat([bytesOf(fixture.arrays.one.file).subarray(0, 128)]);
  const short = Buffer.from(odd.toString('latin1').replace(/ {60}/, ' '.repeat(59)), 'latin1');
  short.writeUInt16LE(117, 8);
  writeFileSync(file, Buffer.concat([short, bytesOf(fixture.arrays.one.file).subarray(128)]));
  for (const mmap of [false, true]) expect(io.loadNpy(file, { mmap }).tolist()).toEqual([0, 1, 2, 3, 4]);
});

test('a tensor with a graph, a conjugated one and a part of one are written as they look', () => {
  const z = torch.tensor([new torch.Complex(1, 2), new torch.Complex(3, -4)]);
  expect(io.loadNpy(io.saveNpy(z.conj())).equal(z.conj().resolveConj())).toBe(true);
  const x = torch.arange(6).float().requiresGrad_();
  expect(io.loadNpy(io.saveNpy(x.at('::2'))).tolist()).toEqual([0, 2, 4]);
});

test.each(Object.entries(fixture.zips))('reads a %s archive', (_, file) => {
  const found = io.loadNpz(bytesOf(file));
  expect([...found.keys()]).toEqual(['x', 'y', 'z']);
  expect(found.get('x')!.tolist()).toEqual([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
  expect([...found.get('z')!.shape]).toEqual([5000]);
  expect([...io.loadNpz(bytesOf(file), { names: ['y'] })].map(([name, y]) => [name, y.tolist()])).toEqual([
    ['y', [0, 1, 2]],
  ]);
  expect(() => io.loadNpz(bytesOf(file), { names: ['w'] })).toThrow(/w is not a file in the archive/);
});

test('writes an archive', () => {
  const file = join(folder, 'x.npz');
  const tensors = { x: torch.tensor([[1, 2], [3, 4]]).T, 'a/b': torch.tensor(true), none: torch.empty([0]) }; // prettier-ignore
  io.saveNpz(tensors, file);
  expect(hexOf(io.saveNpz(new Map(Object.entries(tensors))))).toBe(readFileSync(file, 'hex'));
  const found = Object.fromEntries(io.loadNpz(file)) as typeof tensors;
  expect(Object.keys(found)).toEqual(Object.keys(tensors));
  for (const name of ['x', 'a/b', 'none'] as const) expect(found[name].equal(tensors[name])).toBe(true);
  expect(() => io.saveNpz({ x: 1 as never })).toThrow(/saveNpz: 'x'\(\): argument 'tensor'/);
});

// Of a generator of our own: the same damage each time.
function* damage(file: Uint8Array, head: number, count: number): Generator<Uint8Array> {
  let state = 1;
  const random = (below: number): number => (state = (state * 48271) % 2147483647) % below;
  for (let i = 0; i < count; i++) {
    const bytes = file.slice(0, random(8) === 0 ? random(file.length) : file.length);
    for (let k = random(4); k >= 0 && bytes.length > 0; k--)
      bytes[random(Math.min(head, bytes.length))] = random(3) === 0 ? random(256) : 32 + random(96);
    yield bytes;
  }
}

test.each([
  ['.npy', bytesOf(fixture.arrays.fortran.file), 90, (bytes: Uint8Array) => io.loadNpy(bytes)],
  ['.npz', bytesOf(fixture.zips.packed), 5000, (bytes: Uint8Array) => io.loadNpz(bytes)],
])('a damaged %s gives an error or a tensor', (_, file, head, load) => {
  let errors = 0;
  for (const bytes of damage(file, head, 1500)) {
    try {
      load(bytes);
    } catch (error) {
      if (!(error instanceof TorchError)) throw error;
      errors++;
    }
  }
  expect(errors).toBeGreaterThan(500);
});

test.each([
  [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740991, 9007199254740991), }",
    /are no array/,
  ],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", /its header is damaged/],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1, }", /its header is damaged/],
  ["{'descr': '<f4', 'fortran_order': 1, 'shape': (2, 3), }", /its header is damaged/],
  ["{'descr': __import__('os'), 'fortran_order': False, 'shape': (2, 3), }", /its header is damaged/],
  [`${'('.repeat(60)}${')'.repeat(60)}`, /its header is damaged/],
  ["{'descr': '<f16', 'fortran_order': False, 'shape': (1,), }", /cannot hold numpy's '<f16'/],
])('refuses the header %s', (text, message) => {
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(text.length, 8);
  const file = Buffer.concat([head, Buffer.from(text, 'latin1'), Buffer.alloc(64)]);
  expect(() => io.loadNpy(new Uint8Array(file))).toThrow(message);
});
