// Which nodes become packed layers, what they take in, and where memory gets its order back.
import torch, { type Tensor } from 'nodetorch';
import { freezeProgram } from '../../lib/freeze';
import { native } from '../../lib/native';
import { packLayers } from '../../lib/freeze/pack';
import { operatorName } from '../../lib/freeze/operators';
import type { ProgramDescription, ProgramNode } from '../../typings/native';
import { type Line, program, run } from './support';

torch.manualSeed(0);
const w = torch.randn([8, 8]);
const b = torch.randn([8]);
const filter = torch.randn([32, 32, 3, 3]);
const stem = torch.randn([32, 3, 3, 3]);
const shift = torch.randn([32]);

/** Operators, a packed layer with what it does besides. */
const shown = ({ nodes }: ProgramDescription): string[] =>
  nodes.map((node) => {
    const name = operatorName(node).replace('aten.', '').replace('.default', '');
    if (!name.startsWith('nodetorch.'))
      return ['linear', 'conv2d'].includes(name) ? `${name} of libtorch` : name;
    const [activation, other] = node.arguments.slice(-2);
    const adds = 'constant' in other && other.constant === null ? '' : ' +';
    const what =
      'constant' in activation && activation.constant !== 'none' ? ` ${String(activation.constant)}` : '';
    return `${name.replace('nodetorch.', '')}${adds}${what}`;
  });

interface Row {
  name: string;
  lines: Line[];
  outputs: string[];
  left: string[];
  input?: Tensor;
}
const image = torch.randn([2, 32, 7, 9]);
const color = torch.randn([2, 3, 7, 9]);
const matrix = torch.randn([3, 8]);
const conv = (result: string, input: string, weight: Tensor = filter, ...rest: unknown[]): Line => {
  const options =
    rest.length > 0
      ? rest
      : [
          [1, 1],
          [1, 1],
        ];
  return [result, 'aten.conv2d.default', input, weight, shift, ...options];
};
const layer = (result: string, input: string): Line => [result, 'aten.linear.default', input, w, b];
const relu = (result: string, input: string): Line => [result, 'aten.relu.default', input];
const add = (result: string, ...given: unknown[]): Line => [result, 'aten.add.Tensor', ...given];

const OPEN = ['n', 'c', 'h', 'w'];

function check(given: ProgramDescription, input: Tensor): ProgramDescription {
  const results = new Map(given.nodes.map(({ name }) => [name, { sizes: OPEN, dtype: torch.float32 }]));
  const frozen = freezeProgram(given, { constants: new Map(), results });
  const expected = run(given, [input.clone()]) as Tensor[];
  const found = run(frozen, [input.clone()]) as Tensor[];
  found.forEach((one, i) => {
    expect([one.shape, one.dtype, one.stride()]).toEqual([
      expected[i].shape,
      expected[i].dtype,
      expected[i].stride(),
    ]);
    const size = expected[i].double().std().item();
    expect(one.sub(expected[i]).abs().max().item()).toBeLessThan(1e-4 * size);
  });
  return frozen;
}

// Elsewhere nothing is packed.
const describePacked = native.packedKernels() === 'baseline' ? describe.skip : describe;

