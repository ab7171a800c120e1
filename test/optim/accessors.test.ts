// Options of parameter groups, set later under their names in camelCase.
import assert from 'node:assert/strict';
import torch, { nn, optim } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from '../fixtures/optim_groups.json';
import { type Case, camel, digestOf, keywords, makeOptimizer, makeParams, stateOf, step, CASES } from './run';

type Options = Record<string, unknown>;
const leaf = () => torch.ones([2], { requiresGrad: true });
const adam = () => new optim.Adam([leaf()], { lr: 0.5, weightDecay: 0.25, amsgrad: true });
const { rows } = fixture;
const titles = rows.map((row) => [`${row.name} ${row.key} ${JSON.stringify(row.then)}`, row] as const);

const warnings: string[] = [];
beforeEach(() => {
  warnings.length = 0;
  jest.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)));
});
afterEach(() => jest.restoreAllMocks());

it.each(titles)('%s equals Python', (_, { name, key, options, then, digest }) => {
  const dtype = CASES[name as 'SGD'].dtypes[0];
  const params = makeParams(name, dtype);
  const row = { name, options, form: '', dtype, tensor_lr: false } as unknown as Case;
  const optimizer = makeOptimizer(name, params, keywords(row));
  const train = () => {
    for (const count of [2, 3]) {
      for (let i = 0; i < count; i++) step(optimizer, params, dtype);
      for (const group of optimizer.paramGroups as unknown as Options[]) group[camel(key)] = then;
    }
  };
  if (digest.endsWith('Error')) return void expect(classAndMessage(train).split(':')[0]).toBe(digest);
  train();
  expect(digestOf(params, stateOf(optimizer))).toBe(digest);
  expect(optimizer.paramGroups[0]).toMatchObject({ [key]: then });
});

it('has rows for every optimizer and all its options', () => {
  const wanted = Object.entries(CASES).flatMap(([name, { options }]) =>
    ['lr', ...Object.keys(options)].map((key) => `${name} ${key}`),
  );
  expect(new Set(rows.map(({ name, key }) => `${name} ${key}`))).toEqual(new Set(wanted));
});

it('has a name in camelCase for every stored key of every optimizer', () => {
  for (const name of Object.keys(CASES)) {
    const optimizer = makeOptimizer(name, makeParams(name, CASES[name as 'SGD'].dtypes[0]), { lr: 0.5 });
    for (const group of [...optimizer.paramGroups, optimizer.defaults] as unknown as Options[]) {
      for (const key of Object.keys(group)) {
        expect(group[camel(key)]).toBe(group[key]);
        group[camel(key)] = 'set';
        expect(group[key]).toBe('set');
      }
    }
  }
});

it('stores, copies, prints and compares the keys of Python alone', () => {
  const { params, ...group } = adam().paramGroups[0];
  const other = adam().paramGroups[0];
  expect(params).toHaveLength(1);
  expect(Object.keys(group).filter((key) => /[A-Z]/.test(key))).toEqual([]);
  expect(JSON.parse(JSON.stringify(group))).toMatchObject({ lr: 0.5, weight_decay: 0.25 });
  expect(structuredClone(group)).toEqual(group);
  assert.deepEqual({ ...other, params }, { ...adam().paramGroups[0], params });
  assert.equal(String(adam()).includes('weightDecay'), false);
});

it('saves what was set, and sets what was loaded', () => {
  const optimizer = adam();
  optimizer.paramGroups[0].weightDecay = 0.75;
  optimizer.paramGroups[0].lr *= 0.5;
  const [group] = optimizer.stateDict().param_groups;
  expect(group).toMatchObject({ lr: 0.25, weight_decay: 0.75 });
  expect(Object.keys(group)).toEqual(Object.keys(adam().stateDict().param_groups[0]));
  const second = adam();
  second.loadStateDict(torch.load(torch.save(optimizer.stateDict())));
  expect(second.paramGroups[0].weightDecay).toBe(0.75);
  second.paramGroups[0].weightDecay = 0;
  expect(second.stateDict().param_groups[0].weight_decay).toBe(0);
});

