// The classes of errors: Python's in `kind`, JavaScript's by `instanceof`.
import vm from 'node:vm';
import torch, { nn, optim, TorchError } from 'nodetorch';
import * as F from 'nodetorch/functional';

type Load = { TorchError: typeof TorchError; TorchTypeError: new (message: string) => TypeError };

function thrown(call: () => unknown): TorchError {
  try {
    call();
  } catch (error) {
    return error as TorchError;
  }
  throw new Error('nothing was thrown');
}

type Loose = (...args: unknown[]) => unknown;
const x = torch.ones([2, 3]);
const steps = torch.ones([1, 1, 3]);
const lstm = new nn.LSTM(3, 3) as unknown as Loose;
const cell = new nn.LSTMCell(3, 3) as unknown as Loose;
// What Python 2.13 raises for the same call, and the class in JavaScript.
const rows: [string, () => unknown, string, new (message: string) => Error][] = [
  ['an operator', () => x.matmul(x), 'RuntimeError', Error],
  ['an operator of a wrong index', () => x.sum(5), 'IndexError', Error],
  ['an operator of wrong arguments', () => x.sum('a' as never), 'TypeError', TypeError],
  ['linear algebra', () => torch.linalg.inv(torch.zeros([2, 2])), 'LinAlgError', Error],
  ['an item', () => x.item(), 'RuntimeError', Error],
  ['a module', () => new nn.Conv2d(3, 4, 1, { groups: 2 }), 'ValueError', Error],
  ['a keyword', () => new nn.Linear(1, 2, { foo: 1 } as never), 'TypeError', TypeError],
  ['a call', () => (new nn.Linear(3, 2) as nn.Module)(x, { foo: 1 }), 'TypeError', TypeError],
  ['no forward', () => new nn.Module()(), 'NotImplementedError', Error],
  ['an attribute', () => new nn.Linear(1, 2).getParameter('foo'), 'AttributeError', Error],
  ['a name', () => new nn.Linear(1, 2).registerBuffer('a.b', x), 'KeyError', Error],
  ['a position', () => new nn.Sequential().at(3), 'IndexError', RangeError],
  ['a functional', () => F.dropout(x, 2), 'ValueError', Error],
  ['a padding row', () => F.embedding(torch.tensor([0n]), x, 7), 'AssertionError', Error],
  ['an optimizer', () => new optim.SGD([]), 'ValueError', Error],
  ['an optimizer of no list', () => new optim.SGD(1 as never), 'TypeError', TypeError],
  ['a device', () => torch.ones([1], { device: 'foo' as never }), 'RuntimeError', Error],
  ['a dimension of data', () => torch.tensor([[1, 2], [3]]), 'ValueError', Error], // prettier-ignore
  ['a mode', () => torch.noGrad(1 as never), 'TypeError', TypeError],
  ['a transform', () => torch.func.vmap((_: unknown) => 1 as never)(x), 'ValueError', Error],
  ['a state for a pair', () => lstm(steps, steps), 'TypeError', TypeError],
  ['a pair of one', () => lstm(steps, [steps]), 'IndexError', RangeError],
  ['a number for a pair', () => lstm(steps, 3), 'TypeError', TypeError],
  ['no input', () => lstm(), 'TypeError', TypeError],
  ['a state of a cell', () => cell(x, x), 'TypeError', TypeError],
  ['one state of a cell', () => cell(x, [x]), 'RuntimeError', Error],
  ['layers that are no number', () => new nn.GRU(3, 3, new Date() as never), 'TypeError', TypeError],
  ['no target', () => (new nn.MSELoss() as unknown as Loose)(x), 'TypeError', TypeError],
  ['a mapping of no function', () => torch.func.vmap(3 as never)(x as never), 'TypeError', TypeError],
  ['a position between two', () => x.at(0.5), 'IndexError', RangeError],
  ['no threads', () => torch.setNumThreads(-1), 'RuntimeError', Error],
  ['a part of a thread', () => torch.setNumThreads(1.5), 'RuntimeError', Error],
  ['no seed', () => torch.manualSeed(null as never), 'TypeError', TypeError],
  ['data of no dtype', () => torch.tensor([null as never]), 'RuntimeError', Error],
  ['uneven data', () => torch.tensor([1, [2]] as never), 'TypeError', TypeError],
  [
    'an operator that is not there',
    () => (torch.ops.aten as never as { foo(): void }).foo(),
    'AttributeError',
    Error,
  ],
];

