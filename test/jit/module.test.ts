// ScriptModule as an nn.Module: state, modes, copies, awaited runs, what is saved, what is compiled from source.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import torch, { type Tensor, nn } from 'nodetorch';
import { classAndMessage } from '../errors';

let emitted: jest.SpyInstance;
const warned: string[] = [];
beforeAll(() => {
  emitted = jest.spyOn(process, 'emitWarning').mockImplementation((text) => void warned.push(String(text)));
});
afterAll(() => emitted.mockRestore());

torch.setNumThreads(1);
const path = (name: string) => join(__dirname, 'programs', `${name}.pt`);
const read = <T = unknown>(name: string) => torch.jit.load<T>(path(name));
const folder = mkdtempSync(join(tmpdir(), 'nodetorch-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the deprecation is said once, in Python’s words', () => {
  read('mlp');
  read('mlp');
  torch.jit.compile('def f(x):\n  return x\n');
  expect(warned.filter((text) => text.includes('deprecated'))).toEqual([
    '`torch.jit.load` is deprecated. Please switch to `torch.export`.',
  ]);
});

test('paths, URLs and bytes; extra files', () => {
  const extraFiles = new Map<string, string | Uint8Array>([['note.txt', '']]);
  torch.jit.load(new URL(`file://${path('mlp')}`), { extraFiles });
  expect(String(extraFiles.get('note.txt'))).toBe('mlp');
  const given: Record<string, string | Uint8Array> = { empty: 'x', missing: 'x' };
  torch.jit.load(new Uint8Array(readFileSync(path('mlp'))), { extraFiles: given });
  expect([String(given.empty), String(given.missing)]).toEqual(['', '']);
});

test('mapLocation', () => {
  const module = torch.jit.load(path('mlp'), { mapLocation: 'meta' });
  expect(module.getParameter('fc1.weight').device.type).toBe('meta');
  expect(classAndMessage(() => torch.jit.load(path('mlp'), { mapLocation: 3 as never }))).toMatch(
    /^TypeError/,
  );
});

test('to() moves what the program uses', () => {
  const module = read('mlp').to(torch.float64);
  const x = torch.ones([1, 4], { dtype: torch.float64 });
  expect((module(x) as Tensor).dtype).toBe(torch.float64);
  expect(module.getBuffer('offset').dtype).toBe(torch.float64);
  expect(module.to('meta')(x.to('meta')).device.type).toBe('meta');
});

test('train() and eval() are the program’s', () => {
  const module = read<{ training: boolean }>('cnn');
  const x = torch.ones([4, 3, 6, 6]);
  const norm = module.getSubmodule('norm');
  module.eval();
  expect([module.attr('training'), norm.training]).toEqual([false, false]);
  module(x);
  expect(norm.getBuffer('num_batches_tracked').item()).toBe(0);
  module.train()(x);
  expect(norm.getBuffer('num_batches_tracked').item()).toBe(1);
});

test('loadStateDict, and values written by hand', () => {
  const [from, to] = [read('mlp'), read('mlp')];
  torch.noGrad(() => from.getParameter('fc1.weight').fill_(0.5));
  from.getBuffer('offset').fill_(3);
  to.loadStateDict(from.stateDict());
  const x = torch.ones([1, 4]);
  expect((to(x) as Tensor).tolist()).toEqual((from(x) as Tensor).tolist());
  (to as unknown as { scale: number }).scale = 0;
  expect((to(x) as Tensor).tolist()).toEqual([[3, 3, 3]]);
  (to as unknown as { offset: Tensor }).offset = torch.zeros([3]);
  expect((to(x) as Tensor).tolist()).toEqual([[0, 0, 0]]);
});

test('what a method puts into attributes is seen', () => {
  const module = read<{ count: number; seen: Tensor; history: number[] }>('control');
  const { seen } = module;
  module(torch.ones([2]), 100);
  module(torch.ones([3]), 100);
  expect([module.count, module.seen.item(), seen.item(), [...module.history]]).toEqual([2, 5, 0, [7, 1, 2]]);
  expect(module.stateDict().get('seen')!.item()).toBe(5);
});

test('deepcopy has a state of its own', () => {
  const module = read<{ count: number }>('control');
  const copy = torch.deepcopy(module);
  module(torch.ones([2]), 100);
  expect([module.count, copy.count, String(copy)]).toEqual([1, 0, String(module)]);
});

test('parameters that are shared there are shared here', () => {
  const module = read<{ a: nn.Linear; b: nn.Linear; c: nn.Linear }>('tied');
  expect(module.b.weight).toBe(module.a.weight);
  expect(module.c.weight).toBe(module.a.weight);
});

test('child modules are called, with hooks; methods by name', () => {
  const module = read<{ fc1: nn.Module; encodeAll(xs: Tensor[]): Map<string, Tensor> }>('mlp');
  const x = torch.ones([1, 4]);
  const first = module.fc1(x) as Tensor;
  const all = module.encodeAll([x, x]);
  expect([...all.keys()]).toEqual(['a', 'b']);
  expect(all.get('b')!.tolist()).toEqual(first.tolist());
  const seen: unknown[] = [];
  module.registerForwardHook((_, args, out) => void seen.push(args.length, (out as Tensor).shape.length));
  module(x);
  expect(seen).toEqual([1, 2]);
});

test('awaited runs: at the same time, in the modes of the call', async () => {
  const module = read('mlp');
  const inputs = Array.from({ length: 20 }, (_, i) => torch.full([2, 4], i / 10));
  const plain = inputs.map((x) => (module(x) as Tensor).tolist());
  const awaited = await Promise.all(inputs.map((x) => module.callAsync(x) as Promise<Tensor>));
  expect(awaited.map((y) => y.tolist())).toEqual(plain);
  awaited[3].sum().backward();
  expect(module.getParameter('fc1.weight').grad).not.toBeNull();
  let quiet: Promise<unknown> | undefined;
  torch.noGrad(() => void (quiet = module.callAsync(inputs[0])));
  expect(((await quiet) as Tensor).requiresGrad).toBe(false);
  await expect(module.callAsync(torch.ones([1, 3]))).rejects.toThrow('shapes cannot be multiplied');
  expect(await module.getMethod('forward').callAsync(inputs[0], { times: 2 })).toBeInstanceOf(torch.Tensor);
});

test('runs that write to attributes go on one by one', async () => {
  const module = read<{ count: number; history: number[] }>('control');
  const x = torch.ones([2]);
  const runs = Array.from({ length: 50 }, () => module.callAsync(x, 100));
  await Promise.all(runs);
  expect(module.count).toBe(50);
  expect([...module.history]).toEqual([7, ...Array.from({ length: 50 }, (_, i) => i + 1)]);
});

test('save: extra files, and a file that is there whole', () => {
  const file = join(folder, 'saved.pt');
  writeFileSync(file, 'old');
  const module = read('mlp');
  module.save(file, { extraFiles: { 'a.bin': new Uint8Array([1, 2]) } });
  const extraFiles: Record<string, string | Uint8Array> = { 'a.bin': '' };
  const again = torch.jit.load(file, { extraFiles });
  expect([...(extraFiles['a.bin'] as Uint8Array)]).toEqual([1, 2]);
  const x = torch.ones([1, 4]);
  expect((again(x) as Tensor).tolist()).toEqual((module(x) as Tensor).tolist());
  torch.jit.save(again, file);
  expect(torch.jit.load(file).code).toBe(module.code);
});

test('freeze and optimizeForInference', () => {
  const module = read('cnn').eval();
  const x = torch.ones([2, 3, 8, 8]);
  const expected = module(x) as Tensor;
  const exact = torch.jit.freeze(module, { optimizeNumerics: false });
  expect((exact(x) as Tensor).tolist()).toEqual(expected.tolist());
  expect([...exact.parameters()]).toEqual([]);
  expect(exact.graph).not.toContain('GetAttr');
  const frozen = torch.jit.freeze(module);
  expect(frozen.graph).not.toContain('batch_norm');
  const fast = torch.jit.optimizeForInference(read('cnn'));
  for (const each of [frozen, fast])
    expect(torch.allclose(each(x) as Tensor, expected, { atol: 1e-6 })).toBe(true);
  const kept = torch.jit.freeze(read<{ encode_all: unknown }>('mlp').eval(), ['encode_all', 'scale']);
  expect(kept.attr('scale')).toBe(2);
  expect(kept.getMethod('encode_all').name).toBe('encode_all');
});

test('with optimize, results are close after the runs that are watched', () => {
  const [plain, optimized] = [read('cnn'), torch.jit.load(path('cnn'), { optimize: true })].map((m) =>
    m.eval(),
  );
  const x = torch.ones([2, 3, 8, 8]);
  for (let i = 0; i < 4; i++)
    expect(torch.allclose(optimized(x) as Tensor, plain(x) as Tensor, { atol: 1e-6 })).toBe(true);
});

test('functions from source', () => {
  const unit = torch.jit.compile(
    'def add_relu(x, y):\n  return torch.relu(x + y)\ndef scaled(x, by: float = 2.0) -> Tensor:\n  return add_relu(x * by, x)\n',
  );
  const { addRelu, scaled } = unit as unknown as Record<string, torch.jit.ScriptFunction>;
  expect((addRelu(torch.tensor([1, -3]), torch.tensor([1, 1])) as Tensor).tolist()).toEqual([2, 0]);
  expect((scaled(torch.ones([1])) as Tensor).item()).toBe(3);
  expect((scaled(torch.ones([1]), { by: 4 }) as Tensor).item()).toBe(5);
  expect(scaled.schema).toBe('scaled(Tensor x, float by=2.) -> Tensor');
  expect(scaled.graph).toContain('aten::mul');
  const x = torch.ones([2], { requiresGrad: true });
  (scaled(x, 3) as Tensor).sum().backward();
  expect(x.grad!.tolist()).toEqual([4, 4]);
  unit.define('def more(x):\n  return x - 1\n');
  expect((unit.more as (x: Tensor) => Tensor)(torch.ones([1])).item()).toBe(0);
  expect(classAndMessage(() => torch.jit.compile('def f(x):\n  return x.nothing()\n'))).toContain('nothing');
  expect(classAndMessage(() => torch.jit.compile('def f(x:\n'))).toContain('expected ident');
});

test('a module from source', () => {
  const module = new torch.jit.ScriptModule();
  const inner = new torch.jit.ScriptModule().define('def forward(self, x: Tensor):\n  return x + 1\n');
  module.registerParameter('w', new nn.Parameter(torch.full([2], 3)));
  module.registerBuffer('b', torch.ones([2]));
  module.addModule('inner', inner);
  module.define(
    'def forward(self, x: Tensor, n: int):\n  return self.inner.forward(x * self.w) * n + self.b\n',
  );
  expect((module(torch.ones([2]), 2) as Tensor).tolist()).toEqual([9, 9]);
  expect([...module.stateDict().keys()]).toEqual(['w', 'b']);
  const again = torch.jit.load(module.saveToBuffer());
  expect((again(torch.ones([2]), 2) as Tensor).tolist()).toEqual([9, 9]);
  expect(() => module.addModule('fc', new nn.Linear(1, 1))).toThrow(
    "argument 'module' must be a ScriptModule",
  );
});

test('files that are none, by what they are', () => {
  const file = (name: string, bytes: Uint8Array | string) => {
    const at = join(folder, name);
    writeFileSync(at, bytes);
    return at;
  };
  torch.save({ a: torch.ones([1]) }, join(folder, 'checkpoint.pt'));
  const message = (at: string) => classAndMessage(() => torch.jit.load(at));
  expect(message(join(folder, 'checkpoint.pt'))).toContain('which holds no code: torch.load() reads it');
  expect(message(join(__dirname, '../export/programs/bert.pt2'))).toContain('torch.export.load() opens it');
  expect(message(file('empty.pt', ''))).toContain('empty: it has 0 bytes');
  expect(message(file('page.pt', '<!DOCTYPE html><html>'))).toContain('an HTML page');
  expect(message(file('lfs.pt', 'version https://git-lfs.github.com/spec/v1\n'))).toContain('git lfs pull');
  expect(message(file('cut.pt', readFileSync(path('mlp')).subarray(0, 2000)))).toContain('cut short');
  expect(message(join(folder, 'none.pt'))).toContain('does not exist');
  expect(message(folder)).toContain('is a directory');
});
