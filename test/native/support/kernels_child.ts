// Run by kernels.process.test.ts for each kind of processor: how far packed layers are from libtorch's in float64.
import { Program } from '../../../lib/native/program';
import type { ProgramNode } from '../../../typings/native';
import torch, { type Tensor } from '../../../lib';

const call = (operator: string, args: unknown[]): Tensor => {
  const given = args.map((constant) => ({ constant }));
  const node: ProgramNode = { name: operator, operator, arguments: given, outputs: [0] };
  const program = new Program({ slots: 1, inputs: [], nodes: [node], outputs: [{ slot: 0 }] });
  return torch.noGrad(() => program.run([])[0] as Tensor);
};

/** The largest difference, in units of the standard deviation of a sum of so many products. */
const distance = (found: Tensor, expected: Tensor, products: number): number => {
  if (String(found.shape) !== String(expected.shape)) return Infinity;
  if (found.numel() === 0) return 0;
  return found.double().sub(expected).abs().max().item() / Math.sqrt(products);
};

type Epilogue = [activation: string, adds: boolean];
const epilogues: Epilogue[] = [
  ['none', false],
  ['relu', false],
  ['none', true],
  ['relu', true],
  ['gelu', true],
  ['gelu_tanh', false],
  ['relu6', true],
  ['relu6', false],
  ['silu', false],
  ['hardswish', true],
];
function finished(result: Tensor, [activation]: Epilogue, other: Tensor | null): Tensor {
  const sum = other === null ? result : result.add(other.double());
  if (activation === 'relu') return sum.relu();
  if (activation === 'none') return sum;
  if (activation === 'relu6') return torch.nn.functional.relu6(sum);
  if (activation === 'silu') return torch.nn.functional.silu(sum);
  if (activation === 'hardswish') return torch.nn.functional.hardswish(sum);
  return torch.nn.functional.gelu(sum, { approximate: activation === 'gelu' ? 'none' : 'tanh' });
}

function linear(shape: number[], out: number, hasBias: boolean, epilogue: Epilogue): number {
  const x = torch.randn(shape);
  const weight = torch.randn([out, shape.at(-1)!]);
  const bias = hasBias ? torch.randn([out]) : null;
  const other = epilogue[1] ? torch.randn([...shape.slice(0, -1), out]) : null;
  const packed = call('nodetorch.pack_linear', [weight, bias]);
  const found = call('nodetorch.linear', [x, packed, out, epilogue[0], other]);
  const plain = torch.nn.functional.linear(x.double(), weight.double(), bias?.double() ?? null);
  return distance(found, finished(plain, epilogue, other), shape.at(-1)!);
}

function conv(
  [n, inside, height, width]: number[],
  out: number,
  padding: [number, number],
  epilogue: Epilogue,
): number {
  const x = torch.randn([n, inside, height, width]);
  const weight = torch.randn([out, inside, 3, 3]);
  const bias = torch.randn([out]);
  const plain = torch.nn.functional.conv2d(x.double(), weight.double(), bias.double(), { padding });
  const other = epilogue[1]
    ? torch.randn(plain.shape).contiguous({ memoryFormat: torch.channelsLast })
    : null;
  const packed = call('nodetorch.pack_conv3x3', [weight, bias]);
  const found = call('nodetorch.conv3x3', [x, packed, out, ...padding, epilogue[0], other]);
  return distance(found, finished(plain, epilogue, other), 9 * inside);
}

