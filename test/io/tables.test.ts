// Tables and images: files/ has what pyarrow and Pillow wrote (files.py).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import torch from 'nodetorch';
import { peer } from '../../lib/io/peer';

const { io } = torch;
const folder = mkdtempSync(join(tmpdir(), 'nodetorch-io-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fixed = (name: string): string => join(__dirname, 'files', name);

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
/** Each column as its dtype and values, or as it is. */
const shown = (table: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(table).map(([name, column]: [string, unknown]) => [
      name,
      torch.isTensor(column) ? [column.dtype.name, column.tolist()] : column,
    ]),
  );
async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

test('a package that is not installed is asked for by its name', () => {
  expect(() => peer('@nodetorch/no-such/part', 'torch.io.readIt')).toThrow(
    'torch.io.readIt() needs the package @nodetorch/no-such: npm install @nodetorch/no-such',
  );
});

describe('CSV', () => {
  const text = '\uFEFFid,x,name,half\n1,0.5,a,1\n2,,"b,\n""c""",\n\n3,-1e3,,2\n';

  test('columns', async () => {
    expect(shown(await io.readCsv(written('a.csv', text)))).toEqual({
      id: ['int64', [1, 2, 3]],
      x: ['float32', [0.5, NaN, -1000]],
      name: ['a', 'b,\n"c"', ''],
      half: ['float32', [1, NaN, 2]],
    });
  });
  test('columns of dtypes that are asked for', async () => {
    const file = written('b.csv', 'a;b\n1;7\n2;8\n');
    const table = await io.readCsv(file, { delimiter: ';', dtypes: { a: 'float64', b: torch.int8 } });
    expect(shown(table)).toEqual({ a: ['float64', [1, 2]], b: ['int8', [7, 8]] });
    const wrong = io.readCsv(written('c.csv', 'a\n1\nx\n'), { dtypes: { a: 'float32' } });
    await expect(wrong).rejects.toThrow("readCsv(): column 'a' has 'x', which is no number");
  });
  test('rows', async () => {
    const file = written('d.csv', '1,2\n3,4\n');
    expect(await all(io.csvRows(pathToFileURL(file), { header: ['a', 'b'] }))).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ]);
    expect(await all(io.csvRows(file, { header: false }))).toEqual([
      { 0: '1', 1: '2' },
      { 0: '3', 1: '4' },
    ]);
    for await (const row of io.csvRows(file)) {
      expect(row).toEqual({ 1: '3', 2: '4' });
      break;
    }
  });
  test('what is no CSV', async () => {
    await expect(all(io.csvRows(written('e.csv', 'a,b\n1\n')))).rejects.toThrow(/csvRows\(\): '.*e.csv': /);
    await expect(all(io.csvRows(join(folder, 'none.csv')))).rejects.toThrow(/ENOENT/);
    expect(() => io.readCsv(1 as never)).toThrow("argument 'file' must be a path");
  });
});

describe('JSON lines', () => {
  test('columns', async () => {
    const lines = ['{"x":1,"v":[1,2],"t":true,"s":"a"}', '', '{"x":null,"v":[3,4],"t":false,"n":2}'];
    expect(shown(await io.readJsonLines(written('a.jsonl', lines.join('\r\n'))))).toEqual({
      x: ['float32', [1, NaN]],
      v: ['float32', [[1, 2], [3, 4]]], // prettier-ignore
      t: ['bool', [true, false]],
      s: ['a', null],
      n: ['float32', [NaN, 2]],
    });
  });
  test('rows, and the number of a line that is wrong', async () => {
    expect(await all(io.jsonLines(written('b.jsonl', '[1]\n"a"\n')))).toEqual([[1], 'a']);
    await expect(all(io.jsonLines(written('c.jsonl', '1\n\n{'))) as Promise<unknown>).rejects.toThrow(
      /^jsonLines\(\): '.*c.jsonl', line 3: /,
    );
    await expect(io.readJsonLines(written('d.jsonl', '1\n'))).rejects.toThrow(/a line that is no object/);
  });
});

