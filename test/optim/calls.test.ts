// The call forms of optimizers: by position in Python's order, by keyword, and what is refused.
import torch, { optim } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from '../fixtures/optim_signatures.json';
import { camel } from './run';

type Kind = new (...args: unknown[]) => optim.Optimizer;
const kindOf = (name: string) => optim[name as 'SGD'] as unknown as Kind;
const leaf = () => torch.ones([2, 2], { requiresGrad: true });

// A value for each argument, none of which is a default. No `foreach` beside `differentiable`.
const VALUES: Record<string, unknown> = {
  lr: 0.5,
  momentum: 0.25,
  dampening: 0,
  weight_decay: 0.125,
  nesterov: true,
  betas: [0.5, 0.25],
  eps: 0.0625,
  amsgrad: true,
  foreach: false,
  maximize: true,
  differentiable: true,
  capturable: true,
  momentum_decay: 0.5,
  decoupled_weight_decay: true,
  rho: 0.25,
  lr_decay: 0.75,
  initial_accumulator_value: 0.375,
  beta2_decay: -0.5,
  d: 2,
  lambd: 0.25,
  alpha: 0.625,
  t0: 3,
  centered: true,
  etas: [0.25, 2],
  step_sizes: [0.5, 4],
  max_iter: 3,
  max_eval: 7,
  tolerance_grad: 0.25,
  tolerance_change: 0.125,
  history_size: 5,
  line_search_fn: 'strong_wolfe',
  ns_coefficients: [1, 2, 3],
  ns_steps: 4,
  adjust_lr_fn: 'original',
};
const valueOf = (name: string, key: string) =>
  name === 'Adafactor' && key === 'eps' ? [0.5, 0.25] : VALUES[key];

describe.each(Object.entries(fixture))('%s', (name, order) => {
  const values = order.map((key) => valueOf(name, key));
  const expected = Object.fromEntries(order.map((key, i) => [key, values[i]]));

  it.each(order.map((_, i) => i + 1))('takes %i by position, the rest by keyword', (count) => {
    const rest = Object.fromEntries(order.slice(count).map((key) => [camel(key), valueOf(name, key)]));
    const given = count < order.length ? [rest] : [];
    const optimizer = new (kindOf(name))([leaf()], ...values.slice(0, count), ...given);
    expect(optimizer.paramGroups[0]).toMatchObject(expected);
  });

  it('takes all by keyword', () => {
    const options = Object.fromEntries(Object.entries(expected).map(([key, value]) => [camel(key), value]));
    const optimizer = new (kindOf(name))({ params: [leaf()], ...options });
    expect(optimizer.paramGroups[0]).toMatchObject(expected);
  });

  it('refuses a name, a second value and too few', () => {
    const kind = kindOf(name);
    expect(classAndMessage(() => new kind([leaf()], { lrr: 1 }))).toMatch(/^TypeError: .* argument 'lrr'/);
    expect(classAndMessage(() => new kind([leaf()], 0.5, { lr: 1 }))).toMatch(
      /^TypeError: .* multiple values for argument 'lr'/,
    );
    expect(classAndMessage(() => new kind())).toMatch(
      /^TypeError: .* missing 1 required positional argument: 'params'/,
    );
  });
});

it.each([
  ['weigthDecay', 'weightDecay'],
  ['weight_decay', 'weightDecay'],
  ['Nesterov', 'nesterov'],
  ['momentun', 'momentum'],
])('%s: did you mean %s?', (given, meant) => {
  const options = { [given]: 0 } as object;
  expect(classAndMessage(() => new optim.SGD([leaf()], 0.1, options))).toBe(
    `TypeError: SGD() got an unexpected keyword argument '${given}'; did you mean '${meant}'?`,
  );
});

it('guesses nothing where no name is near', () => {
  expect(classAndMessage(() => new optim.SGD([leaf()], { color: 0 } as object))).toBe(
    "TypeError: SGD() got an unexpected keyword argument 'color'",
  );
});
