// backward and grad: options, accumulation, double backward, the graph, .grad and .data.
import * as torch from 'nodetorch';
import { classAndMessage } from '../errors';
import type { GradFn } from '../../lib/autograd/node';
import fixture from '../fixtures/autograd.json';

const { grad } = torch.autograd;
const recorded = fixture.results as unknown as Record<string, unknown>;
const typeError = expect.objectContaining({ name: 'TypeError' });
const leaf = (...values: number[]) => torch.tensor(values, { requiresGrad: true });

describe('backward', () => {
  test('accumulates', () => {
    const x = leaf(1, 2);
    x.mul(2).sum().backward();
    x.pow(2).sum().backward();
    expect(x.grad!.tolist()).toEqual(recorded.accumulate);
  });
  test('takes a gradient', () => {
    const x = leaf(1, 2);
    x.mul(3).backward(torch.tensor([1, 10]));
    expect(x.grad!.tolist()).toEqual([3, 30]);
  });
  test('keeps the graph with retainGraph, and by createGraph', () => {
    const x = leaf(2);
    const y = x.pow(2).sum();
    y.backward(null, { retainGraph: true });
    y.backward({ createGraph: true });
    expect(x.grad!.requiresGrad).toBe(true);
    y.backward();
    expect(x.grad!.tolist()).toEqual([12]);
    expect(() => y.backward()).toThrow('second time');
  });
  test('inputs: only these get a gradient, also when they are no leaves', () => {
    const [a, b] = [leaf(2), leaf(3)];
    a.mul(b)
      .sum()
      .backward({ inputs: [b] });
    expect([a.grad, b.grad!.tolist()]).toEqual([null, [2]]);
    const middle = a.mul(2);
    middle.retainGrad();
    middle.pow(2).sum().backward({ inputs: middle });
    expect([a.grad, middle.grad!.tolist()]).toEqual([null, [8]]);
  });
  test('of several tensors', () => {
    const x = leaf(1, 2);
    torch.autograd.backward([x.sum(), x.mul(2)], [null, torch.tensor([1, 1])]);
    expect(x.grad!.tolist()).toEqual([3, 3]);
  });
  test('of a complex tensor', () => {
    const z = torch.tensor([new torch.Complex(1, 2)], { requiresGrad: true });
    z.abs().pow(2).sum().backward();
    expect(z.grad!.resolveConj().tolist()).toEqual([new torch.Complex(2, 4)]);
  });
  test('wrong arguments', () => {
    const y = leaf(1).sum();
    expect(() => y.backward(3 as never)).toThrow(typeError);
    expect(classAndMessage(() => torch.autograd.backward([y], [null, null]))).toBe(
      'RuntimeError: backward(): got 1 tensors and 2 gradients',
    );
    expect(() => torch.autograd.backward([3 as never])).toThrow(typeError);
  });
});

describe('grad', () => {
  test('returns and does not accumulate', () => {
    const x = leaf(3);
    const [g] = grad(x.pow(2).sum(), x);
    expect([g!.tolist(), x.grad, g!.requiresGrad]).toEqual([[6], null, false]);
  });
  test('double backward', () => {
    const x = leaf(2, 3);
    const [first] = grad(x.pow(3).sum(), x, { createGraph: true });
    const [second] = grad(first!.sum(), x, { createGraph: true });
    const [third] = grad(second!.sum(), x);
    const tensors = [first, second, third].map((tensor) => tensor!.tolist());
    expect([...tensors, first!.requiresGrad, third!.requiresGrad]).toEqual(recorded['double backward']);
  });
  test('allowUnused gives null, materializeGrads gives zeros', () => {
    const [x, y] = [leaf(1), leaf(2, 3)];
    const out = () => x.mul(2).sum();
    expect(grad(out(), [x, y], { allowUnused: true })[1]).toBeNull();
    const [a, b] = grad(out(), [x, y], { materializeGrads: true });
    expect([a!.tolist(), b!.tolist(), b!.requiresGrad]).toEqual(recorded.materialize);
    const created = grad(out(), [x, y], { materializeGrads: true, createGraph: true });
    expect([created[1]!.requiresGrad]).toEqual(recorded['materialize create_graph']);
  });
  test('isGradsBatched: several along the first dimension', () => {
    const [x, y] = [leaf(1, 2), leaf(3)];
    const rows = torch.tensor([[1, 0], [0, 1], [2, 3]]); // prettier-ignore
    const outputs = [x.exp().mul(y), x.mul(x)];
    const found = grad(outputs, [x, y], { gradOutputs: [rows, rows.mul(2)], isGradsBatched: true });
    expect(found.map((one) => one!.tolist())).toEqual(recorded['batched gradients']);
    expect(() => grad(x.sum(), [x], { gradOutputs: [null], isGradsBatched: true })).toThrow(
      'first dimensions',
    );
  });
  test('gradOutputs, one an output or null', () => {
    const x = leaf(1, 2);
    const [g] = grad([x.mul(2), x.sum()], [x], { gradOutputs: [torch.tensor([1, 10]), null] });
    expect(g!.tolist()).toEqual([3, 21]);
  });
  test('through views and in-place changes', () => {
    const x = leaf(1, 2, 3);
    const y = x.mul(1);
    y.at('1:').mul_(10);
    expect(grad(y.sum(), x)[0]!.tolist()).toEqual([1, 10, 10]);
  });
});