const halves = [0, 0.5, 1, 1.5, 2, 2.5, 3];
const columns = {
  f32: ['float32', halves],
  f64: ['float64', [0.5, NaN, 1.5, 2.5, NaN, 3.5, 4.5]],
  i32: ['int32', [0, 1, 2, 3, 4, 5, 6]],
  i64: ['int64', [2n ** 53n + 1n, 1, 2, 3, 4, 5, 6]],
  flag: ['bool', [true, false, true, false, true, false, true]],
  text: ['a', 'bc', 'a', null, 'ü', '', 'f'],
};

describe('Parquet', () => {
  test('columns', async () => {
    const { holes, ...table } = await io.readParquet(fixed('table.parquet'));
    expect(shown(table)).toEqual(columns);
    expect(shown({ holes }).holes).toEqual([1, null, 3, 4, 5, 6, 7]);
  });
  test('row groups, of the columns that are asked for', async () => {
    const batches = await all(
      io.parquetBatches(pathToFileURL(fixed('table.parquet')), { columns: ['i32', 'f32'] }),
    );
    expect(batches.map(shown)).toEqual([
      { i32: ['int32', [0, 1, 2, 3]], f32: ['float32', halves.slice(0, 4)] },
      { i32: ['int32', [4, 5, 6]], f32: ['float32', halves.slice(4)] },
    ]);
  });
  test('what cannot be read', async () => {
    await expect(io.readParquet(fixed('table.parquet'), { columns: ['x'] })).rejects.toThrow(/no column 'x'/);
    await expect(io.readParquet(fixed('rgb.png'))).rejects.toThrow(/cannot be read: parquet file invalid/);
    await expect(io.readParquet(fixed('zstd.parquet'))).rejects.toThrow('npm install hyparquet-compressors');
  });
});

describe('Arrow', () => {
  const wide = {
    ...columns,
    f64: ['float64', [0.5, NaN, 1.5, 2.5, NaN, 3.5, 4.5]],
    vectors: ['float32', Array.from({ length: 7 }, (_, i) => [2 * i, 2 * i + 1])],
    halves: ['float16', [0, 1, 2, 3, 4, 5, 6]],
  };

  test.each(['table.arrow', 'stream.arrow'])('columns of %s', (name) => {
    const { holes, ...table } = io.readArrow(fixed(name), { columns: null });
    // A float64 column with gaps comes as numbers: their dtype is the default one.
    expect(shown(table)).toEqual({ ...wide, f64: ['float32', wide.f64[1]] });
    expect(shown({ holes }).holes).toEqual(['float32', [1, NaN, 3, 4, 5, 6, 7]]);
  });
  test('no copy of what lies in one piece', () => {
    const bytes = new Uint8Array(readFileSync(fixed('stream.arrow')));
    const { f32 } = io.readArrow(bytes, { columns: ['f32'] });
    const before = Buffer.from(bytes);
    (f32 as torch.Tensor).fill_(7);
    expect(before.equals(bytes)).toBe(false);
  });
  test("a table of the library's, and what is none", () => {
    const { tableFromArrays } = peer<{ tableFromArrays(arrays: object): object }>('apache-arrow', 'test');
    const table = tableFromArrays({ a: new Int16Array([1, 2]), b: ['x', 'y'] });
    expect(shown(io.readArrow(table as never))).toEqual({ a: ['int16', [1, 2]], b: ['x', 'y'] });
    expect(() => io.readArrow(fixed('rgb.png'))).toThrow(/^readArrow\(\): it is no table of Arrow/);
    expect(() => io.readArrow(table as never, { columns: ['c'] })).toThrow(/no column 'c': there are a, b/);
    expect(() => io.readArrow(1 as never)).toThrow(/argument 'source'/);
  });
});

