// FlopCounterMode counts what Python's does, for each module and operator, and prints its tables.
import torch, { type Tensor, TorchError, nn, utils } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { results } from './flop_counter.json';
import { classAndMessage } from '../errors';

const { FlopCounterMode, flopRegistry, registerFlopFormula } = utils.flopCounter;
type Options = utils.flopCounter.FlopCounterOptions;
interface Expected {
  total: number;
  counts: Record<string, Record<string, number>>;
  table: string;
  deep: string;
}

torch.setNumThreads(1);

const { ones } = torch;
const withGrad = (shape: number[]): Tensor => ones(shape, { requiresGrad: true });

class Branches extends nn.Module<[Tensor], Tensor> {
  readonly a = new nn.Linear(6, 6);
  readonly b = new nn.Sequential(new nn.Linear(6, 6), new nn.Tanh());
  override forward(x: Tensor): Tensor {
    return this.a(x).matmul(this.b(x).t());
  }
}

function step(module: unknown, ...inputs: Tensor[]): void {
  const out = (module as (...args: Tensor[]) => Tensor | [Tensor, unknown])(...inputs);
  (Array.isArray(out) ? out[0] : out).sum().backward();
}

const mlp = () => new nn.Sequential(new nn.Linear(8, 16), new nn.ReLU(), new nn.Linear(16, 4));
const cnn = () =>
  new nn.Sequential(
    ...[new nn.Conv2d(3, 4, 3, { padding: 1 }), new nn.BatchNorm2d(4), new nn.ReLU(), new nn.MaxPool2d(2)],
    ...[new nn.Flatten(), new nn.Linear(64, 5)],
  );
const transformer = () =>
  new nn.TransformerEncoder(
    new nn.TransformerEncoderLayer(16, 2, 32, { dropout: 0, batchFirst: true }),
    2,
    null,
    { enableNestedTensor: false },
  );
const convolution = (Conv: typeof nn.Conv1d, d: number) => () =>
  step(new Conv(4, 6, 3, { stride: 2, groups: 2 }), withGrad([2, 4, ...Array<number>(d).fill(7)]));

const x = ones([5, 8]);
const [a, b] = [ones([3, 4, 5]), ones([3, 5, 6])];
const q = withGrad([2, 4, 5, 8]);
const causal = ones([5, 5], { dtype: torch.bool }).tril();

const cases: Record<string, () => unknown> = {
  mlp: () => mlp()(x),
  'mlp, backward': () => step(mlp(), x),
  'mlp, gradient of the input': () => step(mlp(), withGrad([5, 8])),
  'mlp, inference mode': () => torch.inferenceMode(() => mlp()(x)),
  'mlp, no grad': () => torch.noGrad(() => mlp()(x)),
  'no bias': () => step(new nn.Linear(8, 3, { bias: false }), ones([2, 5, 8])),
  autocast: () => torch.autocast('cpu', { dtype: torch.bfloat16 }, () => step(mlp(), x)),
  branches: () => step(new Branches(), ones([3, 6])),
  'cnn, backward': () => step(cnn(), ones([2, 3, 8, 8])),
  ...Object.fromEntries(
    [1, 2, 3].flatMap((d) => [
      [`conv${d}d`, convolution(nn[`Conv${d as 1}d`], d)],
      [`conv_transpose${d}d`, convolution(nn[`ConvTranspose${d as 1}d`] as never, d)],
    ]),
  ),
  'lstm, backward': () => step(new nn.LSTM(4, 6, 2, { batchFirst: true }), ones([2, 5, 4])),
  'gru, backward': () => step(new nn.GRU(4, 6, { bidirectional: true }), ones([5, 2, 4])),
  'transformer, backward': () => step(transformer(), ones([2, 7, 16])),
  'attention with weights': () => {
    const y = ones([3, 2, 8]);
    step(new nn.MultiheadAttention(8, 2), y, y, y);
  },
  sdpa: () => F.scaledDotProductAttention(q, q, q).sum().backward(),
  'sdpa by products': () =>
    nn.attention.sdpaKernel(nn.attention.SDPBackend.MATH, () =>
      F.scaledDotProductAttention(q, q, q, { attnMask: causal }).sum().backward(),
    ),
  products: () => [
    ...[torch.bmm(a, b), torch.baddbmm(a.matmul(b), a, b), torch.addmm(ones([6]), a.at(0), b.at(0))],
    ...[a.at(0).mv(b.at(0).select(1, 0)), a.at(0).at(0).dot(b.at(0).select(1, 0))],
    torch.addbmm(ones([4, 6]), a, b),
  ],
  einsum: () => [
    ...[torch.einsum('bij,bjk->bik', a, b), torch.einsum('bij,bjk->ik', a, b), torch.cdist(a, a)],
    torch.linalg.multiDot([a.at(0), b.at(0), b.at(0).t()]),
  ],
  matmul: () => [
    ...[torch.matmul(a, b.at(0)), torch.matmul(a.at(0), b), torch.matmul(a, b.at(0).select(1, 0))],
    F.bilinear(ones([2, 3]), ones([2, 4]), ones([5, 3, 4])),
  ],
  vmap: () => torch.vmap((left: Tensor, right: Tensor) => left.mm(right))(a, b),
  'a tie': () => [ones([1, 1]).matmul(ones([1, 31])), ones([1, 1]).matmul(ones([1, 1]))],
  nothing: () => ones([3]).add(1),
  'a large one': () => ones([200, 300], { device: 'meta' }).matmul(ones([300, 9000], { device: 'meta' })),
  'depth 1': () => step(new Branches(), ones([3, 6])),
  'own formula': () => ones([3]).sin(),
};
const optionsOf: Record<string, Options> = {
  'depth 1': { depth: 1 },
  'own formula': { customMapping: { 'aten.sin': ([shape]) => (shape as number[])[0] * 7 } },
};

