// Warnings of schedulers, as in Python.
import torch, { optim } from 'nodetorch';

const { CyclicLR, ExponentialLR } = optim.lrScheduler;
const make = () => new optim.SGD([torch.ones([1], { requiresGrad: true })], { lr: 1, momentum: 0.9 });
const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
const messages = () => warned.mock.calls.map(([message]) => message as string);
beforeEach(() => warned.mockClear());

it('warns of a scheduler that steps before the optimizer', () => {
  const optimizer = make();
  const scheduler = new ExponentialLR(optimizer, 0.5);
  optimizer.step();
  scheduler.step();
  expect(messages()).toEqual([]);
  new ExponentialLR(make(), 0.5).step();
  expect(messages()[0]).toMatch(/^Detected call of `lr_scheduler.step\(\)` before `optimizer.step\(\)`\./);
});

it('warns of a step function that was replaced', () => {
  const optimizer = make();
  const scheduler = new ExponentialLR(optimizer, 0.5);
  optimizer.step = (() => null) as never;
  scheduler.step();
  expect(messages()[0]).toMatch(/^Seems like `optimizer.step\(\)` has been overridden after/);
});

it('warns of an epoch, and of getLr() outside of a step', () => {
  const optimizer = make();
  const scheduler = new CyclicLR(optimizer, 0.1, 1, { stepSizeUp: 3 });
  optimizer.step();
  scheduler.step(2);
  expect(messages()[0]).toMatch(/^The epoch parameter in `scheduler.step\(\)` was not necessary/);
  scheduler.getLr();
  expect(messages()[1]).toBe(
    'To get the last learning rate computed by the scheduler, please use `get_last_lr()`.',
  );
});
