// Whatever is given to an optimizer or a scheduler: a result, or an error of ours. Never a bare error of JavaScript.
import torch, { optim, TorchError } from 'nodetorch';

type Kind = new (...args: unknown[]) => object;

const wrong: unknown[] = [null, '', 'a', NaN, 3, -1, 1n, Symbol('s'), [], [null], ['a'], {}, () => 0];
const leaf = () => torch.ones([2, 2], { requiresGrad: true });
const sgd = () => new optim.SGD([leaf()], 0.1, 0.9);

beforeAll(() => jest.spyOn(process, 'emitWarning').mockImplementation());

/** The errors of JavaScript that `call` meets. */
function foreign(call: () => void): string[] {
  try {
    call();
  } catch (error) {
    if (!(error instanceof TorchError)) return [(error as Error).stack!.split('\n').slice(0, 4).join(' ')];
  }
  return [];
}

function use(made: object): void {
  if (made instanceof optim.Optimizer) {
    for (const param of made.paramGroups.flatMap((group) => group.params)) {
      param.grad = torch.ones([2, 2]);
    }
    made.step(() => 1 as number);
    made.step(() => 1 as number);
    String(made);
  } else {
    (made as optim.lrScheduler.ReduceLROnPlateau).step(1);
  }
}

/** Makes and uses `kind` with one argument after another replaced. */
function walk(
  kind: Kind,
  first: () => unknown,
  fitting: readonly unknown[],
  keys: readonly string[],
): string[] {
  const found = foreign(() => use(new kind()));
  for (const value of wrong) {
    found.push(...foreign(() => use(new kind(value, ...fitting))));
    for (let at = 0; at < fitting.length + 2; at++) {
      const rest = [...fitting];
      while (rest.length < at) rest.push(undefined);
      rest[at] = value;
      found.push(...foreign(() => use(new kind(first(), ...rest))));
    }
    for (const key of keys) {
      found.push(...foreign(() => use(new kind(first(), ...fitting, { [key]: value }))));
    }
  }
  return [...new Set(found)];
}

const optimizers = Object.entries(optim).filter(
  ([, value]) => typeof value === 'function' && value.prototype instanceof optim.Optimizer,
) as unknown as [string, Kind][];

describe.each(optimizers)('%s', (_, kind) => {
  const first = () => [leaf()];
  const keys = Object.keys((new kind(first()) as optim.Optimizer).defaults).map((key) =>
    key.replaceAll(/_(\w)/g, (__, letter: string) => letter.toUpperCase()),
  );

  it('refuses a wrong argument in its own words', () => {
    expect(walk(kind, first, [], keys)).toEqual([]);
  });

  it('refuses a wrong group in its own words', () => {
    const found = wrong.flatMap((value) => [
      ...foreign(() => use(new kind([{ params: value }]))),
      ...foreign(() => use(new kind([{ params: [leaf()] }, value]))),
      ...keys.flatMap((key) => foreign(() => use(new kind([{ params: [leaf()], [key]: value }])))),
    ]);
    expect([...new Set(found)]).toEqual([]);
  });

  it('refuses a wrong state in its own words', () => {
    const found = wrong.flatMap((value) => {
      const optimizer = new kind(first()) as optim.Optimizer;
      return [
        ...foreign(() => optimizer.loadStateDict(value as never)),
        ...foreign(() => optimizer.loadStateDict({ state: value, param_groups: [] } as never)),
        ...foreign(() => optimizer.loadStateDict({ state: {}, param_groups: value } as never)),
        ...foreign(() => optimizer.loadStateDict({ state: {}, param_groups: [value] } as never)),
        ...foreign(() => optimizer.loadStateDict({ state: {}, param_groups: [{ params: value }] } as never)),
        ...foreign(() => optimizer.zeroGrad(value as never)),
        ...foreign(() => optimizer.addParamGroup(value as never)),
        ...foreign(() => optimizer.step(value as never)),
      ];
    });
    expect([...new Set(found)]).toEqual([]);
  });
});

