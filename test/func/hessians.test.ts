// Second derivatives of functionals by hessian and by jacfwd twice, and operators under vmap, against hessians.json.
import * as torch from 'nodetorch';
import type { Tensor } from 'nodetorch';
import fixture from './hessians.json';
import { filled, run } from './values';

const { functional: F, LinearCrossEntropyOptions } = torch.nn;
const { func } = torch;

const CLASSES = torch.tensor([1n, 0n]);
const WEIGHT = filled([3]).add(2.5);
const T = filled([2, 3], 2);
const [T0, T1] = [T.select(0, 0), T.select(0, 1)];

type Functional = (x: Tensor) => Tensor;
const functionals: Record<string, [shape: number[], run: Functional]> = {
  softmax: [[2, 3], (x) => F.softmax(x, -1)],
  'softmax 0': [[2, 3], (x) => F.softmax(x, 0)],
  softmin: [[2, 3], (x) => F.softmin(x, 1)],
  logSoftmax: [[2, 3], (x) => F.logSoftmax(x, -1)],
  logsigmoid: [[2, 3], (x) => F.logsigmoid(x)],
  crossEntropy: [[2, 3], (x) => F.crossEntropy(x, CLASSES)],
  'crossEntropy weight': [[2, 3], (x) => F.crossEntropy(x, CLASSES, { weight: WEIGHT })],
  'crossEntropy sum': [[2, 3], (x) => F.crossEntropy(x, CLASSES, { weight: WEIGHT, reduction: 'sum' })],
  'crossEntropy none': [[2, 3], (x) => F.crossEntropy(x, CLASSES, { reduction: 'none' })],
  'crossEntropy smooth': [[2, 3], (x) => F.crossEntropy(x, CLASSES, { labelSmoothing: 0.25 })],
  'crossEntropy ignore': [[2, 3], (x) => F.crossEntropy(x, CLASSES, { ignoreIndex: 0 })],
  'crossEntropy one': [[3], (x) => F.crossEntropy(x, CLASSES.select(0, 0))],
  'crossEntropy 2d': [[1, 3, 1, 2], (x) => F.crossEntropy(x, CLASSES.view([1, 1, 2]), { weight: WEIGHT })],
  nllLoss: [[2, 3], (x) => F.nllLoss(x.mul(x), CLASSES, { weight: WEIGHT })],
  layerNorm: [[2, 3], (x) => F.layerNorm(x, [3])],
  'layerNorm weight': [[2, 3], (x) => F.layerNorm(x, [3], WEIGHT, T0)],
  groupNorm: [[2, 4], (x) => F.groupNorm(x, 2)],
  batchNorm: [[3, 2], (x) => F.batchNorm(x, null, null, { training: true })],
  'batchNorm weight': [
    [3, 2],
    (x) =>
      F.batchNorm(x, null, null, {
        weight: WEIGHT.narrow(0, 0, 2),
        bias: T0.narrow(0, 0, 2),
        training: true,
      }),
  ],
  'batchNorm eval': [[3, 2], (x) => F.batchNorm(x, WEIGHT.narrow(0, 0, 2), WEIGHT.narrow(0, 1, 2))],
  instanceNorm: [[1, 2, 3], (x) => F.instanceNorm(x)],
  rmsNorm: [[2, 3], (x) => F.rmsNorm(x, [3])],
  attention: [[1, 2, 2], (x) => F.scaledDotProductAttention(x, x.mul(2), x.add(1))],
  'attention causal': [[1, 2, 2], (x) => F.scaledDotProductAttention(x, x, x, { isCausal: true })],
  mseLoss: [[2, 3], (x) => F.mseLoss(x, T)],
  'mseLoss sum': [[2, 3], (x) => F.mseLoss(x, T, { reduction: 'sum' })],
  huberLoss: [[2, 3], (x) => F.huberLoss(x, T, { delta: 0.5 })],
  smoothL1Loss: [[2, 3], (x) => F.smoothL1Loss(x, T, { beta: 0.5 })],
  l1Loss: [[2, 3], (x) => F.l1Loss(x, T)],
  klDiv: [[2, 3], (x) => F.klDiv(F.logSoftmax(x, 1), F.softmax(T, 1), { reduction: 'batchmean' })],
  bce: [[2, 3], (x) => F.binaryCrossEntropy(torch.sigmoid(x), torch.sigmoid(T))],
  bceLogits: [[2, 3], (x) => F.binaryCrossEntropyWithLogits(x, torch.sigmoid(T))],
  poissonNllLoss: [[2, 3], (x) => F.poissonNllLoss(x, T.abs())],
  gaussianNllLoss: [[2, 3], (x) => F.gaussianNllLoss(x, T, T.abs().add(1))],
  softMarginLoss: [[2, 3], (x) => F.softMarginLoss(x, T.sign())],
  hingeEmbeddingLoss: [[2, 3], (x) => F.hingeEmbeddingLoss(x, T.sign())],
  multiMarginLoss: [[2, 3], (x) => F.multiMarginLoss(x, CLASSES)],
  multilabelSoftMarginLoss: [[2, 3], (x) => F.multilabelSoftMarginLoss(x, torch.sigmoid(T))],
  cosineEmbeddingLoss: [[2, 3], (x) => F.cosineEmbeddingLoss(x, T, torch.tensor([1n, -1n]))],
  tripletMarginLoss: [[2, 3], (x) => F.tripletMarginLoss(x, T, T.mul(2))],
  marginRankingLoss: [[2, 3], (x) => F.marginRankingLoss(x, T, T.sign())],
  cosineSimilarity: [[2, 3], (x) => F.cosineSimilarity(x, T)],
  pairwiseDistance: [[2, 3], (x) => F.pairwiseDistance(x, T)],
  normalize: [[2, 3], (x) => F.normalize(x)],
  linear: [[2, 3], (x) => F.linear(x, T)],
  bilinear: [[2, 3], (x) => F.bilinear(x, x, filled([2, 3, 3]))],
  conv1d: [[1, 2, 3], (x) => F.conv1d(x, filled([2, 2, 2]))],
  conv2d: [[1, 1, 3, 2], (x) => F.conv2d(x, filled([1, 1, 2, 2]), { padding: 1 })],
  convTranspose1d: [[1, 2, 3], (x) => F.convTranspose1d(x, filled([2, 2, 2]))],
  avgPool1d: [[1, 1, 4], (x) => F.avgPool1d(x, 2)],
  avgPool2d: [[1, 1, 2, 4], (x) => F.avgPool2d(x, 2)],
  maxPool1d: [[1, 1, 4], (x) => F.maxPool1d(x, 2)],
  maxPool2d: [[1, 1, 2, 4], (x) => F.maxPool2d(x, 2)],
  adaptiveAvgPool1d: [[1, 1, 4], (x) => F.adaptiveAvgPool1d(x, 2)],
  lpPool1d: [[1, 1, 4], (x) => F.lpPool1d(x, 2, 2)],
  interpolate: [[1, 1, 4], (x) => F.interpolate(x, { scaleFactor: 2, mode: 'linear' })],
  'interpolate nearest': [[1, 1, 4], (x) => F.interpolate(x, { scaleFactor: 2 })],
  pad: [[1, 1, 4], (x) => F.pad(x, [1, 1], { mode: 'reflect' })],
  pixelShuffle: [[1, 4, 1, 1], (x) => F.pixelShuffle(x, 2)],
  unfold: [[1, 1, 2, 3], (x) => F.unfold(x, 2)],
  relu: [[2, 3], (x) => F.relu(x)],
  relu6: [[2, 3], (x) => F.relu6(x)],
  gelu: [[2, 3], (x) => F.gelu(x)],
  'gelu tanh': [[2, 3], (x) => F.gelu(x, { approximate: 'tanh' })],
  silu: [[2, 3], (x) => F.silu(x)],
  mish: [[2, 3], (x) => F.mish(x)],
  elu: [[2, 3], (x) => F.elu(x)],
  selu: [[2, 3], (x) => F.selu(x)],
  celu: [[2, 3], (x) => F.celu(x)],
  leakyRelu: [[2, 3], (x) => F.leakyRelu(x)],
  prelu: [[2, 3], (x) => F.prelu(x, torch.tensor([0.25]))],
  glu: [[2, 4], (x) => F.glu(x)],
  softplus: [[2, 3], (x) => F.softplus(x)],
  softsign: [[2, 3], (x) => F.softsign(x)],
  tanhshrink: [[2, 3], (x) => F.tanhshrink(x)],
  hardtanh: [[2, 3], (x) => F.hardtanh(x)],
  hardswish: [[2, 3], (x) => F.hardswish(x)],
  hardsigmoid: [[2, 3], (x) => F.hardsigmoid(x)],
  hardshrink: [[2, 3], (x) => F.hardshrink(x)],
  softshrink: [[2, 3], (x) => F.softshrink(x)],
  threshold: [[2, 3], (x) => F.threshold(x, 0.25, 2)],
  embedding: [[2, 3], (x) => F.embedding(CLASSES, x)],
  localResponseNorm: [[1, 3, 2], (x) => F.localResponseNorm(x, 2)],
  trace: [[2, 3], (x) => torch.trace(x).mul(x)],
  linearCrossEntropy: [[2, 3], (x) => F.linearCrossEntropy(x, T, CLASSES)],
};

