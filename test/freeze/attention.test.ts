// Attention that is written out becomes one operator in a frozen program, and stays where it would be another thing.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import torch, { type Tensor } from 'nodetorch';
import { freezeProgram } from '../../lib/freeze';
import { programText } from '../../lib/freeze/text';
import type { ProgramDescription } from '../../typings/native';
import { type Line, program, run } from './support';

jest.mock('../../lib/freeze', () => {
  const actual = jest.requireActual<Record<'freezeProgram', typeof freezeProgram>>('../../lib/freeze');
  return { ...actual, freezeProgram: jest.fn(actual.freezeProgram) };
});

torch.manualSeed(0);
const [q, k, v] = [torch.randn([2, 3, 5, 4]), torch.randn([2, 3, 6, 4]), torch.randn([2, 3, 6, 4])];
const bias = torch.randn([5, 6]);
const late = torch.ones([5, 6]).triu(2).bool();

const turn: Line = ['t', 'aten.transpose.int', 'k', -2, -1];
const scores: Line = ['s', 'aten.matmul.default', 'q', 't'];
const softmax = (of: string): Line => ['p', 'aten.softmax.int', of, -1];
const mix: Line = ['y', 'aten.matmul.default', 'p', 'v'];

const results = new Map(
  ['s', 'm', 'a', 'p', 'y'].map((name) => [name, { sizes: [2, 3, 'rows', 'columns'], dtype: torch.float32 }]),
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

// Batch and heads as one dimension.
const [q3, k3, v3] = [q, k, v].map((tensor) => tensor.flatten(0, 1));
const results3 = new Map(
  ['s', 'm', 'a', 'p', 'y'].map((name) => [name, { sizes: [6, 'rows', 'columns'], dtype: torch.float32 }]),
);
const fuse3 = (lines: Line[]) =>
  freezeProgram(program(['q', 'k', 'v'], lines, ['y']), { constants: new Map(), results: results3 });
const count3 = (lines: Line[]): number =>
  programText(fuse3(lines)).split('scaled_dot_product_attention').length - 1;
const product: Line = ['s', 'aten.bmm.default', 'q', 't'];
const mix3: Line = ['y', 'aten.bmm.default', 'p', 'v'];
const bias3 = torch.randn([6, 5, 6]);

const fused3: [name: string, lines: Line[]][] = [
  ['bmm', [turn, product, softmax('s'), mix3]],
  ['bmm, scaled, and matmul', [turn, product, ['m', 'aten.mul.Tensor', 's', 0.3], softmax('m'), mix]],
  [
    'keys that are permuted, and a mask for each',
    [
      ['t', 'aten.permute.default', 'k', [0, 2, 1]],
      product,
      ['a', 'aten.add.Tensor', bias3, 's'],
      softmax('a'),
      mix3,
    ],
  ],
  [
    'one mask for all',
    [turn, product, ['a', 'aten.masked_fill.Scalar', 's', late, -Infinity], softmax('a'), mix3],
  ],
  ['baddbmm', [turn, ['s', 'aten.baddbmm.default', bias3, 'q', 't'], softmax('s'), mix3]],
];
test.each(fused3)('of three dimensions: %s', (_name, lines) => {
  const [wanted] = run(program(['q', 'k', 'v'], lines, ['y']), [q3, k3, v3]) as Tensor[];
  const [got] = run(fuse3(lines), [q3, k3, v3]) as Tensor[];
  expect(count3(lines)).toBe(1);
  expect(got.shape).toEqual(wanted.shape);
  expect(got.sub(wanted).abs().max().item()).toBeLessThan(1e-6);
});
test.each([
  [0, 0.3, 1],
  [1, 0.3, 1],
  [2, 1, 0],
])('baddbmm with beta %p and alpha %p', (beta, alpha, count) => {
  const frozen = torch.capture(
    (a: Tensor, b: Tensor, c: Tensor) =>
      torch.baddbmm(bias3, a, b.transpose(1, 2), { beta, alpha }).softmax(-1).bmm(c),
    { freeze: true },
  );
  const wanted = frozen(q3, k3, v3);
  for (let i = 0; i < 2; i++) {
    expect(frozen(q3, k3, v3).sub(wanted).abs().max().item()).toBeLessThan(1e-6);
  }
  expect(frozen.replays).toBe(1);
  const lines: Line[] = [
    turn,
    ['s', 'aten.baddbmm.default', bias3, 'q', 't', beta, alpha],
    softmax('s'),
    mix3,
  ];
  expect(count3(lines)).toBe(count);
});
test('a baddbmm that is scaled as a whole stays', () => {
  const lines: Line[] = [
    turn,
    ['s', 'aten.baddbmm.default', bias3, 'q', 't'],
    ['m', 'aten.mul.Tensor', 's', 2],
    softmax('m'),
    mix3,
  ];
  expect(count3(lines)).toBe(0);
});
test.each([
  [5, 6, 0],
  [180, 179, 0],
  [180, 180, 1],
])('of %p by %p scores there are too few, or enough', (rows, columns, count) => {
  const lines = [turn, scores, softmax('s'), mix];
  const known = new Map(
    ['s', 'p', 'y'].map((name) => [name, { sizes: [2, 3, rows, columns], dtype: torch.float32 }]),
  );
  const given = program(['q', 'k', 'v'], lines, ['y']);
  const text = programText(freezeProgram(given, { constants: new Map(), results: known }));
  expect(text.split('scaled_dot_product_attention').length - 1).toBe(count);
});
test('a mask with a dimension more than the scores stays what is added', () => {
  const mask = torch.zeros([6, 1, 190, 190]);
  const [q3, k3, v3] = [1, 2, 3].map(() => torch.randn([6, 190, 4]));
  const attend = (a: Tensor, b: Tensor, c: Tensor) =>
    a.matmul(b.transpose(-2, -1)).add(mask).softmax(-1).matmul(c);
  const frozen = torch.capture(attend, { freeze: true });
  for (let i = 0; i < 3; i++) expect(torch.equal(frozen(q3, k3, v3), attend(q3, k3, v3))).toBe(true);
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
  const mask = torch.zeros([1, 3, 190, 190]);
  const [one, keys, values] = [1, 2, 3].map(() => torch.randn([2, 1, 190, 4]));
  const attend = (a: Tensor, b: Tensor, c: Tensor) =>
    a.matmul(b.transpose(-2, -1)).add(mask).softmax(-1).matmul(c);
  const frozen = torch.capture(attend, { freeze: true });
  for (let i = 0; i < 4; i++)
    expect(torch.equal(frozen(one, keys, values), attend(one, keys, values))).toBe(true);
  expect(frozen.replays).toBe(2);
});

test('a captured function', () => {
  const mask = torch.full([190, 190], -Infinity).triu(2);
  const [q, k, v] = [1, 2, 3].map(() => torch.randn([2, 3, 190, 4]));
  const [written, one] = [
    (a: Tensor, b: Tensor, c: Tensor) => a.matmul(b.transpose(-2, -1)).div(2).add(mask).softmax(-1).matmul(c),
    (a: Tensor, b: Tensor, c: Tensor) => torch.scaledDotProductAttention(a, b, c, mask),
  ].map((fn) => torch.capture(fn, { freeze: true }));
  for (let i = 0; i < 3; i++) for (const frozen of [written, one]) frozen(q, k, v);
  expect([written.replays, one.replays]).toEqual([1, 1]);
  // Not as the operators one by one: they are the same operator.
  expect(torch.equal(written(q, k, v), one(q, k, v))).toBe(true);
});

const folder = join(__dirname, 'attention');
const files = readdirSync(folder).filter((name) => name.endsWith('.pt2'));

// attention.py says what is in them, and what Python gave.
test.each(files)('exported by Python: %s', (file) => {
  const program = torch.export.load(join(folder, file));
  const path = join(folder, file.replace('.pt2', '.pt'));
  const calls = torch.load<{ args: Tensor[]; out: Tensor }[]>(path, { objects: true });
  const [plain, frozen] = [program.module(), program.module({ freeze: true })];
  const made = jest.mocked(freezeProgram).mock.results.at(-1)!.value as ProgramDescription;
  const count = programText(made).split('scaled_dot_product_attention').length - 1;
  expect(count).toBe(file === 'returned.pt2' ? 0 : 1);
  for (const { args, out } of calls) {
    for (const found of torch.noGrad(() => [plain, frozen].map((one) => one(...args) as Tensor))) {
      expect(found.shape).toEqual(out.shape);
      expect(torch.allclose(found, out, 1e-4, 1e-5)).toBe(true);
    }
  }
});
