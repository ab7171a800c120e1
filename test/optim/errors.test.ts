// What optimizers and schedulers refuse, in Python's words.
import torch, { nn, optim } from 'nodetorch';
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

// Python's SGD goes by lists of tensors here, also where it is to be differentiated; those take numbers alone.
it.each([['lr'], ['weightDecay']])(
  'gives no gradient to %s through lists of tensors, and says so',
  (option) => {
    const number = torch.tensor(0.1, { requiresGrad: true });
    const param = torch.ones([2], { requiresGrad: true });
    const options = { [option]: number, foreach: true, differentiable: true };
    const optimizer = new optim.SGD([param.clone()], options);
    optimizer.paramGroups[0].params[0].grad = torch.ones([2]);
    expect(classAndMessage(() => optimizer.step())).toMatch(
      /^TypeError: .*argument 'alpha' must be Scalar, not Tensor/,
    );
  },
);

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

// What JavaScript's arithmetic would make NaN of, or nothing at all; Python raises the same classes.
describe('no number becomes NaN', () => {
  const make = () => new optim.SGD([new nn.Parameter(torch.ones([1]))], { lr: 0.1, momentum: 0.9 });
  const { lrScheduler: S, swaUtils } = optim;
  const run = (scheduler: { step(): void }) => [1, 2, 3].forEach(() => scheduler.step());
  const bad = (value: unknown) => value as never;

  test.each<[string, string, () => void]>([
    ['CosineAnnealingLR, TMax 0', 'ZeroDivisionError', () => run(new S.CosineAnnealingLR(make(), 0))],
    ['StepLR, stepSize 0', 'ZeroDivisionError', () => run(new S.StepLR(make(), 0))],
    [
      'CyclicLR, stepSizeUp 0',
      'ZeroDivisionError',
      () => run(new S.CyclicLR(make(), 0.1, 0.2, { stepSizeUp: 0 })),
    ],
    [
      'CosineAnnealingLR without TMax',
      'TypeError',
      () => run(new S.CosineAnnealingLR(make(), bad(undefined))),
    ],
    [
      'CosineAnnealingLR, an object',
      'TypeError',
      () => run(new S.CosineAnnealingLR(make(), bad({ tMax: 3 }))),
    ],
    ['StepLR without stepSize', 'TypeError', () => run(new S.StepLR(make(), bad(undefined)))],
    ['StepLR, gamma a text', 'TypeError', () => run(new S.StepLR(make(), 1, bad({ gamma: 'a' })))],
    ['ExponentialLR without gamma', 'TypeError', () => run(new S.ExponentialLR(make(), bad(undefined)))],
    ['ExponentialLR, an object', 'TypeError', () => run(new S.ExponentialLR(make(), bad({ gama: 0.1 })))],
    ['CyclicLR without maxLr', 'TypeError', () => run(new S.CyclicLR(make(), 0.1, bad(undefined)))],
    [
      'OneCycleLR without maxLr',
      'TypeError',
      () => run(new S.OneCycleLR(make(), bad(undefined), { totalSteps: 5 })),
    ],
    ['SWALR, an object', 'TypeError', () => run(new swaUtils.SWALR(make(), bad({ value: 0.05 })))],
    [
      'LambdaLR, nothing',
      'TypeError',
      () =>
        run(
          new S.LambdaLR(
            make(),
            bad(() => undefined),
          ),
        ),
    ],
    [
      'MultiplicativeLR, nothing',
      'TypeError',
      () =>
        run(
          new S.MultiplicativeLR(
            make(),
            bad(() => undefined),
          ),
        ),
    ],
    ['SGD, lr null', 'TypeError', () => new optim.SGD([torch.ones([1])], bad({ lr: null }))],
    ['SGD, lr a text', 'TypeError', () => new optim.SGD([torch.ones([1])], bad({ lr: '0.1' }))],
    ['SGD, momentum a text', 'TypeError', () => new optim.SGD([torch.ones([1])], bad({ momentum: '0.9' }))],
    ['AdamW, lr null', 'TypeError', () => new optim.AdamW([torch.ones([1])], bad({ lr: null }))],
    ['AdamW, eps a text', 'TypeError', () => new optim.AdamW([torch.ones([1])], bad({ eps: '1' }))],
    [
      'AdamW, three betas',
      'ValueError',
      () => new optim.AdamW([torch.ones([1])], bad({ betas: [0.9, 0.99, 0.9] })),
    ],
    [
      'clipGradValue_ without a value',
      'TypeError',
      () => nn.utils.clipGradValue_([torch.ones([1])], bad(undefined)),
    ],
  ])('%s: a %s', (_, kind, call) => {
    expect(call).toThrow(expect.objectContaining({ kind }));
  });
});