const { forwardAd } = torch.autograd;
const chunked = (reduction: 'mean' | 'sum' | 'none') => (x: Tensor) =>
  F.linearCrossEntropy(x, T, CLASSES, {
    reduction,
    options: new LinearCrossEntropyOptions({ batchChunkSize: 1, allowRetainGraph: true }),
  });
const X = filled([2, 3]);
const B = filled([4, 2, 3]);
const [X0, X1] = [X.select(0, 0), X.select(0, 1)];
const targets = torch.tensor([[1n, 0n], [2n, 2n], [0n, 1n], [1n, 1n]]); // prettier-ignore
const halfT = T.bfloat16();

const cases: Record<string, () => unknown> = {
  'vmap nllLoss': () => func.vmap((x: Tensor, t: Tensor) => F.nllLoss(x, t))(B, targets),
  'vmap crossEntropy': () => func.vmap((x: Tensor) => F.crossEntropy(x, CLASSES, { weight: WEIGHT }))(B),
  'vmap grad crossEntropy': () =>
    func.vmap(func.grad((x: Tensor) => F.crossEntropy(x, CLASSES, { weight: WEIGHT })))(B),
  'vmap grad nllLoss half': () =>
    func
      .vmap(func.grad((x: Tensor) => F.nllLoss(x, CLASSES)))(B.bfloat16())
      .float(),
  'vmap grad mseLoss': () => func.vmap(func.grad((x: Tensor) => F.mseLoss(x, T)))(B),
  'vmap grad mseLoss half': () =>
    func
      .vmap(func.grad((x: Tensor) => F.mseLoss(x, halfT)))(B.bfloat16())
      .float(),
  'vmap grad smoothL1Loss': () => func.vmap(func.grad((x: Tensor) => F.smoothL1Loss(x, T, { beta: 0.3 })))(B),
  'vmap grad huberLoss': () => func.vmap(func.grad((x: Tensor) => F.huberLoss(x, T, { delta: 0.3 })))(B),
  'vmap addr': () =>
    func.vmap((m: Tensor) => torch.addr(m, T0.narrow(0, 0, 2), T1, { beta: 0.3, alpha: 1.7 }))(B),
  'vmap addr zero': () => func.vmap((m: Tensor) => torch.addr(m, T0.narrow(0, 0, 2), T1, { beta: 0 }))(B),
  'vmap conj': () =>
    func
      .vmap((z: Tensor) => torch.conj(z))(torch.complex(X, X.add(1)))
      .resolveConj(),
  'vmap eigvals': () => func.vmap((m: Tensor) => torch.linalg.eigvals(m))(filled([3, 2, 2])),
  'vmap linspace': () => func.vmap((a: Tensor, b: Tensor) => torch.linspace(a, b, 5))(X0, X1),
  'vmap linspace one': () => func.vmap((a: Tensor) => torch.linspace(a, 2.5, 5))(X0),
  'vmap logspace': () => func.vmap((a: Tensor, b: Tensor) => torch.logspace(a, b, 5))(X0, X1),
  'grad linearCrossEntropy': () => func.grad(chunked('mean'))(X),
  'vmap grad linearCrossEntropy': () => func.vmap(func.grad(chunked('mean')))(B),
  'vmap linearCrossEntropy': () => func.vmap(chunked('sum'))(B),
  'vmap linearCrossEntropy none': () => func.vmap(chunked('none'))(B),
};

