// PyTorch's database of control flow as functions, and scans of several kinds, against hops.json.
import * as torch from 'nodetorch';
import type { Tensor } from 'nodetorch';
import fixture from './hops.json';
import { filled, leaves, run } from './values';

const { associativeScan, map, scan, whileLoop } = torch.higherOrder;
const positive = (shape: number[], start = 1): Tensor => filled(shape, start).mul(0.5).add(1);

type Pair = [Tensor, Tensor];
const inner = ([a, b]: Pair, y0: Tensor, y1: Tensor): Pair => [
  a.cos().add_(1).mul(y0),
  b.add(y1.sin()).cos_().view(b.shape),
];
const nested = (xs: Pair, y0: Tensor, y1: Tensor): unknown => map(inner, xs, y0, y1);
const tripleNested = (xs: Pair, y0: Tensor, y1: Tensor): unknown => map(nested, xs, y0, y1);

type Options = torch.higherOrder.ScanOptions;
const step = (c: Tensor, row: Tensor): [Tensor, Tensor] => [c.mul(0.5).add(row), c.sin().mul(row)];
const scanned = (x: Tensor, options: Options = {}): unknown => scan(step, torch.ones([4]), x, options);

interface Carry {
  s: Tensor;
  n: Tensor;
}
function scanTree(x: Tensor, y: Tensor): unknown {
  const each = (carry: Carry, [a, b]: Pair): [Carry, Tensor[]] => {
    const s = carry.s.add(a.mul(b));
    return [{ s, n: carry.n.mul(2).add(a.sum()) }, [s.exp(), a.sum()]];
  };
  return scan(each, { s: torch.zeros([4]), n: torch.ones([1]) }, [x, y]);
}
const prefix = (x: Tensor, options: Options): unknown =>
  associativeScan((a: Tensor, b: Tensor) => a.mul(b), x, options);

const matrixScan = (init: Tensor, xs: Tensor): unknown =>
  scan((carry: Tensor, x: Tensor) => [carry.matmul(x).add(x), carry.clone()], init, xs);

interface Shared {
  a: Tensor;
  b: Tensor[];
}
const sharedInATree = (x: Tensor, y: Tensor): unknown =>
  map((one: Tensor, { a, b }: Shared) => one.mul(a.sin()).mul(b[0]), x, { a: y, b: [y.mul(2)] });

function hooked(x: Tensor): Tensor {
  const y = x.mul(1);
  if (y.requiresGrad) y.registerHook((g) => g.mul(2));
  return y.sin();
}

const [A, B, Y0, Y1] = [positive([2, 2, 2]), positive([2, 2, 2], 2), positive([1]), positive([1], 3)];
const S = positive([5, 4]);
const cond = (x: Tensor): unknown =>
  torch.cond(
    x.sum().gt(2),
    (t: Tensor) => [t.cos()],
    (t: Tensor) => [t.sin()],
    [x],
  );

const cases: Record<string, [f: (...args: Tensor[]) => unknown, args: Tensor[]]> = {
  map: [(a, b, y0, y1) => map(inner, [a, b], y0, y1), [A, B, Y0, Y1]],
  'nested map': [(a, b, y0, y1) => map(nested, [a, b], y0, y1), [A, B, Y0, Y1]],
  'triple nested map': [(a, b, y0, y1) => map(tripleNested, [a, b], y0, y1), [A, B, Y0, Y1]],
  'shared in a tree': [sharedInATree, [positive([5, 3]), positive([3], 4)]],
  cond: [cond, [A]],
  'cond false': [cond, [A.sub(2)]],
  'matrix scan': [matrixScan, [A.select(0, 0), A]],
  hook: [hooked, [A]],
  scan: [(x) => scanned(x), [S]],
  'scan reverse': [(x) => scanned(x, { reverse: true }), [S]],
  'scan along 1': [(x) => scanned(x, { dim: 1 }), [S.t().contiguous()]],
  'scan tree': [scanTree, [S, S.add(1)]],
  prefix: [(x) => prefix(x, { dim: 0 }), [S]],
  'prefix reverse': [(x) => prefix(x, { dim: 1, reverse: true }), [S]],
};
type Table = Record<string, string>;

test.each(Object.keys(cases))('%s', (name) => {
  const [f, args] = cases[name];
  expect(run(() => f(...args))).toBe((fixture.values as Table)[name]);
});

test.each(Object.keys(fixture.gradients))('gradients of %s', (name) => {
  const [f, args] = cases[name];
  const found = run(() => {
    const own = args.map((x) => x.clone().requiresGrad_());
    const outputs = leaves(f(...own)).filter((y) => y.requiresGrad);
    const total = outputs.map((y) => y.mul(y).sum()).reduce((sum, one) => sum.add(one), torch.tensor(0n));
    return [...outputs, ...torch.autograd.grad(total, own)];
  });
  expect(found).toBe((fixture.gradients as Table)[name]);
});

test('whileLoop', () => {
  const down = (i: Tensor, x: Tensor): Tensor[] => [i.sub(1), x.cos()];
  expect(run(() => whileLoop((i: Tensor, _: Tensor) => i.gt(0), down, [torch.tensor(3n), A]))).toBe(
    fixture.loop,
  );
});

test('whileLoop that does not loop gives copies, and knows booleans alone', () => {
  const down = (i: Tensor, x: Tensor): Tensor[] => [i.sub(1), x.mul(2)];
  const [i, x] = whileLoop((n: Tensor, _: Tensor) => n.gt(0), down, [torch.tensor(0n), A]);
  expect([i.item(), x.equal(A), x.dataPtr() === A.dataPtr()]).toEqual([0, true, false]);
  const refused = /cond_fn must return a boolean scalar tensor/;
  expect(() => whileLoop((n: Tensor, _: Tensor) => n, down, [torch.tensor(1n), A])).toThrow(refused);
  expect(() => whileLoop((n: Tensor, _: Tensor) => n.gt(0), down, [torch.tensor([2n]), A])).toThrow(refused);
});

test('an operator that writes to its arguments', () => {
  const lib = new torch.library.Library('hops', 'DEF');
  lib.define('mutating(Tensor(a!) x, Tensor(b!) z) -> (Tensor, Tensor, Tensor)');
  lib.impl(
    'mutating',
    (x: Tensor, z: Tensor) => {
      x.add_(5);
      z.add_(5);
      return [x.clone(), z.clone(), x.add(z)];
    },
    'CPU',
  );
  const [x, z] = [A.clone(), B.clone()];
  expect(run(() => [torch.ops.hops.mutating(x, z), x, z])).toBe(fixture.mutated);
});
