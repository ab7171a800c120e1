// Chunks, randomness and stacked modules under vmap, and linearize, against vmaps.json.
import * as torch from 'nodetorch';
import { nn, type Tensor } from 'nodetorch';
import { filled, run } from './values';
import fixture from './vmaps.json';

const { func } = torch;
const F = nn.functional;
const [X, Y] = [filled([5, 3]), filled([5, 3], 2)];

type Two = (x: Tensor, y: Tensor) => unknown;
const functions: Record<string, Two> = {
  mul: (x, y) => x.mul(y).add(x),
  softmax: (x, y) => F.softmax(x.mul(y), 0),
  several: (x, y) => [x.sum(), { a: y.mul(2), b: x.outer(y) }],
  grad: (x, y) => func.grad((z: Tensor) => z.mul(y).sin().sum())(x),
  jacfwd: (x, y) => func.jacfwd((z: Tensor) => z.sin().mul(y))(x),
  rand: (x) => x.add(torch.rand([3])),
  'randn of both': (x, y) =>
    torch
      .randn([3])
      .mul(x)
      .add(torch.randn([2, 3]).mul(y)),
  randn_like: (x, y) => torch.randnLike(x).mul(y),
  dropout: (x, y) => F.dropout(x, 0.5).add(y),
  bernoulli: (x, y) => torch.bernoulli(x.sigmoid()).add(y),
  randperm: (x) => x.at(torch.randperm(3)),
  normal: (x, y) => torch.normal(x, y.abs()),
  multinomial: (x) => torch.multinomial(x.exp(), 2),
  exponential_: (x) => torch.empty([3]).exponential_().mul(x),
  randint: (x) => torch.randint(0, 9, [3]).mul(x),
  rrelu: (x) => F.rrelu(x, { training: true }),
};

function mapped(f: Two, options: torch.func.VmapOptions = {}): string {
  return run(() => {
    torch.manualSeed(5);
    const y = (options.inDims as number[] | undefined)?.[1] === null ? Y.select(0, 0) : Y;
    const result = func.vmap(f, options)(X, y);
    return [result, torch.rand([1])]; // where the generator stands now
  });
}

const CHUNKS = [null, 1, 2, 4, 5, 9];
const DIMS = [[0, 0], [0, null], [null, 0], [-2, 0]]; // prettier-ignore
type Table = Record<string, string[]>;

test.each(Object.keys(functions))('chunks of vmap: %s', (name) => {
  const options = CHUNKS.flatMap((chunkSize) => DIMS.map((inDims) => ({ chunkSize, inDims })));
  const cells = options.map((some) => mapped(functions[name], { ...some, randomness: 'different' }));
  expect(cells).toEqual((fixture.chunks as Table)[name]);
});

test.each(Object.keys(functions))('randomness of vmap: %s', (name) => {
  const modes = (['error', 'same'] as const).flatMap((mode) =>
    [null, 2].map((size) => [mode, size] as const),
  );
  const cells = modes.map(([randomness, chunkSize]) => mapped(functions[name], { randomness, chunkSize }));
  expect(cells).toEqual((fixture.randomness as Table)[name]);
});

class Net extends nn.Module<[Tensor], Tensor> {
  readonly first = new nn.Linear(3, 4);
  readonly norm = new nn.BatchNorm1d(4);
  constructor(start: number) {
    super();
    torch.noGrad(() => {
      for (const p of this.parameters()) p.copy_(filled([...p.shape], start));
      this.norm.running_mean!.copy_(filled([4], start));
    });
  }
  override forward(x: Tensor): Tensor {
    return this.norm(this.first(x)).tanh();
  }
}
const models = (): Net[] => [1, 2, 3].map((start) => new Net(start).eval());

type State = Record<string, Tensor>;
const call = (base: Net) => (p: State, b: State, x: Tensor) => func.functionalCall(base, [p, b], [x]);
function ensemble(inDim: number | null, chunkSize: number | null = null): unknown {
  const [params, buffers] = func.stackModuleState(models());
  const data = inDim === null ? X : filled([3, 5, 3]);
  return func.vmap(call(models()[0]), { inDims: [0, 0, inDim], chunkSize })(params, buffers, data);
}

function ensembleGradients(): unknown {
  const [params, buffers] = func.stackModuleState(models());
  const one = call(models()[0]);
  const loss = (p: State, b: State, x: Tensor) => one(p, b, x).square().sum();
  return func.vmap(func.grad<[State, State, Tensor], unknown>(loss), { inDims: [0, 0, null] })(
    params,
    buffers,
    X,
  );
}

function trained(): Tensor {
  const frozen = models();
  for (const model of frozen) model.first.weight.requiresGrad_(false);
  const tensors = Object.values(func.stackModuleState(frozen)[0]);
  return torch.tensor([...tensors.map((p) => p.requiresGrad), ...tensors.map((p) => p.isLeaf)]);
}

function halfFrozen(): Net[] {
  const [first, second] = models();
  first.first.weight.requiresGrad_(false);
  return [first, second];
}

// The result of an operator that gives a lazy conjugate, with its tangent.
function solved(): boolean[] {
  const [lu, pivots] = torch.linalg.luFactor(torch.complex(filled([2, 3, 3]), filled([2, 3, 3], 4)));
  const one = pivots.select(0, 0);
  const solve = func.vmap((a: Tensor, b: Tensor) => torch.linalg.luSolve(a, one, b, { left: false }));
  const b = torch.complex(filled([2, 1, 3]), filled([2, 1, 3], 5));
  return (func.jvp(solve, [lu, b], [lu.mul(0.5), b.mul(0.5)]) as Tensor[]).map((x) => x.isConj());
}

