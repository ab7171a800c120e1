// Arguments of the wrong kind: the class of the error is Python's, the words are ours.
import torch, { optim } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from '../fixtures/optim_errors.json';

const leaf = () => [torch.ones([2], { requiresGrad: true })];
const sgd = () => new optim.SGD(leaf(), 0.1, 0.9);
const bad = (value: unknown) => value as never;
const { lrScheduler } = optim;
const load = (stateDict: object) => sgd().loadStateDict(bad(stateDict));

function sequential(milestones: unknown): void {
  const optimizer = sgd();
  const list = [2, 3].map((size) => new lrScheduler.StepLR(optimizer, size));
  new lrScheduler.SequentialLR(optimizer, list, bad(milestones));
}

const calls: Record<keyof typeof fixture.wrong, () => unknown> = {
  'group, params 3': () => new optim.SGD([{ params: bad(3) }]),
  'group without params': () => new optim.SGD([bad({ a: 1 })]),
  'params 3': () => new optim.SGD(bad(3)),
  'addParamGroup, 3': () => sgd().addParamGroup(bad(3)),
  'addParamGroup, empty': () => sgd().addParamGroup(bad({})),
  'betas 3': () => new optim.Adam(leaf(), { betas: bad(3) }),
  'betas of null': () => new optim.Adam(leaf(), { betas: bad([null, null]) }),
  'etas 3': () => new optim.Rprop(leaf(), { etas: bad(3) }),
  'lr a text': () => new optim.SGD(leaf(), { lr: bad('a') }),
  'closure 3': () => sgd().step(bad(3)),
  'state, empty': () => load({}),
  'state without groups': () => load({ state: {} }),
  'state, groups 3': () => load({ state: {}, param_groups: 3 }),
  'state, group 3': () => load({ state: {}, param_groups: [3] }),
  'state, group empty': () => load({ state: {}, param_groups: [{}] }),
  'state, params 3': () => load({ state: {}, param_groups: [{ params: 3 }] }),
  'MultiStepLR, 3': () => new lrScheduler.MultiStepLR(sgd(), bad(3)),
  'LambdaLR, 3': () => new lrScheduler.LambdaLR(sgd(), bad(3)),
  'LambdaLR, list of 3': () => new lrScheduler.LambdaLR(sgd(), [bad(3)]),
  'CyclicLR, scaleFn 3': () => new lrScheduler.CyclicLR(sgd(), 0.1, 0.2, { scaleFn: bad(3) }),
  'ChainedScheduler, 3': () => new lrScheduler.ChainedScheduler(bad(3)),
  'SequentialLR, 3': () => new lrScheduler.SequentialLR(sgd(), bad(3), [1]),
  'SequentialLR, list of 3': () => new lrScheduler.SequentialLR(sgd(), bad([3, 3]), [1]),
  'SequentialLR, milestones 3': () => sequential(3),
  'plateau, a text': () => new lrScheduler.ReduceLROnPlateau(sgd()).step(bad('a')),
  'plateau, null': () => new lrScheduler.ReduceLROnPlateau(sgd()).step(null),
  'plateau, a list': () => new lrScheduler.ReduceLROnPlateau(sgd()).step(bad([])),
  'scheduler state 3': () => new lrScheduler.StepLR(sgd(), 3).loadStateDict(bad(3)),
};

it.each(Object.entries(fixture.wrong))('%s: %s', (name, kind) => {
  expect(classAndMessage(calls[name as keyof typeof calls]).split(':')[0]).toBe(kind);
});

it('knows each call of the fixture', () => {
  expect(Object.keys(calls)).toEqual(Object.keys(fixture.wrong));
});
