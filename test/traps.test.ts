// What JavaScript does with an object of ours without a word, and Python with an error: each is an error here, too.
import * as torch from 'nodetorch';
import { nn } from 'nodetorch';
import { NDArray, NumpyDType } from '../lib/serialization/pickle/numpy';
import { classAndMessage } from './errors';

/* eslint-disable @typescript-eslint/no-explicit-any -- what is written here does not compile without it */

// Each kind of object that has operators in Python, or that holds one that has.
const sparse = () => torch.sparseCooTensor(torch.tensor([[1n]]), torch.tensor([2]), [3]);
const objects: [kind: string, make: () => any, sentence: RegExp][] = [
  ['Tensor', () => torch.tensor([1, 2]), /^TypeError: A Tensor has no operators .*x\.neg\(\).*x\.item\(\)/],
  ['Tensor of one number', () => torch.tensor(0.5), /x\.add\(1\).*x\.lt|a\.lt\(b\)/],
  ['sparse Tensor', sparse, /x\.neg\(\)/],
  ['nested Tensor', () => torch._nestedTensorFromTensorList([torch.ones(1)]), /x\.neg\(\)/],
  ['Parameter', () => new nn.Parameter(torch.ones(2)), /x\.neg\(\)/],
  ['Buffer', () => new nn.Buffer(torch.ones(2)), /x\.neg\(\)/],
  ['UninitializedParameter', () => new nn.UninitializedParameter(), /x\.neg\(\)/],
  ['UninitializedBuffer', () => new nn.UninitializedBuffer(), /x\.neg\(\)/],
  ['Complex', () => torch.tensor([1]).to('complex64').at(0).item<torch.Complex>(), /A Complex has .*x\.re/],
  ['PackedSequence', () => nn.utils.rnn.packSequence([torch.ones(2)]), /A PackedSequence has .*x\.data/],
  ['Module', () => new nn.Linear(1, 1), /A Module has .*m\(x\)/],
  ['Sequential', () => new nn.Sequential(new nn.ReLU()), /\.\.\.a, \.\.\.b\) for a \+ b/],
  [
    'NDArray',
    () => new NDArray(new NumpyDType('f4'), [1], new Uint8Array(4)),
    /An NDArray has .*x\.tensor\(\)/,
  ],
];

/* eslint-disable eqeqeq, no-useless-assignment -- that is what is tested */
const mistakes: [written: string, mistake: (x: any) => unknown][] = [
  ['x + 1', (x) => x + 1],
  ["x + ''", (x) => x + ''],
  ["'loss ' + x", (x) => 'loss ' + x],
  ['x + x', (x) => x + x],
  ['x - 1', (x) => x - 1],
  ['x * 2', (x) => x * 2],
  ['2 / x', (x) => 2 / x],
  ['x ** 2', (x) => x ** 2],
  ['x % 2', (x) => x % 2],
  ['-x', (x) => -x],
  ['+x', (x) => +x],
  ['~x', (x) => ~x],
  ['x | 0', (x) => x | 0],
  ['x < x', (x) => x < x],
  ['x > 0', (x) => x > 0],
  ['0 <= x', (x) => 0 <= x],
  ['x == 1', (x) => x == 1],
  ["x != 'a'", (x) => x != 'a'],
  [
    'total += x',
    (x) => {
      let total: any = 0;
      total += x;
      return total;
    },
  ],
  ['x++', (x) => x++],
  ['Number(x)', (x) => Number(x)],
  ['BigInt(x)', (x) => BigInt(x)],
  ['Math.max(x, 0)', (x) => Math.max(x, 0)],
  ['isNaN(x)', (x) => isNaN(x)],
];
/* eslint-enable eqeqeq, no-useless-assignment */

describe.each(objects)('%s with operators', (_, make, sentence) => {
  test.each(mistakes)('%s', (_, mistake) => {
    expect(classAndMessage(() => mistake(make()))).toMatch(sentence);
  });
});

test.each([
  ['`${x}`', (x: unknown) => `loss ${x as string}`, 'loss tensor(0.5000)'],
  ['String(x)', (x: unknown) => String(x), 'tensor(0.5000)'],
  ['join', (x: unknown) => [x, x].join(' '), 'tensor(0.5000) tensor(0.5000)'],
  ["''.concat(x)", (x: unknown) => ''.concat(x as string), 'tensor(0.5000)'],
  ['x == null', (x: unknown) => x == null, false],
  ['x === x', (x: unknown) => x === x, true],
])('a Tensor in %s is as before', (_, use, expected) => {
  expect(use(torch.tensor(0.5))).toBe(expected);
});

test('the text of a Module, a Complex and a PackedSequence is as before', () => {
  expect(`${new nn.ReLU() as unknown as string}`).toBe('ReLU()');
  expect(`${new torch.Complex(1, -2) as unknown as string}`).toBe('(1-2j)');
  expect(`${nn.utils.rnn.packSequence([torch.ones(1)]) as unknown as string}`).toMatch(
    /^PackedSequence\(data=tensor/,
  );
});
