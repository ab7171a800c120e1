// Models in processes of their own: what goes through the memory that both have, and what a process that is broken may do.
// Packages here have no machine code, and fake_child.cjs stands for what would run it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { type Tensor } from 'nodetorch';
import { zip } from '../scripts/zip';
import { mutate, mutateCode, sourceOf } from './fuzz';
import { packages } from './packages';

torch.setNumThreads(1);
let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(tmpdir(), 'isolated-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** One input of `dimensions` open sizes, one output. */
function packageOf(name: string, dimensions: number): string {
  const source = sourceOf(name, dimensions);
  const file = path.join(folder, `${name}${dimensions}.pt2`);
  fs.writeFileSync(
    file,
    zip([{ name: 'm/data/aotinductor/model/x.wrapper.cpp', data: source, stored: true }]),
  );
  return file;
}
function load(fake: string, name = 'Float', dimensions = 1) {
  const execArgv = ['--require', path.join(__dirname, 'fake_child.cjs')];
  const item = String(torch.empty([0], { dtype: dtypes[name] as 'float32' }).elementSize());
  const isolate = { execArgv, env: { ...process.env, FAKE: fake, ITEM: item } };
  return torch.inductor.load(packageOf(name, dimensions), { trusted: true, isolate });
}
const dtypes: Record<string, string> = {
  ...{
    Float: 'float32',
    Double: 'float64',
    Half: 'float16',
    BFloat16: 'bfloat16',
    Long: 'int64',
    Int: 'int32',
  },
  ...{ Short: 'int16', Char: 'int8', Byte: 'uint8', Bool: 'bool', ComplexFloat: 'complex64' },
  ...{
    ComplexDouble: 'complex128',
    UInt16: 'uint16',
    UInt32: 'uint32',
    UInt64: 'uint64',
    Float8_e4m3fn: 'float8_e4m3fn',
  },
};
const bits = (x: Tensor) => x.contiguous().view([-1]).view(torch.uint8).tolist();
const run = async (model: ReturnType<typeof load>, x: Tensor) => (await model.runAsync(x)) as Tensor;
const files = () => fs.readdirSync(tmpdir()).filter((name) => /^nodetorch-inductor/.test(name)).length;
/** Descriptors of files in memory. */
const memories = () =>
  fs.readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return (
        /nodetorch/.test(fs.readlinkSync(`/proc/self/fd/${fd}`)) &&
        /memfd|nodetorch-inductor/.test(fs.readlinkSync(`/proc/self/fd/${fd}`))
      );
    } catch {
      return false;
    }
  }).length;
/** When no process has memory any more: one that is killed needs a moment. */
async function settled(): Promise<void> {
  while (memories() > 0) await new Promise((done) => setTimeout(done, 20));
}
const onLinux = process.platform === 'linux' ? test : test.skip;

test.each(Object.entries(dtypes))(
  '%s',
  async (name, dtype) => {
    const model = load('', name, 2);
    const x = torch
      .arange(6)
      .reshape([2, 3])
      .to(dtype as 'float32');
    const y = await run(model, x);
    expect([y.dtype.name, [...y.shape]]).toEqual([dtype, [4, 3]]);
    expect(bits(y)).toEqual([...(bits(x) as number[]), ...(bits(x) as number[])]);
    model.close();
  },
  30_000,
);

test('sizes that grow and shrink, none, and many at a time', async () => {
  const model = load('', 'Float', 1);
  for (const size of [1, 3, 0, 5000, 2, 300_000, 7]) {
    const x = torch.arange(size).float();
    expect(torch.equal(await run(model, x), torch.cat([x, x]))).toBe(true);
  }
  const all = [10, 100_000, 0, 1, 50_000, 3].map((size) => torch.arange(size).float().add(size));
  const results = await Promise.all(all.map((x) => run(model, x)));
  for (const [i, x] of all.entries()) expect(torch.equal(results[i], torch.cat([x, x]))).toBe(true);
  model.close();
}, 30_000);

test('what is read otherwise than it lies: transposed, conjugated, expanded', async () => {
  const model = load('', 'ComplexFloat', 2);
  const x = torch.complex(torch.arange(6).float(), torch.ones([6])).reshape([2, 3]);
  for (const input of [x.conj(), x.slice(1, 0, 2).contiguous().conj()]) {
    const y = await run(model, input);
    expect(torch.equal(y, torch.cat([input, input]))).toBe(true);
  }
  model.close();
}, 30_000);

