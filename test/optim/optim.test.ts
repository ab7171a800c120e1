// Some steps of every optimizer with every option and form: bit for bit what Python gives.
import torch, { optim } from 'nodetorch';
import fixture from '../fixtures/optim.json';
import { type Case, digestOf, keywords, makeOptimizer, run, start, stateOf, step, stepsOf } from './run';

type Row = Case & { digests: string; repr?: string; resumed?: string };
const rows = fixture.cases as unknown as Row[];
const title = ({ name, options, form, dtype, tensor_lr }: Row) =>
  [name, form, dtype, tensor_lr ? 'tensor lr' : '', JSON.stringify(options)].filter(Boolean).join(' ');

describe.each(rows.map((row) => [title(row), row] as const))('%s', (_, row) => {
  it('equals Python after every step', () => {
    const [digests, repr] = run(row);
    expect(digests.join(' ')).toBe(row.digests);
    if (row.repr !== undefined) expect(repr).toBe(row.repr);
  });
  if (row.form.includes('differentiable') || !/^[0-9a-f]{12} /.test(row.digests)) return;
  it('goes on from a state_dict', () => {
    const first = start(row);
    const steps = stepsOf(row.name);
    for (let i = 0; i < steps / 2; i++) step(first.optimizer, first.params, row.dtype);
    const second = makeOptimizer(row.name, first.params, keywords(row));
    second.loadStateDict(first.optimizer.stateDict());
    for (let i = steps / 2; i < steps; i++) step(second, first.params, row.dtype);
    // Python converts some counters to the parameter's dtype, and goes on differently.
    const last = row.resumed ?? row.digests.split(' ').at(-1);
    expect(digestOf(first.params, stateOf(second))).toBe(last);
  });
});

it('has a row for every optimizer', () => {
  const named = new Set(rows.map(({ name }) => name));
  const exported = Object.entries(optim as object).filter(
    ([name, value]) =>
      typeof value === 'function' && value !== optim.Optimizer && /^[A-Z]/.test(name) && 'prototype' in value,
  );
  expect(exported.filter(([name]) => !named.has(name))).toEqual([]);
});

// Python's two forms of Adam do the same operations in the same order.
it('moves hundreds of parameters as libtorch moves lists of them', () => {
  const make = (foreach: boolean) => {
    const params = Array.from({ length: 400 }, (_, i) => torch.ones([1 + (i % 3)], { requiresGrad: true }));
    for (const [i, param] of params.entries()) param.grad = torch.full([1 + (i % 3)], (i - 200) / 7);
    return {
      params,
      optimizer: new optim.Adam(params, { lr: 0.1, weightDecay: 0.03, amsgrad: true, foreach }),
    };
  };
  const [one, other] = [make(false), make(true)];
  for (let i = 0; i < 3; i++) {
    one.optimizer.step();
    other.optimizer.step();
  }
  expect(one.params.map((param) => param.tolist())).toEqual(other.params.map((param) => param.tolist()));
  expect([...one.optimizer.state.values()].every(({ step }) => (step as torch.Tensor).item() === 3)).toBe(
    true,
  );
});

it('says which state is gone', () => {
  const param = torch.ones([2], { requiresGrad: true });
  const optimizer = new optim.Adam([param]);
  param.grad = torch.ones([2]);
  optimizer.step();
  (optimizer.state.get(param)!.exp_avg as torch.Tensor).dispose();
  expect(() => optimizer.step()).toThrow(
    'Adam: a parameter, or what is remembered of it, is a disposed Tensor',
  );
});
