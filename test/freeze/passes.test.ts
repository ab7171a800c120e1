// What each pass of freezeProgram does to small programs, and what it leaves alone.
import torch, { type Tensor, TorchError } from 'nodetorch';
import { freezeProgram } from '../../lib/freeze';
import { foldBatchNorms } from '../../lib/freeze/fold_batch_norm';
import { foldConstants } from '../../lib/freeze/fold_constants';
import { dropIdentities, dropInPlace, dropUnused } from '../../lib/freeze/plain';
import { programText } from '../../lib/freeze/text';
import type { ProgramDescription } from '../../typings/native';
import { type Line, program, run } from './support';

torch.manualSeed(0);
const w = torch.randn([4, 4]);
const b = torch.randn([4]);
const stats = { mean: torch.randn([4]), variance: torch.rand([4]).add(0.5) };
const kernel = torch.randn([4, 4, 3, 3]);

const lines = (text: ProgramDescription): string[] =>
  programText(text)
    .split('\n')
    .map((line) => line.replace(/^.* = |\(.*$/g, ''));

interface Row {
  name: string;
  lines: Line[];
  outputs: string[];
  left: string[]; // operators, and what is returned
}

describe('constants', () => {
  const rows: Row[] = [
    {
      name: 'a chain of them is one',
      lines: [
        ['t', 'aten.t.default', w],
        ['s', 'aten.mul.Tensor', 't', 2],
        ['y', 'aten.mm.default', 'x', 's'],
      ],
      outputs: ['y'],
      left: ['aten.mm.default', 'return %3'],
    },
    {
      name: 'a list of them is one; a node that gives something else than the program says stays',
      lines: [
        ['c', 'aten.cat.default', [w, w], 0],
        ['p q', 'aten.split.Tensor', 'c', 4],
        ['y', 'aten.mm.default', 'x', 'x'],
      ],
      outputs: ['y'],
      left: ['aten.split.Tensor', 'aten.mm.default', 'return %4'], // its two results are one list in truth
    },
    {
      name: 'not random numbers',
      lines: [
        ['r', 'aten.rand_like.default', w],
        ['y', 'aten.add.Tensor', 'x', 'r'],
      ],
      outputs: ['y'],
      left: ['aten.rand_like.default', 'aten.add.Tensor', 'return %2'],
    },
    {
      name: 'not what depends on an input',
      lines: [['y', 'aten.add.Tensor', 'x', w]],
      outputs: ['y'],
      left: ['aten.add.Tensor', 'return %1'],
    },
    {
      name: 'not what is returned, which the caller may change',
      lines: [
        ['s', 'aten.mul.Tensor', w, 2],
        ['v', 'aten.view.default', 's', [16]],
      ],
      outputs: ['v'],
      left: ['aten.mul.Tensor', 'aten.view.default', 'return %2'],
    },
    {
      name: 'not of a constant that is written to',
      lines: [
        ['s', 'aten.mul.Tensor', w, 2],
        ['_', 'aten.copy_.default', w, 'x'],
        ['y', 'aten.mm.default', 'x', 's'],
      ],
      outputs: ['y'],
      left: ['aten.mul.Tensor', 'aten.copy_.default', 'aten.mm.default', 'return %2'],
    },
    {
      name: 'not of a constant that is written to by way of a view',
      lines: [
        ['s', 'aten.mul.Tensor', w, 2],
        ['v', 'aten.view.default', w, [16]],
        ['r', 'aten.select.int', 'v', 0, 0],
        ['_', 'aten.zero_.default', 'r'],
        ['y', 'aten.mm.default', 'x', 's'],
      ],
      outputs: ['y'],
      left: [
        'aten.mul.Tensor',
        'aten.view.default',
        'aten.select.int',
        'aten.zero_.default',
        'aten.mm.default',
        'return %4',
      ],
    },
    {
      name: 'not of statistics that batch_norm writes to',
      lines: [
        ['s', 'aten.mul.Tensor', b, 2],
        ['n', 'aten.batch_norm.default', 'x', null, null, b, stats.variance, true, 0.1, 1e-5, false],
        ['y', 'aten.add.Tensor', 'n', 's'],
      ],
      outputs: ['y'],
      left: ['aten.mul.Tensor', 'aten.batch_norm.default', 'aten.add.Tensor', 'return %3'],
    },
    {
      name: 'not what fails: the program says so when it runs',
      lines: [
        ['s', 'aten.mm.default', w, b],
        ['y', 'aten.add.Tensor', 'x', 's'],
      ],
      outputs: ['y'],
      left: ['aten.mm.default', 'aten.add.Tensor', 'return %2'],
    },
  ];
  test.each(rows)('$name', ({ lines: given, outputs, left }) => {
    expect(lines(foldConstants(program(['x'], given, outputs)))).toEqual(left);
  });

  test('the values are those of the program', () => {
    const given = program(['x'], rows[0].lines, ['y']);
    const x = torch.randn([4, 4]);
    const [before, after] = [given, foldConstants(given)].map((one) => run(one, [x])[0] as Tensor);
    expect(torch.equal(before, after)).toBe(true);
  });
});

describe('batch norms', () => {
  const norm = (input: string, isTraining = false): Line => [
    'n',
    'aten.batch_norm.default',
    input,
    b,
    b,
    stats.mean,
    stats.variance,
    isTraining,
    0.1,
    1e-5,
    false,
  ];
  const conv: Line = ['c', 'aten.conv2d.default', 'x', kernel, null, [1, 1], [1, 1]];
  const image = torch.randn([2, 4, 6, 6]);
  interface NormRow extends Row {
    input?: Tensor;
    rank?: number;
  }
  const rows: NormRow[] = [
    {
      name: 'behind a convolution',
      lines: [conv, norm('c')],
      outputs: ['n'],
      left: ['aten.conv2d.default', 'return %1'],
    },
    {
      name: 'behind a convolution that pads by name, in groups',
      lines: [
        ['c', 'aten.conv2d.padding', 'x', torch.randn([4, 2, 3, 3]), b, [1, 1], 'same', [1, 1], 2],
        norm('c'),
      ],
      outputs: ['n'],
      left: ['aten.conv2d.padding', 'return %1'],
    },
    {
      name: 'as decompositions write them',
      lines: [
        ['c', 'aten.convolution.default', 'x', kernel, b, [1, 1], [0, 0], [1, 1], false, [0, 0], 1],
        [
          'n _ _',
          'aten._native_batch_norm_legit_no_training.default',
          'c',
          b,
          b,
          stats.mean,
          stats.variance,
          0.1,
          1e-5,
        ],
      ],
      outputs: ['n'],
      left: ['aten.convolution.default', 'return %1'],
    },
    {
      name: 'behind a linear layer',
      lines: [['c', 'aten.linear.default', 'x', w, b], norm('c')],
      outputs: ['n'],
      left: ['aten.linear.default', 'return %1'],
      input: torch.randn([3, 4]),
      rank: 2,
    },
    {
      name: 'not behind a linear layer whose second dimension is another one',
      lines: [['c', 'aten.linear.default', 'x', w, b], norm('c')],
      outputs: ['n'],
      left: ['aten.linear.default', 'aten.batch_norm.default', 'return %2'],
      input: torch.randn([3, 4, 4]),
      rank: 3,
    },
    {
      name: 'not of an image without a batch, whose second dimension is its height',
      lines: [conv, norm('c')],
      outputs: ['n'],
      left: ['aten.conv2d.default', 'aten.batch_norm.default', 'return %2'],
      input: torch.randn([4, 4, 4]),
      rank: 3,
    },
    {
      name: 'not in training mode',
      lines: [conv, norm('c', true)],
      outputs: ['n'],
      left: ['aten.conv2d.default', 'aten.batch_norm.default', 'return %2'],
    },
    {
      name: 'not where the convolution is used twice',
      lines: [conv, norm('c'), ['y', 'aten.add.Tensor', 'n', 'c']],
      outputs: ['y'],
      left: ['aten.conv2d.default', 'aten.batch_norm.default', 'aten.add.Tensor', 'return %3'],
    },
    {
      name: 'not where the convolution is returned, too',
      lines: [conv, norm('c')],
      outputs: ['n', 'c'],
      left: ['aten.conv2d.default', 'aten.batch_norm.default', 'return %2, %1'],
    },
    {
      name: 'not where the weight is no constant',
      lines: [['c', 'aten.conv2d.default', image, 'x'], norm('c')],
      outputs: ['n'],
      left: ['aten.conv2d.default', 'aten.batch_norm.default', 'return %2'],
      input: kernel,
    },
    {
      name: 'not where something between them writes to what the convolution gave',
      lines: [
        conv,
        ['v', 'aten.view.default', 'c', [2, 4, 36]],
        ['_', 'aten.mul_.Tensor', 'v', 2],
        norm('c'),
      ],
      outputs: ['n'],
      left: [
        'aten.conv2d.default',
        'aten.view.default',
        'aten.mul_.Tensor',
        'aten.batch_norm.default',
        'return %3',
      ],
    },
    {
      name: 'not where the statistics are written to',
      lines: [
        conv,
        norm('c'),
        ['_', 'aten.zero_.default', stats.mean.clone()],
        ['_', 'aten.add_.Tensor', b, 0],
      ],
      outputs: ['n'],
      left: [
        'aten.conv2d.default',
        'aten.batch_norm.default',
        'aten.zero_.default',
        'aten.add_.Tensor',
        'return %2',
      ],
    },
    {
      name: 'not behind a transposed convolution',
      lines: [
        ['c', 'aten.convolution.default', 'x', kernel, b, [1, 1], [0, 0], [1, 1], true, [0, 0], 1],
        norm('c'),
      ],
      outputs: ['n'],
      left: ['aten.convolution.default', 'aten.batch_norm.default', 'return %2'],
    },
  ];
  test.each(rows)('$name', ({ lines: given, outputs, left, input = image, rank = 4 }) => {
    const before = program(['x'], given, outputs);
    const after = foldBatchNorms(
      before,
      new Map([['c', { sizes: new Array<number>(rank).fill(1), dtype: torch.float32 }]]),
    );
    expect(lines(after)).toEqual(left);
    const [expected, found] = [before, after].map((one) => run(one, [input])[0] as Tensor);
    // A sum of 36 products of numbers about 1: 36 units in the last place of 10 at most.
    expect(found.sub(expected).abs().max().item()).toBeLessThan(3.5e-5);
  });
});

describe('plainer forms', () => {
  const results = new Map([
    ['l', { sizes: [2, 2], dtype: torch.float32 }],
    ['k', { sizes: [2, 2], dtype: torch.float32 }],
    ['d', { sizes: [2, 2], dtype: torch.float64 }],
  ]);
  const all = (given: ProgramDescription) => dropUnused(dropInPlace(dropIdentities(given), results));
  const rows: Row[] = [
    {
      name: 'dropout in evaluation mode is gone',
      lines: [
        ['d', 'aten.dropout.default', 'x', 0.5, false],
        ['y', 'aten.relu.default', 'd'],
      ],
      outputs: ['y'],
      left: ['aten.relu.default', 'return %2'],
    },
    {
      name: 'dropout in training mode is not',
      lines: [['y', 'aten.dropout.default', 'x', 0.5, true]],
      outputs: ['y'],
      left: ['aten.dropout.default', 'return %1'],
    },
    {
      name: 'relu_ of a new value is relu',
      lines: [
        ['l', 'aten.linear.default', 'x', w],
        ['y', 'aten.relu_.default', 'l'],
      ],
      outputs: ['y'],
      left: ['aten.linear.default', 'aten.relu.default', 'return %2'],
    },
    {
      name: 'add_ of values of one dtype is add',
      lines: [
        ['l', 'aten.linear.default', 'x', w],
        ['k', 'aten.relu.default', 'x'],
        ['y', 'aten.add_.Tensor', 'l', 'k'],
      ],
      outputs: ['y'],
      left: ['aten.linear.default', 'aten.relu.default', 'aten.add.Tensor', 'return %3'],
    },
    {
      name: 'add_ of another dtype is not, which would not keep its own',
      lines: [
        ['l', 'aten.linear.default', 'x', w],
        ['d', 'aten.to.dtype', 'x', torch.float64],
        ['y', 'aten.add_.Tensor', 'l', 'd'],
      ],
      outputs: ['y'],
      left: ['aten.linear.default', 'aten.to.dtype', 'aten.add_.Tensor', 'return %3'],
    },
    {
      name: 'relu_ of an input is not',
      lines: [['y', 'aten.relu_.default', 'x']],
      outputs: ['y'],
      left: ['aten.relu_.default', 'return %1'],
    },
    {
      name: 'relu_ of a view of an input is not',
      lines: [
        ['v', 'aten.view.default', 'x', [16]],
        ['y', 'aten.relu_.default', 'v'],
      ],
      outputs: ['y'],
      left: ['aten.view.default', 'aten.relu_.default', 'return %2'],
    },
    {
      name: 'relu_ of what somebody else sees is not',
      lines: [
        ['l', 'aten.linear.default', 'x', w],
        ['y', 'aten.relu_.default', 'l'],
        ['z', 'aten.add.Tensor', 'l', 'y'],
      ],
      outputs: ['z'],
      left: ['aten.linear.default', 'aten.relu_.default', 'aten.add.Tensor', 'return %3'],
    },
    {
      name: 'what nobody wants is gone, unless it writes',
      lines: [
        ['u', 'aten.add.Tensor', 'x', w],
        ['_', 'aten.zero_.default', 'x'],
        ['y', 'aten.relu.default', 'x'],
      ],
      outputs: ['y'],
      left: ['aten.zero_.default', 'aten.relu.default', 'return %2'],
    },
  ];
  test.each(rows)('$name', ({ lines: given, outputs, left }) => {
    expect(lines(all(program(['x'], given, outputs)))).toEqual(left);
  });
});

describe('freezeProgram', () => {
  test('constants take the place of inputs', () => {
    const given = program(['w', 'x'], [['y', 'aten.mm.default', 'x', 'w']], ['y']);
    const frozen = freezeProgram(given, { constants: new Map([[0, w]]) });
    const x = torch.randn([2, 4]);
    expect(frozen.inputs).toEqual([1]);
    expect((run(frozen, [x])[0] as Tensor).sub(x.mm(w)).abs().max().item()).toBeLessThan(1e-5);
  });

  test.each<[string, Line]>([
    [
      'batch_norm with training=True',
      ['y', 'aten.batch_norm.default', 'x', null, null, null, null, true, 0.1, 1e-5, false],
    ],
    ['dropout with train=True', ['y', 'aten.dropout.default', 'x', 0.5, true]],
  ])('refuses %s', (what, line) => {
    expect(() => freezeProgram(program(['x'], [line], ['y']), { constants: new Map() })).toThrow(
      new TorchError(
        `a program in training mode cannot be frozen: node y is ${what}; call eval() on the model before`,
      ),
    );
  });

  test('refuses what writes to a constant, also by way of a view', () => {
    const given = program(
      ['w', 'x'],
      [
        ['v', 'aten.view.default', 'w', [16]],
        ['_', 'aten.mul_.Tensor', 'v', 'x'],
        ['y', 'aten.relu.default', 'x'],
      ],
      ['y'],
    );
    expect(() => freezeProgram(given, { constants: new Map([[0, w]]) })).toThrow(
      new TorchError(
        'a program that changes its state cannot be frozen, and node _ writes to it by aten.mul_.Tensor',
      ),
    );
    expect(lines(freezeProgram(given, { constants: new Map([[1, w]]) }))).toContain('aten.mul_.Tensor');
  });
});