describePacked('linear layers', () => {
  const rows: Row[] = [
    { name: 'linear, relu', lines: [layer('l', 'x'), relu('y', 'l')], outputs: ['y'], left: ['linear relu'] },
    {
      name: 'linear, gelu by its exact form, and by tanh',
      lines: [
        layer('l', 'x'),
        ['g', 'aten.gelu.default', 'l'],
        layer('m', 'g'),
        ['y', 'aten.gelu.default', 'm'],
      ],
      outputs: ['y'],
      left: ['linear gelu', 'linear gelu'],
    },
    {
      name: 'addmm with a transposed weight',
      lines: [
        ['t', 'aten.permute.default', w, [1, 0]],
        ['y', 'aten.addmm.default', b, 'x', 't'],
      ],
      outputs: ['y'],
      left: ['linear'],
    },
    { name: 'mm', lines: [['y', 'aten.mm.default', 'x', w]], outputs: ['y'], left: ['linear'] },
    {
      name: 'matmul of more dimensions',
      lines: [['y', 'aten.matmul.default', 'x', w]],
      outputs: ['y'],
      left: ['linear'],
      input: torch.randn([2, 3, 8]),
    },
    {
      name: 'matmul of a vector',
      lines: [['y', 'aten.matmul.default', 'x', w]],
      outputs: ['y'],
      left: ['linear'],
      input: b,
    },
    {
      name: 'an input that is not contiguous',
      lines: [['t', 'aten.t.default', 'x'], layer('y', 't')],
      outputs: ['y'],
      left: ['t', 'linear'],
      input: torch.randn([8, 3]),
    },
    {
      name: 'what is added, on either side, and relu of the sum',
      lines: [layer('l', 'x'), add('s', 'x', 'l'), relu('r', 's'), layer('m', 'r'), add('y', 'm', 'r')],
      outputs: ['y'],
      left: ['linear + relu', 'linear +'],
    },
    {
      name: 'what is added with another shape, or dtype',
      lines: [layer('l', 'x'), add('s', 'l', torch.randn([2, 1, 8])), relu('y', 's')],
      outputs: ['y'],
      left: ['linear + relu'],
    },
    {
      name: 'of two layers the later one takes the sum',
      lines: [layer('l', 'x'), layer('m', 'x'), add('y', 'l', 'm')],
      outputs: ['y'],
      left: ['linear', 'linear +'],
    },
    {
      name: 'relu before the sum: only relu',
      lines: [layer('l', 'x'), relu('r', 'l'), add('y', 'r', 'x')],
      outputs: ['y'],
      left: ['linear relu', 'add.Tensor'],
    },
    {
      name: 'a multiple of something is not added, nor a number',
      lines: [
        layer('l', 'x'),
        ['s', 'aten.add.Tensor', 'l', 1],
        layer('m', 's'),
        ['y', 'aten.addmm.default', b, 'm', w],
      ],
      outputs: ['y'],
      left: ['linear', 'add.Tensor', 'linear', 'linear'],
    },
    {
      name: 'a layer that is used twice, or returned, keeps its own result',
      lines: [layer('l', 'x'), relu('r', 'l'), add('y', 'l', 'r'), layer('z', 'y'), relu('q', 'z')],
      outputs: ['q', 'z'],
      left: ['linear', 'relu', 'add.Tensor', 'linear', 'relu'],
    },
    {
      name: 'nothing is taken in over a node that writes to something',
      lines: [layer('l', 'x'), ['_', 'aten.mul_.Tensor', 'x', 2], relu('y', 'l')],
      outputs: ['y'],
      left: ['linear', 'mul_.Tensor', 'relu'],
    },
    {
      name: 'a weight that is no constant, or of another dtype',
      lines: [
        ['l', 'aten.linear.default', 'x', 'x'],
        ['d', 'aten.to.dtype', 'x', torch.float64],
        ['m', 'aten.linear.default', 'd', w.double(), null],
      ],
      outputs: ['l', 'm'],
      left: ['linear of libtorch', 'to.dtype', 'linear of libtorch'],
    },
    {
      name: 'relu_ of a layer is relu, of an input it is not',
      lines: [
        layer('l', 'x'),
        ['r', 'aten.relu_.default', 'l'],
        ['y', 'aten.relu_.default', 'x'],
        add('z', 'r', 'y'),
      ],
      outputs: ['z'],
      left: ['linear relu', 'relu_', 'add.Tensor'],
    },
  ];
  test.each(rows)('$name', ({ lines, outputs, left, input = matrix }) => {
    expect(shown(check(program(['x'], lines, outputs), input))).toEqual(left);
  });
});

test('a layer stays whose weight or bias is written to', () => {
  const given = program(
    ['x'],
    [layer('l', 'x'), ['_', 'aten.mul_.Tensor', b, 1], ['y', 'aten.linear.default', 'x', w.clone()]],
    ['l', 'y'],
  );
  const left = shown(packLayers(given, new Map()));
  expect(left.slice(0, 2)).toEqual(['linear of libtorch', 'mul_.Tensor']);
});

