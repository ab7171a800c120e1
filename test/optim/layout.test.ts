// The order of keys, parameters without elements, and groups that come after a scheduler: as in Python.
import torch, { optim, type TorchError } from 'nodetorch';
import fixture from '../fixtures/optim_layout.json';
import { type Case, camelKeys, digestOf, keywords, makeOptimizer, makeParams, stateOf, step } from './run';
import * as schedules from './scheduler_run';

type Options = Record<string, unknown>;
type Keys = [groups: number[], states: number[]];
type Kind = new (params: unknown[], options?: object) => optim.Optimizer;
const kindOf = (name: string) => optim[name as 'SGD'] as unknown as Kind;
const listsOf = (indices: readonly number[]) => indices.map((index) => fixture.lists[index]);

function keysOf(optimizer: optim.Optimizer): string[][][] {
  const { param_groups: groups, state } = optimizer.stateDict();
  return [groups.map(Object.keys), [...state.values()].map(Object.keys)];
}

function caught<T>(body: () => T): T | string {
  try {
    return body();
  } catch (error) {
    return `${(error as TorchError).kind}: ${(error as Error).message}`;
  }
}

const rowOf = (name: string, form: string, options: Options = {}): Case => ({
  ...{ name, form, options, dtype: name === 'SparseAdam' ? 'sparse' : 'float32', tensor_lr: false },
});

const keyRows = fixture.keys as unknown as [string, string, Options, ...Keys][];
it.each(keyRows)('keys of %s %s %j', (name, form, options, groups, states) => {
  const row = rowOf(name, form, options);
  const differentiable = form.includes('differentiable');
  const leaves = makeParams(name, row.dtype);
  const params = differentiable ? leaves.map((leaf) => leaf.clone()) : leaves;
  const optimizer = makeOptimizer(name, params, keywords(row));
  if (differentiable) {
    for (const param of params) param.grad = torch.onesLike(param);
    optimizer.step();
  } else for (let i = 0; i < 3; i++) step(optimizer, params, row.dtype);
  expect(keysOf(optimizer)).toEqual([listsOf(groups), listsOf(states)]);
});

const leaf = () => torch.ones([2, 2], { requiresGrad: true });
const groupRows = fixture.groups as unknown as [string, Options, number[][]][];
it.each(groupRows)('groups of %s', (name, options, rows) => {
  const kind = kindOf(name);
  const given = camelKeys(options);
  const groups = [
    { params: [leaf()], ...given },
    { ...given, params: [leaf()] },
  ].slice(0, rows[0].length);
  const followed = new kind([leaf()]);
  new optim.lrScheduler.StepLR(followed, 1);
  const old = new kind([leaf()]);
  const saved = old.stateDict();
  const { params, lr } = saved.param_groups[0];
  old.loadStateDict({ ...saved, param_groups: [{ params, lr }] });
  const named = new kind([['a', leaf()]]);
  named.loadStateDict(new kind([leaf()]).stateDict());
  const optimizers = [new kind(groups), new kind([['a', leaf()]]), followed, old, named];
  expect(optimizers.map((optimizer) => keysOf(optimizer)[0])).toEqual(rows.map(listsOf));
});

function stepTwice(name: string, form: string, shape: number[], beside: boolean): string {
  const params = [torch.zeros(shape).requiresGrad_(true), ...(beside ? [leaf()] : [])];
  const optimizer = new (kindOf(name))(params, keywords(rowOf(name, form)));
  for (const param of params) {
    const grad = torch.onesLike(param);
    param.grad = name === 'SparseAdam' ? grad.toSparse() : grad;
  }
  const closure = () => torch.tensor(1);
  for (let i = 0; i < 2; i++) optimizer.step(...((name === 'LBFGS' ? [closure] : []) as []));
  return digestOf(params, stateOf(optimizer));
}

const emptyRows = fixture.empty as [string, string, number[], boolean, string][];
it.each(emptyRows)('%s %s of %j elements, beside others: %s', (name, form, shape, beside, result) => {
  expect(caught(() => stepTwice(name, form, shape, beside))).toBe(result);
});

type Later = [string, Options, schedules.Setting, boolean, number, (number[] | string)[]];
const laterRows = fixture.later as unknown as Later[];
it.each(laterRows)('%s %j %j and a later group (initial_lr: %s) after %i', (name, args, setting, ...rest) => {
  const [hasInitial, after, rates] = rest;
  const optimizer = schedules.makeOptimizer(setting);
  const scheduler = schedules.makeScheduler(name, args, optimizer);
  const found: unknown[] = [];
  for (let i = 0; i < 8 && typeof found.at(-1) !== 'string'; i++) {
    if (i === after) {
      const group = { params: [torch.ones([1], { requiresGrad: true })], lr: 0.07 };
      optimizer.addParamGroup({ ...group, ...(hasInitial ? { initialLr: 0.05 } : {}) });
    }
    optimizer.step();
    const problem = caught(() => schedules.step(name, scheduler, (i * 5) % 7, setting.epochs ?? false));
    found.push(problem ?? optimizer.paramGroups.map((group) => group.lr));
  }
  expect(found).toEqual(rates);
});

it.each([0, 1])('SequentialLR after a later group %#', (row) => {
  const optimizer = schedules.makeOptimizer({});
  const { ExponentialLR, SequentialLR } = optim.lrScheduler;
  const each = [0, 1].map(() => new ExponentialLR(optimizer, 0.5));
  optimizer.addParamGroup({ params: [leaf()], ...(row === 1 ? { initialLr: 0.05 } : {}) });
  const made = caught(() => {
    new SequentialLR(optimizer, each, [2]);
    return 'made';
  });
  expect(made).toBe(fixture.sequential[row]);
});
