// nn.init against Python: the same seed fills a tensor with the same bits.
import torch, { nn, type Tensor } from 'nodetorch';
import { expectSameRows, expectTensor, fixtureOf, type StoredTensor } from './fixture';

const { init } = nn;
const fixture = fixtureOf<{
  init: Record<string, StoredTensor>;
  gains: [string, number | null, number][];
}>('module');

// The old names warn.
beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterAll(() => jest.restoreAllMocks());

const empty = (...shape: number[]): Tensor => torch.empty(shape);
const generator = (): torch.Generator => new torch.Generator().manualSeed(99);

const cases: Record<string, () => Tensor> = {
  uniform_: () => init.uniform_(empty(3, 5)),
  'uniform_/bounds': () => init.uniform_(empty(3, 5), -0.25, 2.5, { generator: generator() }),
  normal_: () => init.normal_(empty(3, 5)),
  'normal_/std': () => init.normal_(empty(5, 7), 1, 0.02, { generator: generator() }),
  truncNormal_: () => init.truncNormal_(empty(8, 9)),
  'truncNormal_/std': () => init.truncNormal_(empty(8, 9), { std: 0.02 }),
  'truncNormal_/redraw': () =>
    init.truncNormal_(empty(20, 9), 0.1, 1, { a: -0.5, b: 0.6, generator: generator() }),
  'truncNormal_/reject': () => init.truncNormal_(empty(8, 9), 0, 1, { a: 0.9, b: 1.1 }),
  'truncNormal_/tail': () => init.truncNormal_(empty(8, 9), 0, 1, { a: 2.5, b: 6 }),
  'truncNormal_/bfloat16': () =>
    init.truncNormal_(torch.empty([8, 9], { dtype: torch.bfloat16 }), 0, 1, { a: -0.7, b: 0.7 }),
  constant_: () => init.constant_(empty(2, 3), 0.3),
  ones_: () => init.ones_(empty(2, 3)),
  zeros_: () => init.zeros_(empty(2, 3)),
  eye_: () => init.eye_(empty(2, 3)),
  dirac_: () => init.dirac_(empty(3, 4, 5)),
  'dirac_/groups': () => init.dirac_(empty(4, 2, 3, 3), 2),
  'dirac_/3d': () => init.dirac_(empty(2, 2, 3, 2, 1)),
  xavierUniform_: () => init.xavierUniform_(empty(3, 5)),
  'xavierUniform_/gain': () => init.xavierUniform_(empty(3, 5, 2), { gain: init.calculateGain('relu') }),
  xavierNormal_: () => init.xavierNormal_(empty(3, 5), 1.5),
  kaimingUniform_: () => init.kaimingUniform_(empty(3, 5)),
  'kaimingUniform_/options': () =>
    init.kaimingUniform_(empty(3, 5, 2, 2), { a: 0.3, mode: 'fan_out', generator: generator() }),
  kaimingNormal_: () => init.kaimingNormal_(empty(3, 5), { mode: 'fan_out', nonlinearity: 'relu' }),
  'kaimingNormal_/empty': () => init.kaimingNormal_(empty(0, 5)),
  orthogonal_: () => init.orthogonal_(empty(4, 4)),
  'orthogonal_/wide': () => init.orthogonal_(empty(3, 2, 4), { gain: 2 }),
  'orthogonal_/tall': () => init.orthogonal_(empty(6, 3), { generator: generator() }),
  sparse_: () => init.sparse_(empty(7, 4), 0.3),
  'sparse_/std': () => init.sparse_(empty(7, 4), 0.5, 0.2),
  uniform: () => init.uniform(empty(2, 3)),
  normal: () => init.normal(empty(2, 3)),
  constant: () => init.constant(empty(2, 3), 2),
  eye: () => init.eye(empty(3, 2)),
  dirac: () => init.dirac(empty(2, 2, 3)),
  xavierUniform: () => init.xavierUniform(empty(3, 2)),
  xavierNormal: () => init.xavierNormal(empty(3, 2)),
  kaimingUniform: () => init.kaimingUniform(empty(3, 2)),
  kaimingNormal: () => init.kaimingNormal(empty(3, 2)),
  orthogonal: () => init.orthogonal(empty(3, 2)),
  sparse: () => init.sparse(empty(3, 2), 0.4),
  'truncNormal_/positional': () =>
    init.truncNormal_(empty(4, 5), 0.2, 0.5, -0.5, 1, { generator: generator() }),
  'truncNormal_/float64': () => init.truncNormal_(torch.empty([4, 5], { dtype: torch.float64 }), { b: 0.1 }),
  'truncNormal_/far': () => init.truncNormal_(empty(4, 5), { mean: -9 }),
  'kaimingUniform_/positional': () => init.kaimingUniform_(empty(3, 5), 0.2, 'fan_out', 'leaky_relu'),
  'kaimingNormal_/positional': () =>
    init.kaimingNormal_(empty(3, 5), 0, 'fan_in', 'tanh', { generator: generator() }),
  'normal_/bfloat16': () => init.normal_(torch.empty([3, 5], { dtype: torch.bfloat16 }), { std: 0.1 }),
  'uniform_/strided': () => init.uniform_(empty(5, 3).t()),
  'xavierNormal_/generator': () => init.xavierNormal_(empty(3, 5, 2), { generator: generator() }),
  'orthogonal_/channels last': () => init.orthogonal_(empty(4, 3, 1, 1)),
  'orthogonal_/float64': () => init.orthogonal_(torch.empty([3, 5], { dtype: torch.float64 }), 0.5),
  'orthogonal_/empty': () => init.orthogonal_(empty(0, 5)),
  'sparse_/generator': () => init.sparse_(empty(7, 4), 0.3, 0.1, { generator: generator() }),
  'sparse_/all': () => init.sparse_(empty(3, 2), 1),
  'eye_/tall': () => init.eye_(torch.empty([4, 2], { dtype: torch.int64 })),
  'dirac_/few inputs': () => init.dirac_(empty(6, 2, 4), 2),
};

test('every exported function has a row', () => {
  const covered = new Set(Object.keys(cases).map((name) => name.split('/')[0]));
  const elsewhere = ['calculateGain', '_calculateFanInAndFanOut'];
  const missing = Object.keys(init).filter((name) => !covered.has(name) && !elsewhere.includes(name));
  expect(missing).toEqual([]);
});

test('rows and fixtures have the same names', () => {
  expectSameRows(Object.keys(cases), fixture.init);
});

test.each(Object.entries(fixture.init))('%s', (name, expected) => {
  torch.manualSeed(fixture.seed);
  expectTensor(cases[name](), expected, name);
});

test('gives back the very tensor, and records no gradient', () => {
  const weight = new nn.Parameter(empty(2, 3));
  expect(init.kaimingNormal_(weight)).toBe(weight);
  expect(weight.gradFn).toBe(null);
});

test.each(fixture.gains)('calculateGain(%s, %s)', (nonlinearity, param, expected) => {
  expect(init.calculateGain(nonlinearity as 'relu', param)).toBe(expected);
});

test('counts what a weight takes in and gives out', () => {
  expect(init._calculateFanInAndFanOut(empty(3, 5, 2, 2))).toEqual([20, 12]);
});

test('leaves tensors without memory alone', () => {
  const weight = torch.empty([4, 3, 3], { device: 'meta' });
  for (const fill of [init.kaimingUniform_, init.truncNormal_, init.orthogonal_, init.dirac_, init.zeros_])
    expect(fill(weight)).toBe(weight);
});