describePacked('convolutions', () => {
  const norm: Line = [
    'n',
    'aten.batch_norm.default',
    'c',
    shift,
    shift,
    shift,
    shift.abs(),
    false,
    0.1,
    1e-5,
    false,
  ];
  const rows: Row[] = [
    { name: '3 x 3', lines: [conv('y', 'x')], outputs: ['y'], left: ['conv3x3', 'contiguous'] },
    {
      name: 'with a batch norm, what is added, and relu',
      lines: [conv('c', 'x'), norm, add('s', 'x', 'n'), relu('y', 's')],
      outputs: ['y'],
      left: ['conv3x3 + relu', 'contiguous'],
    },
    {
      name: 'a block: the sum and what is added have their channels last',
      lines: [conv('a', 'x'), conv('b', 'a'), add('y', 'b', 'a')],
      outputs: ['y'],
      left: ['conv3x3', 'conv3x3 +', 'contiguous'],
    },
    {
      name: "alone, those of other strides, dilations, groups, sizes and channels stay libtorch's",
      lines: [
        conv('s', 'x', filter, [2, 2], [1, 1]),
        conv('d', 'x', filter, [1, 1], [2, 2], [2, 2]),
        conv('g', 'x', torch.randn([32, 16, 3, 3]), [1, 1], [1, 1], [1, 1], 2),
        conv('k', 'x', torch.randn([32, 32, 1, 1]), [1, 1], [0, 0]),
        ['n', 'aten.conv2d.default', 'x', torch.randn([30, 32, 3, 3]), null],
      ],
      outputs: ['s', 'd', 'g', 'k', 'n'],
      left: Array<string>(5).fill('conv2d of libtorch'),
    },
    {
      name: 'in a chain they are packed, too',
      lines: [
        conv('s', 'x', filter, [2, 2], [1, 1]),
        conv('d', 's', filter, [1, 1], [2, 2], [2, 2]),
        conv('g', 'd', torch.randn([32, 16, 3, 3]), [1, 1], [1, 1], [1, 1], 2),
        conv('k', 'g', torch.randn([32, 32, 1, 1]), [1, 1], [0, 0]),
        conv('w', 'k', torch.randn([32, 1, 3, 3]), [1, 1], [1, 1], [1, 1], 32),
        ['y', 'aten.conv2d.default', 'w', torch.randn([30, 32, 3, 3]), null],
      ],
      outputs: ['y'],
      left: ['conv2d', 'conv2d', 'conv2d', 'conv2d', 'conv2d', 'conv2d', 'contiguous'],
    },
    {
      name: 'small groups are left to libtorch, and a filter with several for each channel',
      lines: [
        conv('a', 'x', torch.randn([32, 8, 3, 3]), [1, 1], [1, 1], [1, 1], 4),
        ['y', 'aten.conv2d.default', 'a', torch.randn([64, 1, 3, 3]), null, [1, 1], [1, 1], [1, 1], 32],
      ],
      outputs: ['y'],
      left: ['conv2d of libtorch', 'conv2d of libtorch', 'contiguous'],
    },
    {
      name: 'padding by name, on both sides alike',
      lines: [
        ['a', 'aten.conv2d.padding', 'x', filter, shift, [1, 1], 'same', [2, 2]],
        ['b', 'aten.conv2d.padding', 'a', filter, shift, [2, 2], 'valid'],
        ['y', 'aten.conv2d.padding', 'b', torch.randn([32, 32, 2, 2]), shift, [1, 1], 'same'],
      ],
      outputs: ['y'],
      left: ['conv2d', 'conv2d', 'conv2d.padding', 'contiguous'],
    },
    {
      name: 'relu6 by its names, silu and hardswish; not hardtanh of another range',
      lines: [
        conv('a', 'x', filter, [2, 2], [1, 1]),
        ['b', 'aten.hardtanh.default', 'a', 0, 6],
        conv('c', 'b'),
        ['d', 'aten.relu6.default', 'c'],
        conv('e', 'd'),
        ['f', 'aten.clamp.default', 'e', 0, 6],
        conv('g', 'f'),
        ['h', 'aten.silu.default', 'g'],
        conv('i', 'h'),
        ['j', 'aten.hardswish.default', 'i'],
        conv('k', 'j'),
        ['y', 'aten.hardtanh.default', 'k', 0, 5],
      ],
      outputs: ['y'],
      left: [
        'conv2d relu6',
        'conv3x3 relu6',
        'conv3x3 relu6',
        'conv3x3 silu',
        'conv3x3 hardswish',
        'conv3x3',
        'hardtanh',
        'contiguous',
      ],
    },
    {
      name: 'what is padded otherwise before it',
      lines: [
        conv('a', 'x', filter, [2, 2], [1, 1]),
        ['p', 'aten.pad.default', 'a', [1, 1, 1, 1], 'reflect'],
        conv('y', 'p', filter, [2, 2], [0, 0]),
      ],
      outputs: ['y'],
      left: ['conv2d of libtorch', 'pad', 'conv2d of libtorch'],
    },
    {
      name: 'one before another has its channels last, too; a view is of a copy',
      lines: [
        conv('a', 'x', stem),
        relu('r', 'a'),
        ['p', 'aten.max_pool2d.default', 'r', [2, 2]],
        conv('c', 'p'),
        ['y', 'aten.view.default', 'c', [2, 32 * 12]],
      ],
      outputs: ['y'],
      left: ['conv2d relu', 'max_pool2d', 'conv3x3', 'contiguous', 'view'],
      input: color,
    },
    {
      name: 'what reads strides gets one copy',
      lines: [
        conv('c', 'x'),
        ['t', 'aten.permute.default', 'c', [0, 2, 3, 1]],
        ['u', 'aten.as_strided.default', 'c', [5], [1]],
        ['f', 'aten.flatten.using_ints', 'c', 1],
        ['m', 'aten.mean.dim', 'c', [-1, -2]],
      ],
      outputs: ['t', 'u', 'f', 'm'],
      left: ['conv3x3', 'contiguous', 'permute', 'as_strided', 'flatten.using_ints', 'mean.dim'],
    },
    {
      name: 'lists of them',
      lines: [
        conv('c', 'x'),
        ['y', 'aten.cat.default', ['c', 'x'], 1],
        ['z', 'aten.stack.default', ['c', 'x'], 0],
      ],
      outputs: ['y', 'z'],
      left: ['conv3x3', 'cat', 'contiguous', 'stack', 'contiguous'],
    },
  ];
  test.each(rows)('$name', ({ lines, outputs, left, input = image }) => {
    expect(shown(check(program(['x'], lines, outputs), input))).toEqual(left);
  });
});