const summed = (f: Functional) => (x: Tensor) => {
  const y = f(x);
  return y.mul(y).sum();
};

const each = (f: (functional: Functional, x: Tensor) => unknown) =>
  Object.fromEntries(
    Object.entries(functionals).map(([name, [shape, g]]) => [name, run(() => f(summed(g), filled(shape)))]),
  );

test('hessian of each functional', () => {
  expect(each((f, x) => func.hessian(f)(x))).toEqual(fixture.hessians);
});
test('jacfwd of jacfwd of each functional', () => {
  expect(each((f, x) => func.jacfwd(func.jacfwd(f))(x))).toEqual(fixture.forward);
});
// torch.autograd.functional: row by row, vectorized, and by forward mode.
const { hessian, jacobian } = torch.autograd.functional;
const twice =
  (f: Functional) =>
  (a: Tensor, b: Tensor): Tensor[] => [f(a).mul(b.sum()), b];
const autograd: ((f: Functional, x: Tensor) => unknown)[] = [
  (f, x) => jacobian(f, x),
  (f, x) => jacobian(f, x, { vectorize: true }),
  (f, x) => jacobian(f, x, { vectorize: true, strategy: 'forward-mode' }),
  (f, x) => jacobian(f, x, { createGraph: true, vectorize: true }),
  (f, x) => jacobian(twice(f), [x, x.mul(2)], { vectorize: true }),
  (f, x) => jacobian(twice(f), [x, x.mul(2)], { vectorize: true, strategy: 'forward-mode' }),
  (f, x) => hessian(summed(f), x),
  (f, x) => hessian(summed(f), x, { vectorize: true }),
  (f, x) => hessian(summed(f), x, { vectorize: true, outerJacobianStrategy: 'forward-mode' }),
  (f, x) => hessian((a, b) => summed(f)(a).mul(b.sum()), [x, x.mul(2)], { vectorize: true }),
];
test.each(Object.keys(functionals))('torch.autograd.functional of %s', (name) => {
  const [shape, f] = functionals[name];
  const found = autograd.map((make) => run(() => make(f, filled(shape))));
  expect(found).toEqual((fixture.autograd as Record<string, string[]>)[name]);
});
test('operators under vmap', () => {
  expect(Object.fromEntries(Object.entries(cases).map(([name, f]) => [name, run(f)]))).toEqual(fixture.cases);
});