// Of what does not depend on what is mapped.
function strides(): number[] {
  const again = func.jacrev(func.jacrev((x: Tensor) => x.unsqueeze(0)))(X.select(0, 0).select(0, 0));
  return [
    ...again.stride(),
    ...func
      .vmap((_: Tensor) => Y)(X)
      .stride(),
  ];
}

const cases: Record<string, () => unknown> = {
  solved: () => torch.tensor(solved()),
  strides: () => torch.tensor(strides().map(BigInt)),
  stacked: () => func.stackModuleState(models()),
  'stacked none': () => func.stackModuleState([]),
  'stacked modes': () => func.stackModuleState([new Net(1), new Net(2).eval()]),
  'stacked classes': () => func.stackModuleState([new Net(1), new nn.Linear(3, 4)]),
  'stacked half frozen': () => func.stackModuleState(halfFrozen()),
  trained,
  ensemble: () => ensemble(null),
  'ensemble of data': () => ensemble(0),
  'ensemble in chunks': () => ensemble(0, 2),
  'ensemble gradients': ensembleGradients,
};

test('stackModuleState and vmap over modules', () => {
  expect(Object.fromEntries(Object.entries(cases).map(([name, f]) => [name, run(f)]))).toEqual(fixture.cases);
});

function pushed(f: (...primals: never[]) => unknown, ...primals: Tensor[]): string {
  return run(() => {
    torch.manualSeed(5);
    const [output, push] = func.linearize(f, ...primals);
    const tangents = [3, 4].map((start) => primals.map((p) => filled([...p.shape], start)));
    return [output, ...tangents.map((each) => push(...each)), torch.rand([1])];
  });
}

function inPlace(x: Tensor): Tensor {
  const y = torch.zeros([5, 3]);
  y.setAt('1:3', x.at(':2'));
  y.add_(1);
  y.select(0, 0).mul_(x.select(0, 3));
  return y.mul(x);
}

const sin = (x: Tensor): Tensor => x.sin();
const linearized: Record<string, () => string> = {
  sin: () => pushed(sin, X),
  two: () => pushed((x: Tensor, y: Tensor) => [x.mul(y), { s: x.sum(), c: torch.ones([2]) }], X, Y),
  softmax: () => pushed((x: Tensor) => F.softmax(x, 1).matmul(x.t()), X),
  layerNorm: () => pushed((x: Tensor) => F.layerNorm(x, [3]), X),
  attention: () =>
    pushed((x: Tensor) => F.scaledDotProductAttention(x.at(null), x.at(null).mul(2), x.at(null)), X),
  net: () => pushed(new Net(1).eval() as never, X),
  dropout: () => pushed((x: Tensor) => F.dropout(x.sin()), X),
  'in place': () => pushed(inPlace, X),
  branching: () => pushed((x: Tensor) => (x.shape[0] > 3 ? x.mul(2) : x.sin()), X),
  vmap: () =>
    pushed(
      func.vmap((r: Tensor) => r.cumprod(0)),
      X,
    ),
  grad: () =>
    pushed(
      func.grad((x: Tensor) => x.pow(3).sum()),
      X,
    ),
  jacrev: () =>
    pushed(
      func.jacrev((x: Tensor) => x.pow(3).sum(1)),
      X,
    ),
  scalar: () => pushed((x: Tensor) => x.exp().mul(x), X.select(0, 0).select(0, 0)),
  view: () => pushed((x: Tensor) => x.t(), X),
  same: () => pushed((x: Tensor) => x, X),
  shape: () => run(() => func.linearize(sin, X)[1](X.select(0, 0))),
  dtype: () => run(() => func.linearize(sin, X)[1](X.double())),
};

describe('linearize', () => {
  test.each(Object.keys(linearized))('%s', (name) => {
    expect(linearized[name]()).toBe((fixture.linearized as Record<string, string>)[name]);
  });
  test('a product does not run the function', () => {
    let calls = 0;
    const [, push] = func.linearize((x: Tensor) => (calls++, x.sin().mul(x)), X);
    const before = calls;
    expect(push(Y).tolist()).toEqual(func.jvp((x: Tensor) => x.sin().mul(x), [X], [Y])[1].tolist());
    expect(calls).toBe(before);
  });
  test('what it keeps is of its time', () => {
    const [factor, x] = [torch.full([3], 2), torch.ones([3])];
    const [, push] = func.linearize((v: Tensor) => v.mul(factor), x);
    expect(push(torch.ones([3])).tolist()).toEqual([2, 2, 2]);
    // A product may itself be mapped over, and differentiated.
    expect(func.vmap(push as never)(torch.ones([2, 3]) as never)).toBeInstanceOf(torch.Tensor);
    expect(
      func
        .grad((t: Tensor) => (push(t) as Tensor).pow(2).sum())(torch.ones([3]))
        .tolist(),
    ).toEqual([8, 8, 8]);
  });
  test('within a transform', () => {
    const nested = func.grad((v: Tensor) => (func.linearize(sin, v)[1](v) as Tensor).sum());
    const plain = func.grad((v: Tensor) => v.cos().mul(v).sum());
    expect(torch.allclose(nested(X), plain(X))).toBe(true);
  });
});