test.each([torch.bfloat16, torch.float16])('%s is left to libtorch, and stays as near', (dtype) => {
  const lower = (tensor: Tensor): Tensor => tensor.to(dtype);
  const [weight, low, variance] = [filter, shift, shift.abs().add(0.5)].map(lower);
  const lines: Line[] = [
    ['c', 'aten.conv2d.default', 'x', weight, low, [1, 1], [1, 1]],
    ['n', 'aten.batch_norm.default', 'c', low, low, low, variance, false, 0.1, 1e-5, false],
    relu('r', 'n'),
    ['d', 'aten.conv2d.default', 'r', weight, low, [2, 2], [1, 1]],
    ['m', 'aten.mean.dim', 'd', [2, 3]],
    ['y', 'aten.linear.default', 'm', lower(torch.ones([8, 32])), lower(b)],
  ];
  const given = program(['x'], lines, ['y']);
  const results = new Map(given.nodes.map(({ name }) => [name, { sizes: OPEN, dtype }]));
  const frozen = freezeProgram(given, { constants: new Map(), results });
  expect(shown(frozen)).toEqual([
    'conv2d of libtorch',
    'relu',
    'conv2d of libtorch',
    'mean.dim',
    'linear of libtorch',
  ]);
  const exact = program(
    ['x'],
    lines.map(([to, name, ...args]) => [
      to,
      name,
      ...args.map((one) => (one instanceof torch.Tensor ? one.double() : one)),
    ]),
    ['y'],
  );
  const input = lower(image);
  const [[wanted], ...found] = [run(exact, [input.double()]), run(given, [input]), run(frozen, [input])] as [
    Tensor[],
    Tensor[],
    Tensor[],
  ];
  const size = wanted.abs().max().item();
  const [plainly, frozenly] = found.map(([one]) => one.double().sub(wanted).abs().max().item() / size);
  expect([found[1][0].dtype, found[1][0].shape]).toEqual([dtype, wanted.shape]);
  expect(plainly).toBeLessThan(0.02);
  expect(frozenly).toBeLessThan(0.02);
});

