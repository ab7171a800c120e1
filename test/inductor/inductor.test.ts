// Models that AOTInductor has compiled. Packages are made for one processor, by `npm run test:parity -- inductor`: where there are none
// the tests that need one are skipped.
import { existsSync, readdirSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import torch, { type Tensor } from 'nodetorch';
import { classAndMessage } from '../errors';
import { fileOf, packages } from './packages';

torch.setNumThreads(1);
const withPackages = packages ? describe : describe.skip;
const child = { execArgv: ['--no-warnings', '--require', require.resolve('tsx/cjs')] };
const load = (name: string, options: object = {}) =>
  torch.inductor.load(fileOf(name), { trusted: true, ...options });

type Listed = { dtype: string; shape: number[]; values: number[] } | { dict: Record<string, Listed> };
type One = { dtype: string; shape: number[]; values: number[] };
function made(listed: One | One[]): Tensor | Tensor[] {
  if (Array.isArray(listed)) return listed.map((one) => made(one) as Tensor);
  const { dtype, shape, values } = listed;
  if (dtype.startsWith('complex')) return torch.viewAsComplex(torch.tensor(values).view([...shape, 2]));
  const isWhole = dtype === 'int64';
  return torch
    .tensor(isWhole ? values.map((v) => BigInt(v)) : values, { dtype: dtype as 'float32' })
    .view(shape);
}
function same(found: unknown, expected: unknown): void {
  const listed = expected as Listed;
  if (Array.isArray(expected)) return expected.forEach((one, i) => same((found as unknown[])[i], one));
  if ('dict' in listed) {
    for (const [key, one] of Object.entries(listed.dict)) same((found as Record<string, unknown>)[key], one);
    return;
  }
  const tensor = found as Tensor;
  expect([tensor.dtype.name, [...tensor.shape]]).toEqual([listed.dtype, listed.shape]);
  const plain = tensor.isComplex() ? torch.viewAsReal(tensor) : tensor;
  expect((plain.flatten().tolist() as number[]).map(Number)).toEqual(listed.values.map(Number));
}

withPackages('packages', () => {
  const cases = Object.entries(packages?.cases ?? {});

  test.each(cases)(
    '%s: what Python’s loader gives, also awaited, also in a process of its own',
    async (name, one) => {
      const model = load(name, { numRunners: 2 });
      const inputs = one.inputs.map(made);
      same(model.run(...inputs), one.outputs);
      const all = await Promise.all([1, 2, 3].map(() => model.runAsync(...inputs)));
      for (const each of all) same(each, one.outputs);
      const apart = load(name, { isolate: child });
      same(await apart.runAsync(...inputs), one.outputs);
      expect(classAndMessage(() => apart.run(...inputs))).toContain('await runAsync()');
      apart.close();
    },
    120_000,
  );

  test('metadata and the names of the weights', () => {
    const model = load('mlp');
    expect(model.metadata.AOTI_DEVICE_KEY).toBe('cpu');
    expect([...model.constants].sort()).toEqual(['fc1.bias', 'fc1.weight', 'fc2.weight']);
    const x = torch.ones([4, 8]);
    const before = (model.run(x) as Tensor).tolist();
    model.loadConstants({ 'fc1.weight': torch.zeros([16, 8]) });
    expect((model.run(x) as Tensor).tolist()).not.toEqual(before);
    expect(() => model.loadConstants({ nothing: x })).toThrow("no constant 'nothing'");
  });

  test('its folder is removed at once', () => {
    const folders = () =>
      readdirSync(tmpdir()).filter((name) => /^(nodetorch-inductor-|aotinductor_)/.test(name));
    const before = new Set(folders());
    load('mlp');
    expect(folders().filter((name) => !before.has(name))).toEqual([]);
  });

  const x = torch.randn([4, 3, 16, 16]);
  const ids = torch.zeros([8, 64], { dtype: torch.int64 });
  const scale = torch.tensor(0.5);
  test.each<[string, string, unknown[], string]>([
    ['fewer dimensions', 'cnn', [torch.zeros([3, 3])], 'must have 4 dimensions, not 2'],
    ['another batch', 'cnn', [torch.zeros([8, 3, 16, 16])], 'must have 4 at dimension 0, not 8'],
    ['another size', 'cnn', [torch.zeros([4, 3, 16, 15])], 'must have 16 at dimension 3, not 15'],
    ['nothing', 'cnn', [torch.zeros([0])], 'must have 4 dimensions, not 1'],
    ['float64', 'cnn', [x.double()], 'must be of torch.float32, not torch.float64'],
    ['another device', 'cnn', [x.to('meta')], 'must be on cpu, not on meta'],
    [
      'floats for ids',
      'embedding',
      [torch.zeros([8, 64]), scale],
      'must be of torch.int64, not torch.float32',
    ],
    ['int32 for ids', 'embedding', [ids.int(), scale], 'must be of torch.int64, not torch.int32'],
    ['a dimension for a scalar', 'embedding', [ids, torch.ones([1])], 'must have 0 dimensions, not 1'],
    ['too small a batch', 'mlp', [torch.zeros([1, 8])], 'must have 2 or more at dimension 0, not 1'],
    ['too large a batch', 'mlp', [torch.zeros([65, 8])], 'must have 64 or less at dimension 0, not 65'],
    ['more dimensions', 'mlp', [torch.zeros([4, 8, 1])], 'must have 2 dimensions, not 3'],
    ['no tensor', 'mlp', [3], 'the model takes 1 tensors, but 0 were given'],
    ['too few arguments', 'embedding', [ids], 'Trying to flatten user inputs'],
    ['too many arguments', 'mlp', [x, x], 'Trying to flatten user inputs'],
  ])('refused: %s', (_, name, inputs, message) => {
    expect(classAndMessage(() => load(name).run(...inputs))).toContain(message);
  });

  test('another layout in memory is copied', () => {
    const model = load('mlp');
    const input = torch.randn([8, 4]);
    const expected = (model.run(input.t().contiguous()) as Tensor).tolist();
    expect((model.run(input.t()) as Tensor).tolist()).toEqual(expected);
  });

  test('an id past the vocabulary ends the process that has the model, and no other', async () => {
    const model = load('embedding', { isolate: child });
    const wrong = ids.clone().fill_(1000);
    await expect(model.runAsync(wrong, scale)).rejects.toThrow(/process of the compiled model ended/);
    const { inputs, outputs } = packages!.cases.embedding;
    same(await model.runAsync(...inputs.map(made)), outputs); // in a new one
    model.close();
  }, 60_000);

  test('the end of a process that was closed says nothing of the next one', async () => {
    const model = load('mlp', { isolate: child });
    const { inputs, outputs } = packages!.cases.mlp;
    const closed = model.runAsync(...inputs.map(made));
    model.close();
    const next = model.runAsync(...inputs.map(made));
    await expect(closed).rejects.toThrow('by the signal SIGKILL');
    same(await next, outputs);
    model.close();
  }, 60_000);

  test('another device than it was compiled for', () => {
    expect(classAndMessage(() => load('mlp', { device: 'cuda' }))).toContain(
      'compiled for cpu, not for cuda',
    );
    expect(classAndMessage(() => load('mlp', { modelName: 'other' }))).toContain(
      "it has no model 'other', but 'model'",
    );
  });
});

test('what is no package, by what it is; and the word', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodetorch-'));
  const checkpoint = join(folder, 'checkpoint.pt');
  torch.save({ a: torch.ones([1]) }, checkpoint);
  writeFileSync(join(folder, 'empty.pt2'), '');
  const message = (file: string, options: object = { trusted: true }) =>
    classAndMessage(() => torch.inductor.load(file, options as never));
  expect(message(checkpoint, {})).toContain(
    'is machine code, which runs with all the rights of this process',
  );
  expect(message(checkpoint, { trusted: 1 })).toContain('{ trusted: true }');
  expect(message(checkpoint)).toContain('a file of torch.save(): torch.load() reads it');
  expect(message(join(folder, 'empty.pt2'))).toContain('empty: it has 0 bytes');
  expect(message(join(__dirname, '../export/programs/bert.pt2'))).toContain('torch.export.load() opens it');
  expect(message(join(__dirname, '../jit/programs/mlp.pt'))).toContain('a TorchScript archive');
  expect(message(join(folder, 'none.pt2'))).toContain('does not exist');
  expect(existsSync(checkpoint)).toBe(true);
  rmSync(folder, { recursive: true });
});
