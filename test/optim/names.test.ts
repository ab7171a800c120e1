// Optimizers that know the names of their parameters: a state goes where its name is.
import path from 'node:path';
import torch, { nn, optim } from 'nodetorch';
import expected from '../fixtures/optim_names.json';

type Checkpoint = Map<'model' | 'optimizer', never>;
const read = () => torch.load<Checkpoint>(path.join(__dirname, '../fixtures/optim_names.pt'));
const warned = (): string[] =>
  (process.emitWarning as unknown as jest.Mock).mock.calls.map(([text]) => String(text));
beforeEach(() => void jest.spyOn(process, 'emitWarning').mockImplementation());
afterEach(() => jest.restoreAllMocks());

// Python has `first` before `second`, and weights before biases.
class Turned extends nn.Module {
  second = new nn.Linear(2, 2);
  first = new nn.Linear(2, 2);
}
const named = (module: nn.Module, prefix: string) => [...module.namedParameters({ prefix })].reverse();

it('goes on as Python does, whatever the order', () => {
  const model = new Turned();
  const adam = new optim.Adam(
    [{ params: named(model.first, 'first') }, { params: named(model.second, 'second'), lr: 0.05 }],
    { lr: 0.1 },
  );
  model.loadStateDict(read().get('model')!);
  adam.loadStateDict(read().get('optimizer')!);
  expect(adam.paramGroups.map((group) => group.param_names)).toEqual([
    ['first.bias', 'first.weight'],
    ['second.bias', 'second.weight'],
  ]);
  const x = torch.tensor([[1, 2], [3, -4]]); // prettier-ignore
  model.second(model.first(x).tanh()).pow(2).sum().backward();
  adam.step();
  for (const [name, values] of Object.entries(expected.weights)) {
    expect(model.stateDict().get(name)!.flatten().tolist()).toEqual(values);
  }
  // Python's own order comes back by order.
  const saved = adam.stateDict();
  expect(saved.param_groups.map(({ params }) => params)).toEqual([[0, 1], [2, 3]]); // prettier-ignore
  expect(saved.state.get(0)!.exp_avg).toHaveProperty('shape', [2]);
});

const leaf = (size: number) => torch.ones([size], { requiresGrad: true });
const moved = (names: string, sizes: Record<string, number>) => {
  const optimizer = new optim.SGD(
    [...names].map((name) => [name, leaf(sizes[name])] as const),
    { momentum: 1 },
  );
  for (const param of optimizer.paramGroups[0].params) param.grad = param.detach().clone();
  optimizer.step();
  return optimizer.stateDict();
};

it('finds a name in another group', () => {
  const [a, b, c] = [leaf(1), leaf(2), leaf(3)];
  const from = moved('abc', { a: 1, b: 2, c: 3 });
  from.param_groups = [
    { ...from.param_groups[0], params: [0, 1], param_names: ['a', 'b'] },
    { ...from.param_groups[0], params: [2], param_names: ['c'] },
  ];
  const to = new optim.SGD([{ params: [['c', c], ['a', a]] }, { params: [['b', b]] }], { momentum: 1 }); // prettier-ignore
  to.loadStateDict(from);
  for (const param of [a, b, c])
    expect((to.state.get(param)!.momentum_buffer as torch.Tensor).shape).toEqual(param.shape);
  expect(to.paramGroups.map((group) => group.param_names)).toEqual([['c', 'a'], ['b']]);
});

describe('by order, as Python', () => {
  const sizes = { a: 2, b: 2, c: 2, x: 2, y: 2 };
  const load = (names: string, saved: optim.OptimizerStateDict) => {
    const params = [...names].map((name) => [name, leaf(2)] as const);
    const optimizer = new optim.SGD(params, { momentum: 1 });
    saved.state.get(0)!.momentum_buffer = torch.tensor([7, 7]);
    optimizer.loadStateDict(saved);
    const first = optimizer.state.get(params[0][1])!.momentum_buffer as torch.Tensor;
    return [first.tolist(), optimizer.paramGroups[0].param_names];
  };
  it('of names that are others altogether, which replace those here', () => {
    expect(load('xy', moved('ab', sizes))).toEqual([
      [7, 7],
      ['a', 'b'],
    ]);
    expect(warned()).toEqual([]);
  });
  it('of names that are partly others, with a warning', () => {
    expect(load('bc', moved('ab', sizes))).toEqual([
      [7, 7],
      ['a', 'b'],
    ]);
    expect(warned()).toEqual([expect.stringContaining("that of 'b' to 'c'")]);
  });
  it('of names that are there twice, or on one side alone', () => {
    expect(load('ab', moved('aa', sizes))).toEqual([
      [7, 7],
      ['a', 'a'],
    ]);
    const saved = moved('ba', sizes);
    delete saved.param_groups[0].param_names;
    expect(load('ab', saved)).toEqual([
      [7, 7],
      ['a', 'b'],
    ]);
  });
});

it('refuses another order for a state that is one for all: LBFGS', () => {
  const make = (names: string) => new optim.LBFGS([...names].map((name) => [name, leaf(2)] as const));
  const saved = make('ab').stateDict();
  expect(() => make('ba').loadStateDict(saved)).toThrow(
    "loaded state dict has the parameters in another order, from 'a' on, where the optimizer has 'b'",
  );
  make('ab').loadStateDict(saved);
});

// Python 2.13 writes param_names for each of them.
const optimizers = ['Adadelta', 'Adafactor', 'Adagrad', 'Adam', 'AdamW', 'Adamax', 'ASGD', 'LBFGS', 'Muon', 'NAdam', 'RAdam', 'RMSprop', 'Rprop', 'SGD', 'SparseAdam'] as const; // prettier-ignore
it.each(optimizers)('%s takes names and writes them', (name) => {
  const model = new nn.Linear(2, 2, { bias: false });
  const Class = optim[name] as new (params: unknown) => optim.Optimizer;
  for (const given of [
    model.namedParameters(),
    [['weight', model.weight]],
    new Map([['weight', model.weight]]),
  ]) {
    expect(new Class(given).stateDict().param_groups[0]).toMatchObject({
      params: [0],
      param_names: ['weight'],
    });
  }
});

it('refuses names for some', () => {
  const [a, b] = [leaf(1), leaf(1)];
  expect(() => new optim.SGD([['a', a], b])).toThrow(
    'all optimizer params should be with/without names. Some param names are missing',
  );
  const optimizer = new optim.SGD([['a', a]]);
  expect(() => optimizer.addParamGroup({ params: [b] })).toThrow(
    'all optimizer param groups should be with/without names. cannot add param group without names to the optimizer',
  );
  optimizer.addParamGroup({ params: [['b', b]] });
});