describe('images', () => {
  const pixel = (i: number, j: number, c: number): number => (3 * (18 * i + 3 * j + c)) % 256;
  const channel = (c: number) =>
    Array.from({ length: 4 }, (_, i) => Array.from({ length: 6 }, (_, j) => pixel(i, j, c)));
  const rgb = [0, 1, 2].map(channel);
  const alpha = channel(0).map((row) => row.map((value) => 255 - value));

  test.each([
    ['rgb.png', 'UNCHANGED', rgb],
    ['gray.png', 'UNCHANGED', [channel(0)]],
    ['rgba.png', 'UNCHANGED', [...rgb, alpha]],
    ['rgba.png', 'RGB', rgb],
    ['gray.png', 'RGB', [channel(0), channel(0), channel(0)]],
    ['gray.png', 'GRAY_ALPHA', [channel(0), channel(0).map((row) => row.map(() => 255))]],
  ] as const)('%s in mode %s', async (name, mode, pixels) => {
    const x = await io.readImage(fixed(name), mode);
    expect([x.dtype.name, x.isContiguous()]).toEqual(['uint8', true]);
    expect(x.tolist()).toEqual(pixels);
    expect((await io.decodeImage(new Uint8Array(readFileSync(fixed(name))), { mode })).equal(x)).toBe(true);
  });

  test('turned as the camera says, if it is to be', async () => {
    const x = await io.readImage(fixed('turned.png'));
    const turned = await io.readImage(fixed('turned.png'), { applyExifOrientation: true });
    expect(turned.equal(x.transpose(1, 2).flip([2]))).toBe(true);
  });

  test('resized, cropped, normalized', async () => {
    const options = { resize: 8, centerCrop: [6, 10] } as const;
    expect([...(await io.readImage(fixed('rgb.png'), options)).shape]).toEqual([3, 6, 10]);
    expect([...(await io.readImage(fixed('rgb.png'), { resize: [2, 3] })).shape]).toEqual([3, 2, 3]);
    const cropped = await io.readImage(fixed('rgb.png'), { centerCrop: 2 });
    expect(cropped.tolist()).toEqual(rgb.map((plane) => plane.slice(1, 3).map((row) => row.slice(2, 4))));
    const [mean, std] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]; // prettier-ignore
    const x = await io.readImage(fixed('rgb.png'), { mean, std });
    const column = (values: number[]) => torch.tensor(values).view([-1, 1, 1]);
    expect(x.equal(torch.tensor(rgb).div(255).sub(column(mean)).div(column(std)))).toBe(true);
    expect((await io.readImage(fixed('rgb.png'), { dtype: 'float64' })).max().item()).toBe(213 / 255);
  });

  test('what cannot be read', async () => {
    await expect(io.readImage(fixed('table.arrow'))).rejects.toThrow(/'.*table.arrow' cannot be read/);
    const bytes = new Uint8Array(readFileSync(fixed('rgb.png')));
    await expect(io.decodeImage(bytes.subarray(0, 60))).rejects.toThrow(/the image cannot be read/);
    await expect(io.decodeImage(bytes, { centerCrop: 5 })).rejects.toThrow(/a crop of 5x5 is beyond its 4x6/);
    await expect(io.decodeImage(bytes, { mean: [0, 0] })).rejects.toThrow(/2 numbers of mean or std for 3/);
    await expect(io.decodeImage(bytes, 'CMYK' as 'RGB')).rejects.toThrow(/mode must be one of/);
    await expect(io.decodeImage(bytes, { resize: 0 })).rejects.toThrow(/argument 'resize'/);
    // 20,000 by 20,000: beyond sharp's limit of pixels, without their being there.
    const huge = Buffer.from(bytes);
    huge.writeUInt32BE(20000, 16);
    huge.writeUInt32BE(20000, 20);
    await expect(io.decodeImage(new Uint8Array(huge))).rejects.toThrow(/cannot be read/);
  });
});
