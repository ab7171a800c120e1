// Attention that is written out becomes one operator in a frozen program, and stays where it would be another thing.
import torch, { type Tensor } from 'nodetorch';
import { freezeProgram } from '../../lib/freeze';
import { programText } from '../../lib/freeze/text';
import { type Line, program, run } from './support';

torch.manualSeed(0);
const [q, k, v] = [torch.randn([2, 3, 5, 4]), torch.randn([2, 3, 6, 4]), torch.randn([2, 3, 6, 4])];
const bias = torch.randn([5, 6]);
const late = torch.ones([5, 6]).triu(2).bool();

const turn: Line = ['t', 'aten.transpose.int', 'k', -2, -1];
const scores: Line = ['s', 'aten.matmul.default', 'q', 't'];
const softmax = (of: string): Line => ['p', 'aten.softmax.int', of, -1];
const mix: Line = ['y', 'aten.matmul.default', 'p', 'v'];

const results = new Map(
  ['s', 'm', 'a', 'p', 'y'].map((name) => [name, { sizes: [2, 3, 5, 6], dtype: torch.float32 }]),
);
const fuse = (lines: Line[], outputs = ['y']) =>
  freezeProgram(program(['q', 'k', 'v'], lines, outputs), { constants: new Map(), results });
const countOf = (lines: Line[], outputs?: string[]): number =>
  programText(fuse(lines, outputs)).split('scaled_dot_product_attention').length - 1;

const fused: [name: string, lines: Line[]][] = [
  ['without a scale', [turn, scores, softmax('s'), mix]],
  ['divided', [turn, scores, ['m', 'aten.div.Tensor', 's', 2], softmax('m'), mix]],
  ['with a factor', [turn, scores, ['m', 'aten.mul.Tensor', 's', 0.3], softmax('m'), mix]],
  [
    'with what is added',
    [
      turn,
      scores,
      ['m', 'aten.mul.Tensor', 's', 0.3],
      ['a', 'aten.add.Tensor', 'm', bias],
      softmax('a'),
      mix,
    ],
  ],
  ['with what is added first', [turn, scores, ['a', 'aten.add.Tensor', bias, 's'], softmax('a'), mix]],
  [
    'with what is masked',
    [turn, scores, ['a', 'aten.masked_fill.Scalar', 's', late, -Infinity], softmax('a'), mix],
  ],
  [
    'of decompositions',
    [turn, scores, ['p', 'aten._softmax.default', 's', 3, false], ['y', 'aten.matmul.default', 'p', 'v']],
  ],
];

test.each(fused)('%s', (_name, lines) => {
  const [wanted] = run(program(['q', 'k', 'v'], lines, ['y']), [q, k, v]) as Tensor[];
  const [got] = run(fuse(lines), [q, k, v]) as Tensor[];
  expect(countOf(lines)).toBe(1);
  expect(got.sub(wanted).abs().max().item()).toBeLessThan(1e-6);
});

const left: [name: string, lines: Line[], outputs?: string[]][] = [
  ['probabilities that are wanted, too', [turn, scores, softmax('s'), mix], ['y', 'p']],
  ['a softmax of another dimension', [turn, scores, ['p', 'aten.softmax.int', 's', 2], mix]],
  ['keys that are turned otherwise', [['t', 'aten.transpose.int', 'k', 1, 2], scores, softmax('s'), mix]],
  [
    'a row of which nothing is left',
    [
      turn,
      scores,
      ['a', 'aten.masked_fill.Scalar', 's', torch.ones([5, 6]).bool(), -Infinity],
      softmax('a'),
      mix,
    ],
  ],
  [
    'a fill that is a score',
    [turn, scores, ['a', 'aten.masked_fill.Scalar', 's', late, -1], softmax('a'), mix],
  ],
  ['twice what is added', [turn, scores, ['a', 'aten.add.Tensor', 's', 's'], softmax('a'), mix]],
];

test.each(left.map(([name, lines, outputs = ['y']]) => ({ name, lines, outputs })))(
  'not: $name',
  ({ lines, outputs }) => {
    expect(countOf(lines, outputs)).toBe(0);
  },
);

test('a mask of more heads than the scores have stays what is added', () => {
  const mask = torch.zeros([1, 3, 5, 6]);
  const [one, keys, values] = [q, k, v].map((tensor) => tensor.narrow(1, 0, 1));
  const attend = (a: Tensor, b: Tensor, c: Tensor) =>
    a.matmul(b.transpose(-2, -1)).add(mask).softmax(-1).matmul(c);
  const frozen = torch.capture(attend, { freeze: true });
  for (let i = 0; i < 4; i++)
    expect(torch.equal(frozen(one, keys, values), attend(one, keys, values))).toBe(true);
  expect(frozen.replays).toBe(2);
});

test('a captured function', () => {
  const mask = torch.full([5, 6], -Infinity).triu(2);
  const [written, one] = [
    (a: Tensor, b: Tensor, c: Tensor) => a.matmul(b.transpose(-2, -1)).div(2).add(mask).softmax(-1).matmul(c),
    (a: Tensor, b: Tensor, c: Tensor) => torch.scaledDotProductAttention(a, b, c, mask),
  ].map((fn) => torch.capture(fn, { freeze: true }));
  for (let i = 0; i < 3; i++) for (const frozen of [written, one]) frozen(q, k, v);
  expect([written.replays, one.replays]).toEqual([1, 1]);
  // Not as the operators one by one: they are the same operator.
  expect(torch.equal(written(q, k, v), one(q, k, v))).toBe(true);
});