describePacked("Winograd's algorithm", () => {
  const packed = (sizes: number[]): string[] => {
    const given = program(['x'], [conv('y', 'x'), conv('z', 'y')], ['z']);
    const results = new Map(given.nodes.map(({ name }) => [name, { sizes, dtype: torch.float32 }]));
    return shown(freezeProgram(given, { constants: new Map(), results }));
  };
  test('is not used for a few places', () => {
    expect(packed([1, 32, 4, 8])).toEqual(['conv2d', 'conv2d', 'contiguous']);
    expect(packed([2, 32, 4, 8])).toEqual(['conv3x3', 'conv3x3', 'contiguous']);
    expect(packed([1, 32, 5, 5])).toEqual(['conv3x3', 'conv3x3', 'contiguous']);
  });
});

describePacked('packed layers refuse', () => {
  const frozen = freezeProgram(program(['x'], [layer('y', 'x')], ['y']), { constants: new Map() });
  const convs = freezeProgram(program(['x'], [conv('y', 'x')], ['y']), {
    constants: new Map(),
    results: new Map([['y', { sizes: OPEN, dtype: torch.float32 }]]),
  });
  const rows: [name: string, description: ProgramDescription, input: () => unknown, message: RegExp][] = [
    ['another dtype', frozen, () => matrix.double(), /takes float32 tensors on the CPU, and its input is of/],
    ['None', frozen, () => null, /its input is None/],
    ['another device', frozen, () => matrix.to('meta'), /takes float32 tensors on the CPU/],
    ['sparse tensors', frozen, () => matrix.toSparse(), /takes float32 tensors on the CPU/],
    [
      'other features',
      frozen,
      () => matrix.t(),
      /a layer of 8 features was given an input of shape \[8, 3\]/,
    ],
    ['a number', frozen, () => torch.tensor(1), /a layer of 8 features was given an input of shape \[\]/],
    ['gradients', frozen, () => matrix.clone().requiresGrad_(), /computes no gradients/],
    ['other channels', convs, () => color, /of 32 channels was given an input of shape \[2, 3, 7, 9\]/],
    ['no batch', convs, () => image.select(0, 0), /of 32 channels was given an input of shape/],
    ['no height', convs, () => torch.randn([1, 32, 0, 4]), /is larger than an input of shape/],
  ];
  test.each(rows)('%s', (_, description, input, message) => {
    expect(() => run(description, [input()])).toThrow(message);
  });
  // A good call of nodetorch.conv2d but for these.
  const packedConv = (changes: Record<string, unknown>): unknown[] =>
    Object.values({
      input: torch.ones([1, 16, 4, 4]),
      packed: torch.ones([544]),
      channels: 32,
      groups: 1,
      size: [1, 1],
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      activation: 'none',
      other: null,
      ...changes,
    });
  test.each<[operator: string, ...args: unknown[]]>([
    ['linear', torch.ones([8]), torch.ones([0]), 4, 'none', null],
    ['linear', torch.ones([8]), torch.ones([288]), 33, 'none', null],
    ['linear', torch.ones([8]), torch.ones([288]), -1, 'none', null],
    ['linear', torch.ones([8]), torch.ones([288]), Number.MAX_SAFE_INTEGER, 'none', null],
    ['linear', torch.ones([8]), torch.ones([576]).slice(0, 0, 576, 2), 8, 'none', null],
    ['linear', torch.ones([8]), torch.ones([288], { dtype: torch.float64 }), 8, 'none', null],
    ['linear', torch.ones([8]), 'weights', 8, 'none', null],
    ['linear', torch.ones([8]), torch.ones([288]), 8, 1, null],
    ['conv3x3', torch.ones([1, 16, 4, 4]), torch.ones([18_464]), 64, 1, 1, 'none', null],
    ['conv3x3', torch.ones([1, 16, 4, 4]), torch.ones([18_464]), 32, -1, 1, 'none', null],
    ['conv3x3', torch.ones([1, 16, 4, 4]), torch.ones([18_464]), 32, 1, 3, 'none', null],
    ['conv3x3', torch.ones([1, 16, 4, 4]), torch.ones([18_465]), 32, 1, 1, 'none', null],
    ['conv3x3', torch.ones([1, 16, 4, 4]), torch.ones([0]), 32, 1, 1, 'none', null],
    ['conv2d', ...packedConv({ dilation: [0, 0] })],
    ['conv2d', ...packedConv({ stride: [0, 1] })],
    ['conv2d', ...packedConv({ size: [1] })],
    ['conv2d', ...packedConv({ size: [1, 1.5] })],
    ['conv2d', ...packedConv({ size: 1 })],
    ['conv2d', ...packedConv({ packed: torch.ones([545]) })],
    ['conv2d', ...packedConv({ channels: 33 })],
    ['conv2d', ...packedConv({ groups: 3 })],
    ['conv2d', ...packedConv({ groups: 0 })],
    ['conv2d', ...packedConv({ size: [2, 1] })],
    ['conv2d', ...packedConv({ padding: [-1, 0] })],
    ['conv2d', ...packedConv({ padding: [Number.MAX_SAFE_INTEGER, 0] })],
    ['conv2d', ...packedConv({ size: [1048576, 1048576], padding: [1048576, 1048576] })],
    ['conv2d', ...packedConv({ input: torch.ones([1, 0, 4, 4]), packed: torch.ones([32]) })],
    ['pack_linear', torch.ones([8]), null],
    ['pack_linear', torch.ones([8, 0]).t(), null],
    ['pack_linear', torch.ones([8, 8]), torch.ones([9])],
    ['pack_conv3x3', torch.ones([32, 16, 3, 2]), null],
    ['pack_conv3x3', torch.ones([31, 16, 3, 3]), null],
    ['pack_conv3x3', torch.ones([32, 16, 3, 3]), torch.ones([31])],
    ['pack_conv2d', torch.ones([32, 16, 3, 3]), torch.ones([31]), 1],
    ['pack_conv2d', torch.ones([32, 16, 3]), null, 1],
    ['pack_conv2d', torch.ones([32, 16, 3, 0]), null, 1],
    ['pack_conv2d', torch.ones([32, 16, 3, 3]), null, 0],
    ['pack_conv2d', torch.ones([32, 16, 3, 3]), null, 5],
  ])('what a file may say of %s', (operator, ...args) => {
    const node: ProgramNode = {
      name: 'y',
      operator: `nodetorch.${operator}`,
      arguments: args.map((constant) => ({ constant })),
      outputs: [0],
    };
    expect(() => run({ slots: 1, inputs: [], nodes: [node], outputs: [{ slot: 0 }] }, [])).toThrow(
      /packed weights are no such|must |float32 tensors/,
    );
  });
  test('tangents, which they would lose', () => {
    const { forwardAd } = torch.autograd;
    forwardAd.dualLevel(() => {
      const dual = forwardAd.makeDual(matrix, torch.onesLike(matrix));
      expect(() => torch.noGrad(() => run(frozen, [dual]))).toThrow(/computes no gradients/);
    });
  });
  test('gradients of what is added', () => {
    const given = program(['x', 'z'], [layer('l', 'x'), add('y', 'l', 'z')], ['y']);
    const sum = freezeProgram(given, { constants: new Map() });
    expect(() => run(sum, [matrix, matrix.clone().requiresGrad_()])).toThrow(/computes no gradients/);
  });
  test('levels of vmap', () => {
    expect(() => torch.func.vmap((x: Tensor) => run(frozen, [x])[0] as Tensor)(matrix)).toThrow(
      /takes float32 tensors on the CPU/,
    );
  });
});
