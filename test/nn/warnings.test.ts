// What Python warns of in losses, normalizations and nn.init: text and category.
import torch, { nn } from 'nodetorch';
import { expectSameRows, fixtureOf } from './fixture';

const F = nn.functional;
const fixture = fixtureOf<{ warnings: Record<string, [string, string][]>; optionsRepr: string[] }>('loss');
const two = torch.zeros([2]);

const cases: Record<string, () => unknown> = {
  'L1Loss legacy': () => new nn.L1Loss({ reduce: false }),
  NLLLoss2d: () => new nn.NLLLoss2d(),
  'klDiv mean': () => F.klDiv(two, two),
  'klDiv legacy': () => F.klDiv(two, two, { sizeAverage: true }),
  'l1Loss mean': () => F.l1Loss(two, two, { reduction: 'elementwise_mean' as 'mean' }),
  'smoothL1Loss sizes': () => F.smoothL1Loss(two, torch.zeros([1])),
  'huberLoss sizes': () => F.huberLoss(two, torch.zeros([3, 1])),
  'linearCrossEntropy options': () =>
    F.linearCrossEntropy(torch.zeros([2, 3]), torch.zeros([4, 3]), torch.tensor([0n, 1n]), {
      linearBias: torch.zeros([4]),
      labelSmoothing: 0.5,
      options: new nn.LinearCrossEntropyOptions(),
    }),
  'InstanceNorm1d features': () => new nn.InstanceNorm1d(3)(torch.zeros([2, 4, 5])),
  'truncNormal_ mean': () => nn.init.truncNormal_(torch.zeros([2]), { mean: 9 }),
  'init.normal': () => nn.init.normal(torch.zeros([2])),
};

test('rows and fixtures have the same names', () => {
  expectSameRows(Object.keys(cases), fixture.warnings);
});

test.each(Object.entries(fixture.warnings))('%s', (name, expected) => {
  const emitted = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    cases[name]();
    expect(emitted.mock.calls).toEqual(expected);
  } finally {
    emitted.mockRestore();
  }
});

test('LinearCrossEntropyOptions prints as in Python', () => {
  const options = new nn.LinearCrossEntropyOptions({
    allowRetainGraph: true,
    batchChunkSize: 3,
    chunkingMethod: null,
    accPolicy: 'compact',
    accDtype: 'float32',
  });
  expect([new nn.LinearCrossEntropyOptions(), options].map(String)).toEqual(fixture.optionsRepr);
});

test('a label that is no class is an error', () => {
  const input = torch.zeros([6, 2, 4]);
  const loss = new nn.CTCLoss();
  const message = 'ctcLoss(): the label 1000000000 of sample 1 is not one of 4 classes';
  expect(() => loss(input, torch.tensor([1n, 2n, 1000000000n]), [6, 5], [2, 1])).toThrow(message);
  // What is behind a target's length is not looked at.
  const padded = torch.tensor([
    [1n, 2n],
    [3n, -1n],
  ]);
  expect(loss(input, padded, [6, 5], [2, 1]).isfinite().item()).toBe(true);
});
