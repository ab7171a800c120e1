// torch.ops.loadLibrary: a user's own operator library is called like libtorch's operators.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import torch, { type Tensor } from 'nodetorch';
import { lastLine, runChild } from './support/child';
import { ops, tensor } from './support/torch';

const root = path.join(__dirname, '../..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-library-'));
const programs = path.join(root, 'test/export/functionalized');
const program = (name: string) => torch.export.load(path.join(programs, `${name}.pt2`));
const library = path.join(folder, 'custom_library.so');

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  const note = fs.readFileSync(path.join(root, 'build/Release/libtorch.json'), 'utf8');
  const { path: libtorch } = JSON.parse(note) as { path: string };
  const source = path.join(__dirname, 'support/custom_library.cc');
  const include = ['include', 'include/torch/csrc/api/include'].map(
    (name) => `-I${path.join(libtorch, name)}`,
  );
  const link = [`-L${path.join(libtorch, 'lib')}`, '-ltorch_cpu', '-lc10'];
  const built = spawnSync(
    process.env.CXX ?? 'c++',
    ['-std=c++20', '-shared', '-fPIC', '-w', ...include, source, '-o', library, ...link],
    { encoding: 'utf8' },
  );
  if (built.status !== 0) throw new Error(`cannot build the library: ${built.stderr}`);
}, 300_000);

test('its operators are called by name, with keywords, and are differentiable', () => {
  expect(() => ops.nodetorch_test.mix).toThrow('no such operator');
  expect(() => program('base').module()).toThrow('torch.ops.nodetorch_test.shift_.default: no such operator');
  ops.loadLibrary(library);
  const { mix } = ops.nodetorch_test;
  const [a, b] = [tensor([1, 2], { requiresGrad: true }), tensor([3, 6])];
  expect(mix(a, b).tolist()).toEqual([2, 4]);
  expect(mix(a, b, 0.25).tolist()).toEqual([2.5, 5]);
  expect(mix(a, b, { share: 0.25, swap: true }).tolist()).toEqual([1.5, 3]);
  expect(ops.nodetorch_test['mix.default'](a, b).tolist()).toEqual([2, 4]);
  mix(a, b, 0.25).sum().backward();
  expect(a.grad?.tolist()).toEqual([0.25, 0.25]);
});

test('a wrong call lists its signature', () => {
  expect(() => ops.nodetorch_test.mix(tensor([1]), 'b')).toThrow(
    /torch\.ops\.nodetorch_test::mix\(\): argument 'other' \(position 2\) must be Tensor, not string[^]*share: float = 0\.5/,
  );
});

// auto_functionalized and auto_functionalized_v2 call such operators with copies.
describe('a program of operators that write to their arguments', () => {
  interface Expected {
    args: Tensor[];
    out: Tensor[];
    given: Tensor[];
    state: Record<string, Tensor>;
  }
  const results = torch.load<Record<string, Expected>>(`${programs}.pt`, { objects: true });
  const lists = (tensors: Iterable<Tensor>) => [...tensors].map((one) => one.tolist());

  test.each(Object.keys(results))('%s', (name) => {
    ops.loadLibrary(library);
    const { args, out, given, state } = results[name];
    const module = program(name).module();
    expect(lists(module(...args) as Tensor[])).toEqual(lists(out));
    expect(lists(args)).toEqual(lists(given));
    expect(lists(module.stateDict().values())).toEqual(lists(Object.values(state)));
  });
});

test("kernels that it puts in the place of libtorch's are called, whatever the size and the mode", () => {
  const pair = (value: number) => [value, value];
  const sine = Math.fround(Math.sin(1));
  const env = { NODETORCH_TEST_REPLACE: '1' };
  expect(lastLine(runChild('replacing_child.ts', [library], { env }))).toEqual([
    [pair(-1), pair(1), pair(3), pair(sine), pair(sine)],
    [pair(7), pair(8), pair(8), pair(9), pair(9)],
  ]);
});