const part = (changes: object = {}) => ({
  dtype: 'float32',
  shape: [2],
  stride: [1],
  device: 'cpu',
  ...changes,
});
const said = (outputs: unknown) => JSON.stringify({ outputs });
test.each<[string, string, RegExp]>([
  ['none', said([]), /was to say 1 tensors, and said \[\]/],
  ['no list', said(3), /was to say 1 tensors, and said 3/],
  ['nothing', '{}', /was to say 1 tensors, and said undefined/],
  ['what is no description', said([null]), /was to say a dtype/],
  ['a dtype that is none', said([part({ dtype: 'float33' })]), /was to say a dtype, and said "float33"/],
  ['a quantized dtype', said([part({ dtype: 'qint8' })]), /was to say a dtype/],
  ['a size below 0', said([part({ shape: [-1] })]), /was to say sizes/],
  ['half a size', said([part({ shape: [0.5] })]), /was to say sizes/],
  [
    'sizes beyond all numbers',
    said([part({ shape: [2 ** 40, 2 ** 40], stride: [2 ** 40, 1] })]),
    /was to say sizes/,
  ],
  ['a size beyond the memory', said([part({ shape: [2 ** 40] })]), /has no room for 4398046511104 bytes/],
  ['a stride beyond the memory', said([part({ stride: [2 ** 30] })]), /has no room for/],
  ['a stride below 0', said([part({ stride: [-1] })]), /was to say sizes/],
  ['strides for other sizes', said([part({ stride: [1, 1] })]), /was to say sizes/],
  [
    '65 dimensions',
    said([part({ shape: Array(65).fill(1), stride: Array(65).fill(1) })]),
    /was to say sizes/,
  ],
  ['another device', said([part({ device: 'cuda:0' })]), /was to say a device/],
  ['what is no device', said([part({ device: '../../x' })]), /was to say a device/],
  [
    'too much room',
    JSON.stringify({ outputs: [part({ shape: [2 ** 45] })], waits: true }),
    /needs \d+ bytes of memory for tensors, more than/,
  ],
  [
    'room without end',
    JSON.stringify({ outputs: [part({ shape: [4] })], waits: true }),
    /asked for room again/,
  ],
  ['an error that is none', '{"error": 3}', /undefined/],
  ['less memory than it was given', 'shortened', /shorter than its tensors/],
])(
  'a process that says %s',
  async (_, fake, message) => {
    const model = load(fake);
    await expect(run(model, torch.ones([2]))).rejects.toThrow(message);
    model.close();
  },
  30_000,
);

test('booleans are 0 or 1, whatever was written', async () => {
  const model = load('noise');
  const y = await run(model, torch.ones([2]));
  expect([y.dtype.name, y.view(torch.uint8).sum().item()]).toEqual(['bool', 64]);
  model.close();
}, 30_000);

test.each([
  ['at once', 'ends', /by the signal SIGKILL: last words/],
  ['its channel', 'disconnects', /process of the compiled model ended/],
])(
  'a process that ends %s',
  async (_, fake, message) => {
    const model = load(fake);
    await expect(run(model, torch.ones([2]))).rejects.toThrow(message);
    await expect(run(model, torch.ones([2]))).rejects.toThrow(message);
  },
  30_000,
);

test('a program that is not there', async () => {
  const isolate = { execPath: path.join(folder, 'none') };
  const model = torch.inductor.load(packageOf('Float', 1), { trusted: true, isolate });
  await expect(run(model, torch.ones([2]))).rejects.toThrow(
    /process of the compiled model ended: spawn .*ENOENT/,
  );
});

onLinux(
  'kill -9 in the middle leaves nothing: no file, no descriptor, no zombie',
  async () => {
    await settled(); // of the tests before
    const filesBefore = files();
    const asked = load('pid');
    const pid = await run(asked, torch.ones([2])).then(
      () => 0,
      (error: Error) => Number(error.message),
    );
    expect(memories()).toBe(1);
    expect(fs.readlinkSync(`/proc/${pid}/fd/4`)).toMatch(/memfd:nodetorch/);
    process.kill(pid, 'SIGKILL');
    await expect(run(asked, torch.ones([2]))).rejects.toThrow();

    const silent = load('silent');
    const runs = [1, 2, 3].map((size) => run(silent, torch.ones([size])));
    const outcome = Promise.allSettled(runs);
    await new Promise((done) => setTimeout(done, 500));
    silent.close();
    for (const one of await outcome)
      expect(String((one as PromiseRejectedResult).reason)).toContain('by the signal SIGKILL');
    asked.close();
    await settled();
    expect([files(), fs.existsSync(`/proc/${pid}`)]).toEqual([filesBefore, false]);
  },
  30_000,
);

onLinux(
  'a program that ends takes the process with it',
  async () => {
    const script = `
    const torch = require(${JSON.stringify(path.join(__dirname, '../../lib'))}).default;
    const isolate = { execArgv: ['--require', ${JSON.stringify(path.join(__dirname, 'fake_child.cjs'))}], env: { ...process.env, FAKE: 'pid' } };
    const model = torch.inductor.load(${JSON.stringify(packageOf('Float', 1))}, { trusted: true, isolate });
    model.runAsync(torch.ones([2])).catch((error) => { console.log(error.message); process.kill(process.pid, 'SIGKILL'); });`;
    const { stdout } = spawnSync(
      process.execPath,
      ['--no-warnings', '--require', require.resolve('tsx/cjs'), '-e', script],
      { encoding: 'utf8' },
    );
    const pid = Number(stdout.trim());
    expect(pid).toBeGreaterThan(0);
    const lives = () =>
      fs.existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    while (lives()) await new Promise((done) => setTimeout(done, 20)); // one that goes on fails by the test's own limit
    expect(lives()).toBe(false);
  },
  60_000,
);

test('mutated packages are read or refused', () => {
  const { read, refused } = mutate(300, 9);
  expect([read > 20, refused > 100]).toEqual([true, true]);
}, 60_000);

(packages ? onLinux : test.skip)(
  'mutated machine code ends in results or in rejected promises, and leaves nothing',
  async () => {
    const { ran, rejected, refused } = await mutateCode(6, 1);
    expect([rejected > 2, ran + rejected + refused]).toEqual([true, 6]);
  },
  180_000,
);