describe('the graph', () => {
  test('names and nextFunctions are those of Python', () => {
    const a = torch.ones([2, 3], { requiresGrad: true });
    const b = torch.ones([3, 2], { requiresGrad: true });
    const y = a.matmul(b).add(1).relu().sum();
    const graph = (node: GradFn | null, depth = 5): unknown =>
      node === null || depth === 0
        ? null
        : [node.name, node.nextFunctions.map(([next, i]) => [graph(next, depth - 1), i])];
    expect(graph(y.gradFn)).toEqual(recorded.graph);
    expect(String(y.gradFn)).toBe('<SumBackward0>');
  });
  test('isLeaf, requiresGrad and detach', () => {
    const x = leaf(1);
    const y = x.mul(2);
    expect([x.isLeaf, x.gradFn, y.isLeaf, y.requiresGrad, y.detach().requiresGrad]).toEqual([
      true,
      null,
      false,
      true,
      false,
    ]);
    expect(torch.ones([1]).isLeaf).toBe(true);
    const shared = y.detach();
    shared.mul_(5);
    expect(y.tolist()).toEqual([10]);
    expect(y.version).toBe(1);
  });
});

describe('.grad', () => {
  test('is set, read and reset', () => {
    const x = leaf(1);
    const g = torch.tensor([5]);
    x.grad = g;
    expect(x.grad!.is(g)).toBe(true);
    x.mul(2).sum().backward();
    expect([x.grad!.tolist(), g.tolist()]).toEqual([[7], [7]]);
    x.grad = null;
    expect(x.grad).toBeNull();
  });
  test('of a tensor that is no leaf is kept by retainGrad', () => {
    const x = leaf(2);
    const y = x.mul(3);
    expect(y.retainsGrad).toBe(false);
    y.retainGrad();
    y.retainGrad();
    y.pow(2).sum().backward();
    expect([y.grad!.tolist(), x.grad!.tolist(), y.retainsGrad]).toEqual([[12], [36], true]);
  });
});

describe('.data', () => {
  test('shares memory outside of the graph', () => {
    const x = leaf(1, 2);
    x.data.mul_(10);
    expect([x.tolist(), x.version, x.data.requiresGrad]).toEqual([[10, 20], 0, false]);
  });
  test('is replaced in place', () => {
    const x = leaf(1);
    x.data = torch.tensor([7, 8]);
    expect([x.tolist(), x.requiresGrad, x.isLeaf]).toEqual([[7, 8], true, true]);
  });
});

describe('views under names', () => {
  test('T, mT, H, mH, real, imag', () => {
    const x = torch.arange(6).reshape([2, 3]);
    expect([x.T.shape, x.mT.tolist()]).toEqual([
      [3, 2],
      [
        [0, 3],
        [1, 4],
        [2, 5],
      ],
    ]);
    const z = torch.tensor([[new torch.Complex(1, 2), new torch.Complex(3, 4)]]);
    expect(z.H.tolist()).toEqual([[new torch.Complex(1, -2)], [new torch.Complex(3, -4)]]);
    expect([z.real.tolist(), z.imag.tolist(), z.mH.shape]).toEqual([[[1, 3]], [[2, 4]], [2, 1]]);
    expect(x.real.is(x)).toBe(true);
    expect(() => x.imag).toThrow('imag is not implemented for tensors with non-complex dtypes.');
  });
});