test('the chunks of linearCrossEntropy under transforms that Python refuses', () => {
  for (const reduction of ['mean', 'none'] as const) {
    const whole = (x: Tensor): Tensor => F.linearCrossEntropy(x, T, CLASSES, { reduction });
    const f = chunked(reduction);
    const sum = (g: Functional) => (x: Tensor) => g(x).sum();
    const both = (use: (g: Functional) => unknown): void =>
      expect(run(() => use(f))).toBe(run(() => use(whole)));
    both((g) => func.jvp(g, [X], [T]));
    both((g) => func.jacfwd(g)(X));
    both((g) => func.hessian(sum(g))(X));
    both((g) => func.grad((x: Tensor) => func.grad(sum(g))(x).pow(2).sum())(X));
    both((g) => func.grad((x: Tensor) => func.vmap(g)(x).sum())(B));
    both((g) => func.jvp(func.vmap(g), [B], [B]));
    both((g) => forwardAd.dualLevel(() => forwardAd.unpackDual(g(forwardAd.makeDual(X, T))).tangent));
  }
  expect(
    func
      .jacrev(chunked('none'))(X)
      .allclose(func.jacrev((x: Tensor) => F.linearCrossEntropy(x, T, CLASSES, { reduction: 'none' }))(X)),
  ).toBe(true);
});
