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
];
function finished(result: Tensor, [activation]: Epilogue, other: Tensor | null): Tensor {
  const sum = other === null ? result : result.add(other.double());
  if (activation === 'relu') return sum.relu();
  if (activation === 'none') return sum;
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

if (process.argv[2] === 'measure') {
  torch.manualSeed(0);
  let [worstLinear, worstConv] = [0, 0];
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
  process.stdout.write(`${JSON.stringify({ linear: worstLinear, conv: worstConv })}\n`);
}