test.each(rows)('%s', (_, call, kind, Class) => {
  const error = thrown(call);
  expect(error).toBeInstanceOf(TorchError);
  expect(error).toBeInstanceOf(Class);
  expect(error.kind).toBe(kind);
  expect(error instanceof TypeError).toBe(kind === 'TypeError');
  expect(typeof error.backtrace).toBe('string');
  expect(Object.keys(error)).not.toContain('backtrace');
});

it('knows the errors of another load, and no others', () => {
  let other!: Load;
  jest.isolateModules(() => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    other = require('../lib/core/errors') as Load;
  });
  expect(other.TorchError).not.toBe(TorchError);
  for (const error of [new other.TorchError('a', 'ValueError'), new other.TorchTypeError('b')]) {
    expect(error).toBeInstanceOf(TorchError);
  }
  const strangers: unknown[] = [
    new Error('a'),
    new TypeError('b'),
    vm.runInNewContext('new Error()'),
    { kind: 'x' },
  ];
  for (const stranger of [...strangers, null, undefined, 1, 'a'])
    expect(stranger instanceof TorchError).toBe(false);
});

it('tells subclasses apart', () => {
  class Own extends TorchError {}
  expect(new Own('a')).toBeInstanceOf(TorchError);
  expect(new Own('a')).toBeInstanceOf(Own);
  expect(new TorchError('a') instanceof Own).toBe(false);
  expect(String(new TorchError('a', 'ValueError'))).toBe('TorchError: a');
});

// Python's line comes first; then what to write, since numbers are whole in Python and float32 here.
const floats = torch.tensor([[1, 3]]);
const labels = torch.full([2], 1);
const columns = torch.ones([2, 1]);
const indexed: [string, () => unknown, string][] = [
  ['an Embedding', () => new nn.Embedding(5, 2)(floats), "Expected tensor for argument #1 'indices'"],
  ['an EmbeddingBag', () => new nn.EmbeddingBag(5, 2)(floats), "Expected tensor for argument #1 'indices'"],
  [
    'crossEntropy',
    () => F.crossEntropy(x, labels),
    'expected target dtype to be Long or Byte, but got Float',
  ],
  ['nllLoss', () => F.nllLoss(x, labels), 'expected target dtype to be Long or Byte, but got Float'],
  ['multiMarginLoss', () => F.multiMarginLoss(x, labels), 'expected scalar type Long but found Float'],
  ['gather', () => x.gather(1, columns), 'gather(): Expected dtype int32/int64 for index'],
  ['scatter', () => x.scatter(1, columns, 1), 'scatter(): Expected dtype int32/int64 for index'],
  ['indexSelect', () => x.indexSelect(0, labels), 'index_select(): Expected dtype int32 or int64 for index'],
  ['indexFill', () => x.indexFill(0, labels, 0), 'index_fill_(): Expected dtype int64 for index'],
  [
    'indexCopy',
    () => x.indexCopy(0, labels, x),
    'index_copy_(): Expected a long tensor for index, but got Float',
  ],
  ['take', () => x.take(labels), 'take(): Expected a long tensor for index, but got Float'],
  [
    'takeAlongDim',
    () => x.takeAlongDim(columns, 1),
    'torch.take_along_dim(): dtype of indices should be Long',
  ],
  ['oneHot', () => F.oneHot(labels), 'one_hot is only applicable to index tensor of type LongTensor.'],
  ['bincount', () => torch.bincount(labels), '"bincount_cpu" not implemented for \'Float\''],
  ['at', () => x.at(labels), 'tensors used as indices must be long, int, byte or bool tensors'],
];
test.each(indexed)('float indices of %s: says what to write', (_, call, first) => {
  const [line, hint] = thrown(call).message.split('\n');
  expect(line.startsWith(first)).toBe(true);
  expect(hint).toContain('torch.full([n], 3, { dtype: torch.int64 })');
});
test('other errors say nothing of indices', () => {
  expect(thrown(() => x.matmul(x)).message).not.toContain('int64');
});

// The names that Python 2.13 prints: it has its own for the oldest dtypes alone.
test.each([
  [torch.float64, 'torch.DoubleTensor'],
  [torch.float16, 'torch.HalfTensor'],
  [torch.bfloat16, 'CPUBFloat16Type'],
  [torch.complex64, 'CPUComplexFloatType'],
])('a tensor of %s in a message', (dtype, name) => {
  const y = torch.ones([2], { dtype, requiresGrad: true }).exp();
  const z = y.mul(y);
  y.add_(1);
  const backward = () => z.backward(torch.ones([2], { dtype }));
  expect(thrown(backward).message).toContain(`modified by an inplace operation: [${name} [2]]`);
});