type Pair = [height: number, width: number];
interface Shape {
  x: number[];
  out: number;
  size: Pair;
  stride?: Pair;
  padding?: Pair;
  dilation?: Pair;
  groups?: number;
}
const shapes: Shape[] = [
  { x: [2, 16, 5, 7], out: 24, size: [1, 1] },
  { x: [1, 100, 9, 9], out: 70, size: [1, 1] },
  { x: [2, 16, 6, 7], out: 33, size: [1, 1], stride: [2, 3] },
  { x: [1, 8, 5, 5], out: 8, size: [1, 1], padding: [1, 2] },
  { x: [2, 64, 4, 5], out: 64, size: [1, 1], groups: 2 },
  // What has few channels and long lines is padded as a whole.
  { x: [2, 3, 40, 41], out: 20, size: [7, 7], stride: [2, 2], padding: [3, 3] },
  { x: [1, 3, 33, 35], out: 40, size: [3, 3], stride: [2, 2], padding: [1, 1] },
  { x: [1, 1, 20, 40], out: 5, size: [5, 3], stride: [3, 1], padding: [4, 0], dilation: [2, 1] },
  { x: [1, 4, 1, 40], out: 32, size: [1, 2] },
  { x: [1, 2, 3, 60], out: 7, size: [2, 3], padding: [2, 2], stride: [1, 2] },
  { x: [2, 3, 9, 8], out: 32, size: [7, 7], stride: [2, 2], padding: [3, 3] },
  { x: [1, 3, 20, 40], out: 8, size: [3, 3], dilation: [1, 2], padding: [0, 2] },
  { x: [2, 32, 9, 10], out: 48, size: [3, 3], stride: [2, 2], padding: [1, 1] },
  { x: [1, 5, 7, 7], out: 3, size: [3, 3], padding: [1, 1] },
  { x: [1, 17, 8, 9], out: 31, size: [3, 2], stride: [1, 2], padding: [2, 1], dilation: [2, 3] },
  { x: [1, 6, 3, 3], out: 32, size: [3, 3], padding: [40, 40] },
  { x: [3, 300, 4, 4], out: 40, size: [2, 2] },
  { x: [1, 40, 6, 6], out: 64, size: [3, 3], padding: [1, 1], groups: 4 },
  { x: [1, 6, 7, 8], out: 9, size: [3, 2], padding: [1, 1], dilation: [1, 2], groups: 3 },
  // A filter for each channel.
  { x: [2, 32, 9, 11], out: 32, size: [3, 3], padding: [1, 1], groups: 32 },
  { x: [1, 37, 8, 8], out: 37, size: [3, 3], stride: [2, 2], padding: [1, 1], groups: 37 },
  { x: [1, 2, 5, 5], out: 2, size: [5, 5], padding: [2, 2], groups: 2 },
  { x: [1, 70, 1, 1], out: 70, size: [3, 3], padding: [1, 1], groups: 70 },
  { x: [2, 16, 20, 23], out: 16, size: [7, 5], padding: [3, 2], groups: 16 },
  { x: [1, 24, 13, 30], out: 24, size: [3, 3], padding: [2, 4], dilation: [2, 4], groups: 24 },
  { x: [1, 16, 9, 40], out: 16, size: [2, 1], stride: [1, 3], padding: [5, 6], groups: 16 },
  { x: [0, 8, 6, 6], out: 8, size: [3, 3], groups: 8 },
  { x: [0, 8, 6, 6], out: 40, size: [3, 3], padding: [1, 1] },
  { x: [0, 3, 6, 60], out: 40, size: [3, 3] },
];

function conv2d({ x: shape, out, size, groups = 1, ...rest }: Shape, epilogue: Epilogue): number {
  const { stride, padding, dilation } = {
    stride: [1, 1] as Pair,
    padding: [0, 0] as Pair,
    dilation: [1, 1] as Pair,
    ...rest,
  };
  const x = torch.randn(shape);
  const weight = torch.randn([out, shape[1] / groups, ...size]);
  const bias = out % 2 === 0 ? torch.randn([out]) : null;
  const options = { stride, padding, dilation, groups };
  const plain = torch.nn.functional.conv2d(x.double(), weight.double(), bias?.double() ?? null, options);
  const other = epilogue[1]
    ? torch.randn(plain.shape).contiguous({ memoryFormat: torch.channelsLast })
    : null;
  const packed = call('nodetorch.pack_conv2d', [weight, bias, groups]);
  const given = [x, packed, out, groups, size, stride, padding, dilation, epilogue[0], other];
  return distance(
    call('nodetorch.conv2d', given),
    finished(plain, epilogue, other),
    weight.numel() / weight.size(0),
  );
}

if (process.argv[2] === 'measure') {
  torch.manualSeed(0);
  let [worstLinear, worstConv, worstConv2d] = [0, 0, 0];
  for (const threads of [1, 2]) {
    torch.setNumThreads(threads);
    for (const rows of [[1], [2, 3], [8], [9], [63], [130], [0], []]) {
      for (const [inside, out] of [
        [1, 1],
        [5, 31],
        [64, 32],
        [7, 33],
        [300, 100],
      ]) {
        for (const epilogue of epilogues) {
          worstLinear = Math.max(worstLinear, linear([...rows, inside], out, out % 2 === 0, epilogue));
        }
      }
    }
    for (const shape of shapes) {
      for (const epilogue of epilogues) worstConv2d = Math.max(worstConv2d, conv2d(shape, epilogue));
    }
    for (const shape of [
      [1, 16, 1, 1],
      [2, 16, 3, 5],
      [1, 64, 7, 7],
      [3, 32, 13, 18],
      [0, 16, 8, 8],
    ]) {
      for (const padding of [
        [1, 1],
        [2, 1],
        [0, 2],
        [0, 0],
      ] as [number, number][]) {
        if (shape[2] + 2 * padding[0] < 3 || shape[3] + 2 * padding[1] < 3) continue;
        for (const epilogue of epilogues)
          worstConv = Math.max(worstConv, conv(shape, shape[1] === 64 ? 96 : 32, padding, epilogue));
      }
    }
  }
  process.stdout.write(`${JSON.stringify({ linear: worstLinear, conv: worstConv, conv2d: worstConv2d })}\n`);
}