// Of each scheduler: arguments that fit, and the names of those by keyword.
const { lrScheduler } = optim;
const schedulers: [string, unknown[], string[]][] = [
  ['LambdaLR', [() => 1], ['lastEpoch']],
  ['MultiplicativeLR', [() => 1], ['lastEpoch']],
  ['StepLR', [3], ['gamma', 'lastEpoch']],
  ['MultiStepLR', [[1, 3]], ['gamma', 'lastEpoch']],
  ['ConstantLR', [], ['factor', 'totalIters', 'lastEpoch']],
  ['LinearLR', [], ['startFactor', 'endFactor', 'totalIters', 'lastEpoch']],
  ['ExponentialLR', [0.5], ['lastEpoch']],
  ['PolynomialLR', [], ['totalIters', 'power', 'lastEpoch']],
  ['CosineAnnealingLR', [5], ['etaMin', 'lastEpoch']],
  ['CosineAnnealingWarmRestarts', [5], ['tMult', 'etaMin', 'lastEpoch']],
  [
    'ReduceLROnPlateau',
    ['min'],
    ['mode', 'factor', 'patience', 'threshold', 'thresholdMode', 'cooldown', 'minLr', 'eps'],
  ],
  [
    'CyclicLR',
    [0.1, 0.2],
    [
      'stepSizeUp',
      'stepSizeDown',
      'mode',
      'gamma',
      'scaleFn',
      'cycleMomentum',
      'baseMomentum',
      'maxMomentum',
      'lastEpoch',
    ],
  ],
  [
    'OneCycleLR',
    [0.1, 20],
    [
      'epochs',
      'stepsPerEpoch',
      'pctStart',
      'annealStrategy',
      'baseMomentum',
      'maxMomentum',
      'divFactor',
      'finalDivFactor',
      'lastEpoch',
    ],
  ],
];

it.each(schedulers)('%s refuses a wrong argument in its own words', (name, fitting, keys) => {
  expect(walk(lrScheduler[name as 'StepLR'] as unknown as Kind, sgd, fitting, keys)).toEqual([]);
});

it('SWALR refuses a wrong argument in its own words', () => {
  const kind = optim.swaUtils.SWALR as unknown as Kind;
  expect(walk(kind, sgd, [0.1], ['annealEpochs', 'annealStrategy', 'lastEpoch'])).toEqual([]);
});

it('schedulers of schedulers refuse a wrong argument in their own words', () => {
  const found = wrong.flatMap((value) => {
    const list = (optimizer: optim.Optimizer) => [
      new lrScheduler.StepLR(optimizer, 2),
      new lrScheduler.ExponentialLR(optimizer, 0.5),
    ];
    const optimizer = sgd();
    return [
      ...foreign(() => use(new lrScheduler.ChainedScheduler(value as never))),
      ...foreign(() => use(new lrScheduler.ChainedScheduler(list(optimizer), value as never))),
      ...foreign(() => use(new lrScheduler.SequentialLR(value as never, list(optimizer), [1]))),
      ...foreign(() => use(new lrScheduler.SequentialLR(optimizer, value as never, [1]))),
      ...foreign(() => use(new lrScheduler.SequentialLR(optimizer, list(optimizer), value as never))),
      ...foreign(() => use(new lrScheduler.LambdaLR(optimizer, (() => value) as never))),
    ];
  });
  expect([...new Set(found)]).toEqual([]);
});

it.each(schedulers)('%s refuses a wrong step and state in its own words', (name, fitting) => {
  const kind = lrScheduler[name as 'StepLR'] as unknown as Kind;
  const found = wrong.flatMap((value) => [
    ...foreign(() => (new kind(sgd(), ...fitting) as optim.lrScheduler.StepLR).step(value as never)),
    ...foreign(() => (new kind(sgd(), ...fitting) as optim.lrScheduler.StepLR).loadStateDict(value as never)),
  ]);
  expect([...new Set(found)]).toEqual([]);
});
