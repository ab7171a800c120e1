// What optimizers and schedulers refuse, in Python's words.
import torch, { optim } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from '../fixtures/optim_errors.json';
import { makeOptimizer, makeScheduler } from './scheduler_run';

type Options = Record<string, unknown>;
const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

function optimize(name: string, options: Options): void {
  const param = torch.ones([2], { requiresGrad: true });
  const given = Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]));
  const optimizer = new optim[name as 'SGD']([param], given);
  param.grad = torch.ones([2]);
  optimizer.step();
}

it.each(fixture.optimizers as [string, Options, string][])('%s %j', (name, options, message) => {
  expect(classAndMessage(() => optimize(name, options))).toBe(message);
});

it.each(fixture.schedulers as [string, Options, string][])('%s %j', (name, args, message) => {
  expect(classAndMessage(() => makeScheduler(name, args, makeOptimizer({})))).toBe(message);
});

it('needs a momentum to cycle', () => {
  const optimizer = new optim.Adagrad([torch.ones([2], { requiresGrad: true })]);
  expect(classAndMessage(() => new optim.lrScheduler.CyclicLR(optimizer, 0.1, 0.2))).toBe(
    fixture['no momentum'],
  );
});

it('refuses what is no optimizer, and a group that is new', () => {
  expect(() => new optim.lrScheduler.StepLR({} as never, 3)).toThrow(
    new TypeError('Object is not an Optimizer'),
  );
  const optimizer = makeOptimizer({});
  const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.5);
  optimizer.addParamGroup({ params: torch.ones([1], { requiresGrad: true }) });
  expect(() => scheduler.step(2)).toThrow('zip() argument 2 is shorter than argument 1');
});