it('takes groups in both spellings, and copies of groups', () => {
  const optimizer = adam();
  optimizer.addParamGroup({ params: leaf(), weightDecay: 0.5 });
  optimizer.addParamGroup({ params: leaf(), weight_decay: 0.125 } as never);
  optimizer.addParamGroup({ ...optimizer.paramGroups[0], params: leaf() });
  optimizer.addParamGroup({ ...optimizer.paramGroups[0], params: leaf(), weightDecay: 1 });
  expect(optimizer.paramGroups.map((group) => group.weightDecay)).toEqual([0.25, 0.5, 0.125, 0.25, 1]);
  optimizer.paramGroups = optimizer.paramGroups.map((group) => ({ ...group, weightDecay: 0 }));
  expect(optimizer.stateDict().param_groups.map((group) => group.weight_decay)).toEqual([0, 0, 0, 0, 0]);
  optimizer.paramGroups[1] = { ...optimizer.paramGroups[1], weightDecay: 1 };
  optimizer.step();
  expect(optimizer.paramGroups[1]).toMatchObject({ weight_decay: 1 });
  expect(Object.keys(optimizer.paramGroups[1])).not.toContain('weightDecay');
});

it('takes an option of the defaults for groups that come later', () => {
  const optimizer = adam();
  optimizer.defaults.weightDecay = 0;
  optimizer.addParamGroup({ params: leaf() });
  expect(optimizer.paramGroups.map((group) => group.weight_decay)).toEqual([0.25, 0]);
});

it('has names in camelCase for what schedulers add', () => {
  const optimizer = new optim.SGD([leaf()], { lr: 0.5, momentum: 0.9 });
  expect(optimizer.paramGroups[0].initialLr).toBeUndefined();
  const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, 1, 10);
  optimizer.paramGroups[0].maxLr = 2;
  expect(optimizer.paramGroups[0]).toMatchObject({ initial_lr: 0.04, initialLr: 0.04, max_lr: 2 });
  expect(scheduler.getLastLr()[0].toFixed(2)).toBe('0.04');
  new optim.swaUtils.SWALR(optimizer, 0.125);
  expect(optimizer.paramGroups[0].swaLr).toBe(0.125);
});

it('keeps keys of a program, and a tensor that is the learning rate', () => {
  const model = new nn.Linear(2, 2);
  const group = { params: model.parameters(), name: 'all', lrScale: 0.5, lr: torch.tensor(0.5) };
  const optimizer = new optim.SGD([group], { lr: 1 });
  const [kept] = optimizer.paramGroups as unknown as Options[];
  expect(kept).toMatchObject({ name: 'all', lr_scale: 0.5, lrScale: 0.5 });
  expect((optimizer.paramGroups[0].lr as number | torch.Tensor as torch.Tensor).item()).toBe(0.5);
  kept.ownKey = 1;
  optimizer.step();
  expect(optimizer.stateDict().param_groups[0]).toMatchObject({ name: 'all', lr_scale: 0.5, ownKey: 1 });
  expect(warnings).toEqual([]);
});

it.each(['weigthDecay', 'momentums', 'weight_dekay'])('warns of %s once', (key) => {
  const optimizer = new optim.SGD([leaf()], { lr: 1, weightDecay: 0.5 });
  (optimizer.paramGroups[0] as unknown as Options)[key] = 0;
  optimizer.step();
  optimizer.step();
  const meant = key.startsWith('w') ? 'weightDecay' : 'momentum';
  expect(warnings).toEqual([
    `SGD: '${key}' of a parameter group is no option, and changes nothing; did you mean '${meant}'?`,
  ]);
});

it.each(['name', 'lr0', 'lr_scale', 'min_momentum', 'weight_decay_mult', 'base_lr'])(
  'is silent of %s',
  (key) => {
    new optim.SGD([{ params: leaf(), [key]: 1 }], { lr: 1 });
    expect(warnings).toEqual([]);
  },
);
