// The shape of an optimizer's state_dict: a Map by number whose entries are properties, too.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import torch, { optim } from 'nodetorch';

const trained = (count = 2): optim.SGD => {
  const params = Array.from({ length: count }, () => torch.ones([2], { requiresGrad: true }));
  for (const [i, param] of params.entries()) param.grad = torch.full([2], i + 1);
  const optimizer = new optim.SGD(params, { lr: 0.5, momentum: 0.5 });
  optimizer.step();
  return optimizer;
};
const listed = (states: Iterable<readonly [unknown, optim.ParamState]>): unknown[] =>
  [...states].map(([number, state]) => [number, (state.momentum_buffer as torch.Tensor).tolist()]);
const stateOf = (optimizer: optim.SGD): unknown[] => listed(optimizer.stateDict().state);
const expected = [
  [0, [1, 1]],
  [1, [2, 2]],
];
const expectedByText = expected.map(([number, values]) => [String(number), values]);

it('iterates in every way that people write', () => {
  const { state } = trained().stateDict();
  expect(state).toBeInstanceOf(Map);
  expect([state.size, state.has(1), state.has(2)]).toEqual([2, true, false]);
  expect(listed(state)).toEqual(expected);
  expect(listed(state.entries())).toEqual(expected);
  expect(listed(Object.entries(state))).toEqual(expectedByText);
  expect(listed(Object.entries({ ...state } as object))).toEqual(expectedByText);
  expect([Object.keys(state), Object.values(state)]).toEqual([['0', '1'], [...state.values()]]);
  const found: string[] = [];
  for (const number in state) found.push(number);
  expect(found).toEqual(['0', '1']);
  expect(state[1]).toBe(state.get(1));
  expect([state[2], 0 in state, 2 in state]).toEqual([undefined, true, false]);
});

it('stays one truth when it is changed', () => {
  const { state } = trained().stateDict();
  state.set(5, { a: 1 });
  state.set(0, { b: 2 });
  state.delete(1);
  (state as Record<number, unknown>)[5] = { a: 3 };
  expect(Object.entries(state)).toEqual([
    ['0', { b: 2 }],
    ['5', { a: 3 }],
  ]);
  expect([...state]).toEqual([
    [0, { b: 2 }],
    [5, { a: 3 }],
  ]);
  state.clear();
  expect([Object.keys(state), state.size]).toEqual([[], 0]);
});

it('is printed, compared, copied and written as JSON as its entries are', () => {
  const { state } = trained().stateDict();
  for (const number of state.keys()) state.set(number, { step: number });
  expect(inspect(state)).toBe('Map(2) { 0 => { step: 0 }, 1 => { step: 1 } }');
  expect(JSON.stringify(state)).toBe('{"0":{"step":0},"1":{"step":1}}');
  expect(structuredClone(state)).toEqual(new Map([...state]));
  expect(state).toEqual(new Map([...state]));
  expect(state).not.toEqual(new Map([[0, { step: 0 }]]));
  const [one, other] = [trained().stateDict().state, trained().stateDict().state];
  for (const each of [one, other]) for (const number of each.keys()) each.set(number, { step: number });
  assert.deepEqual(one, other);
  other.set(1, { step: 7 });
  assert.notDeepEqual(one, other);
});

it('saves the bytes that a plain Map does, with ints for keys', () => {
  const saved = trained().stateDict();
  const plain = { ...saved, state: new Map([...saved.state]) };
  expect(Buffer.compare(torch.save(saved), torch.save(plain))).toBe(0);
  const loaded = torch.load<Map<string, Map<number, unknown>>>(torch.save(saved));
  expect([...loaded.get('state')!.keys()]).toEqual([0, 1]);
});

const shapes: [string, (saved: optim.OptimizerStateDict) => unknown][] = [
  ['stateDict() itself', (saved) => saved],
  ['a Map by number', (saved) => ({ ...saved, state: new Map([...saved.state]) })],
  ['an object', (saved) => ({ ...saved, state: { ...saved.state } })],
  ['a null-prototype object', (s) => Object.assign(Object.create(null) as object, s)],
  ['what load gave', (saved) => torch.load(torch.save(saved))],
  ['a Map of Maps', (s) => new Map(Object.entries({ ...s, param_groups: s.param_groups.map(toMap) }))],
];
const toMap = (object: object): Map<string, unknown> => new Map(Object.entries(object));

it.each(shapes)('loads %s', (_, shape) => {
  const saved = trained();
  const optimizer = trained(2);
  optimizer.state.clear();
  optimizer.loadStateDict(shape(saved.stateDict() as never) as never);
  expect(stateOf(optimizer)).toEqual(expected);
  expect(optimizer.paramGroups[0]).toMatchObject({ lr: 0.5, momentum: 0.5, weightDecay: 0 });
});

it('lends an optimizer the state that is an object', () => {
  const optimizer = trained(1);
  const given = { ...optimizer.stateDict(), state: { 0: { momentum_buffer: torch.zeros([2]) } } };
  const other = torch.ones([2], { requiresGrad: true });
  other.grad = torch.ones([2]);
  optim.swapInOptimizerParamsAndState(optimizer, { other }, given, () => optimizer.step());
  expect(given.state[0].momentum_buffer.tolist()).toEqual([1, 1]);
});
