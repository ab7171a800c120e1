// What `npm run fuzz -- --library` found in the TypeScript layer: bare errors of JavaScript, and work without end.
import torch, { nn, TorchError } from 'nodetorch';

const { func, masked } = torch;
const ones = (...shape: number[]) => torch.ones(shape);
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const any = (value: unknown): any => value;

test.each<[name: string, call: () => unknown, message: RegExp]>([
  ['a mask that is no tensor', () => masked.std(ones(3), any({ mask: 1 })), /'mask' must be a Tensor/],
  ['a dim that is none', () => masked.median(ones(3), any({ dim: 2n ** 63n })), /'dim' must be an int/],
  [
    'a size with a bigint in it',
    () => nn.functional.maxUnpool1d(ones(1, 2, 1), any(ones(1, 2, 1).long()), any([2n])),
    /'kernelSize' must be a number or an array of numbers/,
  ],
  ['a Jacobian by a date', () => func.jacfwd((x) => x)(any(new Date(0))), /'args' must be a Tensor/],
  [
    'a derivative of nothing',
    () => func.hessian(any(() => undefined))(ones(3)),
    /to return only tensors, got unsupported type undefined/,
  ],
  [
    'a forward derivative of nothing',
    () =>
      func.jvp(
        any(() => undefined),
        [ones(3)],
        [ones(3)],
      ),
    /to return only tensors, got unsupported type undefined/,
  ],
  [
    'elements that a function does not return',
    () =>
      ones(3).map_(
        ones(3),
        any(() => undefined),
      ),
    /the function must return a number, not undefined/,
  ],
  [
    'a mode that is a symbol',
    () => nn.functional.interpolate(ones(1, 2, 3), any({ scaleFactor: 2, mode: Symbol('odd') })),
    /'mode' must not be a symbol, got Symbol\(odd\)/,
  ],
  [
    'a mode that is one, of a module',
    () => new nn.Upsample(null, 2, any(Symbol('odd'))),
    /'mode' must not be a symbol/,
  ],
  ...[nn.utils.parametrizations.spectralNorm, nn.utils.spectralNorm].map(
    (normalize): [string, () => unknown, RegExp] => [
      'iterations without end',
      () => normalize(new nn.Linear(3, 2), 'weight', 2 ** 62),
      /n_power_iterations must be at most 65536/,
    ],
  ),
  [
    'a module that is none, between others',
    () => new nn.Sequential(new nn.Linear(3, 2), any(null))(ones(2, 3)),
    /^'NoneType' object is not callable$/,
  ],
  [
    'chunks of nothing',
    () =>
      func.vmap(
        any((x: torch.Tensor) => x.sum()),
        { chunkSize: 2 },
      )(ones(0, 3)),
    /nothing to map over/,
  ],
  ['more layers than memory', () => new nn.LSTM(1, 3, 2 ** 31), /num_layers must be at most 65536/],
  [
    'as many of a transformer',
    () => new nn.Transformer(4, 2, { numEncoderLayers: 2 ** 31 }),
    /num_layers must be at most 65536/,
  ],
  [
    'a transformer without layers',
    () => new nn.Transformer(4, 2, 1, 0, 8)(ones(3, 4), ones(3, 4)),
    /index 0 is out of range/,
  ],
  [
    'layers that are none of a transformer',
    () => new nn.TransformerDecoder(new nn.Linear(4, 4), 1)(ones(3, 4), ones(3, 4)),
    /'Linear' object has no attribute 'self_attn'/,
  ],
  [
    'a weight of classes that is a number',
    () => new nn.LinearCrossEntropyLoss(5, 4, any({ weight: 3 })),
    /'weight' must be a Tensor/,
  ],
  [
    'options that are a tensor',
    () => new nn.LinearCrossEntropyLoss(5, 4, any({ options: ones(2) }))(ones(2, 5), torch.tensor([1n, 2n])),
    /'options' must be LinearCrossEntropyOptions/,
  ],
])('%s is refused with a sentence', (_, call, message) => {
  expect(call).toThrow(message);
  expect(call).toThrow(TorchError);
});

test('chunks larger than all numbers are one', () => {
  const sums = func.vmap((x: torch.Tensor) => x.sum(), any({ chunkSize: 2n ** 63n - 1n }));
  expect((sums(ones(2, 3)) as torch.Tensor).tolist()).toEqual([3, 3]);
});
