// Where no gradients are made, replays call what composed operators call, without what nobody looks at, and with views of
// weights that were made once: the bits are those of plain calls. test/parity/replayed.ts does so with PyTorch's samples.
import torch, { nn, type Tensor } from 'nodetorch';
import type { Program } from './support';
import { traceOf } from './support';

const F = nn.functional;
type Scope = <T>(fn: () => T) => T;
const scopes: [string, Scope][] = [
  ['noGrad', (fn) => torch.noGrad(fn)],
  ['inferenceMode', (fn) => torch.inferenceMode(fn)],
];

/** Models, and sizes of what they are given. */
const layers: Record<string, [make: () => nn.Module, size: number[]]> = {
  'linear, 2-d': [() => new nn.Linear(4, 3), [5, 4]],
  'linear, 3-d': [() => new nn.Linear(4, 3), [2, 5, 4]],
  'linear without bias': [() => new nn.Linear(4, 3, { bias: false }), [5, 4]],
  'convolutions and batch norm, trained': [
    () =>
      new nn.Sequential(new nn.Conv2d(3, 4, 3, { padding: 1 }), new nn.BatchNorm2d(4), new nn.MaxPool2d(2)),
    [2, 3, 6, 6],
  ],
  'convolutions and batch norm, evaluated': [
    () =>
      new nn.Sequential(
        new nn.Conv2d(3, 4, 3, { padding: 'same' }),
        new nn.BatchNorm2d(4),
        new nn.AdaptiveAvgPool2d(2),
        new nn.Flatten(),
        new nn.Linear(16, 2),
      ).eval(),
    [2, 3, 6, 6],
  ],
  'max pooling of one dimension, which writes itself': [() => new nn.MaxPool1d(2), [2, 3, 6]],
  'transposed convolution, group and instance norm': [
    () =>
      new nn.Sequential(
        new nn.ConvTranspose1d(4, 4, 3),
        new nn.GroupNorm(2, 4),
        new nn.InstanceNorm1d(4, { affine: true }),
      ),
    [2, 4, 5],
  ],
  'dropout, trained': [
    () => new nn.Sequential(new nn.Linear(4, 4), new nn.Dropout(0.5), new nn.ReLU6()),
    [5, 4],
  ],
  attention: [
    () => new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true }),
    [2, 3, 8],
  ],
  'softmax and its logarithm': [() => new nn.Sequential(new nn.Softmax(1), new nn.LogSoftmax(-1)), [3, 4]],
};

const options = { numLayers: 2, bidirectional: true, batchFirst: true } as const;
const recurrent: Record<string, () => nn.Module> = {
  LSTM: () => new nn.LSTM(4, 6, options),
  GRU: () => new nn.GRU(4, 6, options),
  RNN: () => new nn.RNN(4, 6, options),
};

// Nobody looks at the final states.
const outputOf = (make: () => nn.Module, scope: Scope) => (): Program => {
  const model = make();
  return {
    step: (x: Tensor) => scope(() => (model(x) as Tensor[])[0]),
    args: () => [torch.randn([3, 5, 4])],
    state: () => [...model.parameters()],
  };
};

/** The program of a model, whose weights are changed in place before call 4, and are elsewhere from call 6 on. */
const program = (make: () => nn.Module, size: number[], scope: Scope) => (): Program => {
  const model = make();
  return {
    step: (x: Tensor) => scope(() => model(x) as Tensor),
    args: (i: number) => {
      for (const parameter of model.parameters()) {
        if (i === 4) torch.noGrad(() => parameter.mul_(0.5));
        if (i >= 6) parameter.data = torch.randn(parameter.shape);
      }
      return [torch.randn(size)];
    },
    state: () => [...model.parameters(), ...model.buffers()],
  };
};

function expectEqualBits(make: () => Program): void {
  const plain = traceOf(make, 12, false, [], false);
  const captured = traceOf(make, 12, true, [], false);
  expect(captured.lines).toEqual(plain.lines);
  expect(captured.replays).toBeGreaterThan(8);
}

describe.each(scopes)('within %s', (_name, scope) => {
  test.each(Object.entries(layers))('%s', (_layer, [make, size]) =>
    expectEqualBits(program(make, size, scope)),
  );
  test.each(Object.entries(recurrent))('%s', (_kind, make) => expectEqualBits(outputOf(make, scope)));
});

test('a weight that is a view of another one', () =>
  expectEqualBits(() => {
    const whole = torch.randn([8, 4]);
    return {
      step: (x: Tensor) => torch.noGrad(() => [F.linear(x, whole.narrow(0, 2, 3)), F.linear(x, whole)]),
      args: (i: number) => {
        if (i > 3) whole.mul_(0.5);
        return [torch.randn([2, 4])];
      },
      state: () => [whole],
    };
  }));

test('a result that the function changes in place', () =>
  expectEqualBits(() => {
    const weight = torch.randn([4, 4]);
    return {
      step: (x: Tensor) =>
        torch.noGrad(() => {
          const flat = x.reshape([-1]); // a view of what was given
          flat.mul_(2);
          weight.t().add_(1); // and of a weight
          return F.linear(x, weight).add_(flat.sum());
        }),
      args: () => [torch.randn([2, 4])],
      state: () => [weight],
    };
  }));

test('lengths that are numbers in tensors', () =>
  expectEqualBits(() => ({
    step: (x: Tensor, lengths: Tensor) =>
      torch.noGrad(() =>
        F.ctcLoss(
          F.logSoftmax(x, { dim: 2 }),
          torch.ones([2, 3], { dtype: torch.int64 }),
          lengths,
          torch.tensor([2, 3], { dtype: torch.int64 }),
        ),
      ),
    args: (i: number) => [
      torch.randn([8, 2, 4]),
      torch.tensor([8 - (i % 3), 7 - (i % 2)], { dtype: torch.int64 }),
    ],
    state: () => [],
  })));