test('there is a case for each of the fixture', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(results).sort());
});

test.each(Object.entries(results as Record<string, Expected>))('%s', (name, expected) => {
  const counter = new FlopCounterMode({ display: false, ...optionsOf[name] });
  counter.run(cases[name]);
  const counts = [...counter.getFlopCounts()].map(([key, inner]) => [key, Object.fromEntries(inner)]);
  expect(Object.fromEntries(counts)).toEqual(expected.counts);
  expect(counter.getTotalFlops()).toBe(expected.total);
  expect(counter.getTable()).toBe(expected.table);
  expect(counter.getTable(9)).toBe(expected.deep);
});

test('counts anew each time, gives the result, and prints the table', () => {
  const printed = jest.spyOn(console, 'log').mockImplementation(() => {});
  const counter = new FlopCounterMode();
  expect(counter.run(() => ones([2, 3]).matmul(ones([3, 4])).shape)).toEqual([2, 4]);
  expect(counter.run(() => ones([2, 3]).matmul(ones([3, 5])).shape)).toEqual([2, 5]);
  expect(counter.getTotalFlops()).toBe(60);
  expect(printed.mock.calls.at(-1)).toEqual([counter.getTable()]);
  printed.mockRestore();
});

test('counters inside of counters count both, and an error ends them', () => {
  const [outer, inner] = [new FlopCounterMode({ display: false }), new FlopCounterMode({ display: false })];
  const product = () => ones([2, 3]).matmul(ones([3, 4]));
  outer.run(() => {
    product();
    expect(() =>
      inner.run(() => {
        product();
        throw new Error('mine');
      }),
    ).toThrow('mine');
    product();
  });
  product();
  expect([outer.getTotalFlops(), inner.getTotalFlops()]).toEqual([144, 48]);
  expect(() => outer.run(() => outer.run(product))).toThrow('FlopCounterMode.run(): it is running already');
  expect(() => outer.run(() => Promise.resolve(1))).toThrow('the function returned a promise');
});

test('an operator that throws does not count, nor what a kernel calls inside', () => {
  const counter = new FlopCounterMode({ display: false, customMapping: { 'aten.add': () => 1 } });
  counter.run(() => {
    expect(() => ones([2, 3]).matmul(ones([4, 5]))).toThrow(TorchError);
    torch.nn.functional.linear(ones([2, 3]), ones([4, 3])).add(1);
  });
  expect(counter.getTotalFlops()).toBe(2 * 4 * 3 * 2 + 1);
});

test('formulas are registered once, by names of operators', () => {
  const formula = registerFlopFormula(['aten.cos', 'aten.tan'], ([shape]) => (shape as number[]).length);
  expect(formula([[1, 2]], null)).toBe(2);
  const counter = new FlopCounterMode({ display: false });
  counter.run(() => ones([2, 3]).cos().tan());
  expect(counter.getTotalFlops()).toBe(4);
  expect(classAndMessage(() => registerFlopFormula('aten.cos', formula))).toBe(
    'RuntimeError: duplicate registrations for aten.cos',
  );
  expect(classAndMessage(() => registerFlopFormula('cos', formula))).toMatch(
    /^ValueError: register_flop_formula\(targets\): expected each target to be the name of an operator/,
  );
  flopRegistry.delete('aten.cos');
  flopRegistry.delete('aten.tan');
  registerFlopFormula('aten.cos', ([tensor]) => (tensor as Tensor).numel(), { getRaw: true });
  const raw = new FlopCounterMode({ display: false });
  raw.run(() => ones([2, 3]).cos());
  flopRegistry.delete('aten.cos');
  expect(raw.getTotalFlops()).toBe(6);
});
