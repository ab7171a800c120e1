// scripts/libtorch/unzip.js: what it unpacks, and what it refuses.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Entry, zip } from './zip';

// eslint-disable-next-line @typescript-eslint/no-require-imports
const { unzip } = require('../../scripts/libtorch/unzip') as {
  unzip(archive: string, folder: string, options?: object): Promise<number>;
};

let folder: string;
const out = () => path.join(folder, 'out');
const read = (name: string) => fs.readFileSync(path.join(out(), name));

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-unzip-'));
  fs.mkdirSync(out());
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function unpack(archive: Buffer | Entry[], options?: object): Promise<number> {
  const file = path.join(folder, 'archive.zip');
  fs.writeFileSync(file, Buffer.isBuffer(archive) ? archive : zip(archive));
  return unzip(file, out(), options);
}

// Repeats, so that it packs well, and is larger than what is read whole.
const large = Buffer.alloc(3 << 20, 'libtorch is large. ');

test('unpacks stored and deflated entries, small and large, and folders', async () => {
  await unpack([
    { name: 'a/', data: '' },
    { name: 'a/empty', data: '' },
    { name: 'a/small', data: 'small' },
    { name: 'a/stored', data: 'stored', stored: true },
    { name: 'b/c/large', data: large },
    { name: 'b/c/large stored', data: large, stored: true },
  ]);
  expect(read('a/empty').length).toBe(0);
  expect(read('a/small').toString()).toBe('small');
  expect(read('a/stored').toString()).toBe('stored');
  expect(read('b/c/large').equals(large)).toBe(true);
  expect(read('b/c/large stored').equals(large)).toBe(true);
});

test('unpacks zip64, with and without a comment at the end', async () => {
  const entries = [
    { name: 'one', data: '1', zip64: true },
    { name: 'large', data: large, zip64: true },
  ];
  await unpack(zip(entries, { zip64: true, comment: 'a comment' }));
  expect(read('one').toString()).toBe('1');
  expect(read('large').equals(large)).toBe(true);
});

test('takes only what is wanted, and tells the sum and the progress', async () => {
  let total = 0;
  let done = 0;
  const count = await unpack(
    [
      { name: 'lib/yes', data: large },
      { name: 'bin/no', data: 'no' },
      { name: 'lib/small', data: '12345' },
    ],
    {
      wanted: (name: string) => name.startsWith('lib/'),
      onTotal: (n: number) => (total = n),
      onBytes: (n: number) => (done += n),
    },
  );
  expect(count).toBe(2);
  expect(fs.existsSync(path.join(out(), 'bin'))).toBe(false);
  expect([total, done]).toEqual([large.length + 5, large.length + 5]);
});

test('keeps the executable bit', async () => {
  await unpack([
    { name: 'program', data: '', mode: 0o100755 },
    { name: 'text', data: '', mode: 0o100644 },
  ]);
  if (process.platform === 'win32') return;
  expect(fs.statSync(path.join(out(), 'program')).mode & 0o777).toBe(0o755);
  expect(fs.statSync(path.join(out(), 'text')).mode & 0o111).toBe(0);
});

test('makes links to neighbours, after all files', async () => {
  await unpack([
    { name: 'lib/libx.so', data: 'libx.so.1', mode: 0o120777 },
    { name: 'lib/libx.so.1', data: 'library' },
  ]);
  expect(fs.readlinkSync(path.join(out(), 'lib/libx.so'))).toBe('libx.so.1');
  expect(read('lib/libx.so').toString()).toBe('library');
});

test.each(['../evil', 'a/../../evil', '/evil', '\\evil', 'C:evil', 'a/./evil', 'nul\0'])(
  'refuses the name %j, and writes nothing at all',
  async (name) => {
    const archive = [
      { name: 'good', data: 'good' },
      { name, data: 'evil' },
    ];
    await expect(unpack(archive)).rejects.toThrow('would land outside the folder');
    expect(fs.readdirSync(out())).toEqual([]);
    expect(fs.readdirSync(folder).sort()).toEqual(['archive.zip', 'out']);
  },
);

test.each(['/etc', '..', '../../x', 'a/b', '.', '\\x'])('refuses a link to %j', async (target) => {
  await expect(unpack([{ name: 'link', data: target, mode: 0o120777 }])).rejects.toThrow(
    'points outside its folder',
  );
});

test('does not write through a link, nor twice to one name', async () => {
  const through = [
    { name: 'a', data: 'b', mode: 0o120777 },
    { name: 'a/file', data: 'x' },
  ];
  await expect(unpack(through)).rejects.toThrow('EEXIST');
  const twice = [
    { name: 'same', data: '1' },
    { name: 'same', data: '2' },
  ];
  await expect(unpack(twice)).rejects.toThrow('EEXIST');
});

test.each<[string, Partial<Entry>]>([
  ['a wrong CRC', { crc: 1 }],
  ['more than it claims', { claims: 3 }],
  ['less than it claims', { claims: 2 << 20 }],
])('refuses an entry with %s', async (_what, wrong) => {
  await expect(unpack([{ name: 'x', data: 'contents', ...wrong }])).rejects.toThrow('x is damaged');
  await expect(unpack([{ name: 'y', data: large, ...wrong }])).rejects.toThrow('y is damaged');
});

test('refuses encrypted entries and methods it does not know', async () => {
  await expect(unpack([{ name: 'x', data: '', flags: 1 }])).rejects.toThrow('x is encrypted');
  await expect(unpack([{ name: 'x', data: '', method: 12 }])).rejects.toThrow('x is packed by method 12');
});

test('refuses an archive that is cut short, wherever that is', async () => {
  const whole = zip([
    { name: 'lib/a', data: 'contents of a' },
    { name: 'lib/b', data: large },
  ]);
  for (let length = 0; length < whole.length; length += 97) {
    fs.rmSync(out(), { recursive: true });
    fs.mkdirSync(out());
    await expect(unpack(whole.subarray(0, length))).rejects.toThrow(/cut short|damaged|not a zip/);
  }
});

test('a damaged byte is an error, never a crash', async () => {
  const whole = zip([{ name: 'lib/a', data: 'contents of a' }], { zip64: true });
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] ^= 0xff;
    fs.rmSync(out(), { recursive: true });
    fs.mkdirSync(out());
    // Some bytes do not matter (dates, attributes): then the contents must be whole.
    const outcome = await unpack(damaged).then(
      () => 'unpacked',
      (error: unknown) => error,
    );
    if (outcome !== 'unpacked') expect(outcome).toBeInstanceOf(Error);
  }
});
