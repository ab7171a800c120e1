// Linear layers and convolutions over weights that are laid out once: operators of native/src/kernels.
import { native } from '../native';
import { Program } from '../native/program';
import { noGrad } from '../autograd/mode';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import { float32 } from '../core/dtype';
import { strided } from '../core/layout';
import { argumentOf, baseName, constantOf, operatorName } from './operators';
import {
  type ProgramArgument,
  type ProgramDescription,
  type ProgramNode,
  type Results,
  ProgramView,
  outputSlots,
} from './view';

const NONE: ProgramArgument = { constant: null };
const CHANNELS_IN = 16; // native/src/kernels/conv3x3.cc
const CHANNELS_OUT = 32;
// Packed filters are four times as large: with less than AVX-512, reading more of them takes longer than they save.
const MOST_CHANNEL_PAIRS = 256 * 256;

interface Layer {
  input: ProgramArgument;
  weight: Tensor;
  bias: Tensor | null;
}

/** What is no constant is undefined. */
export function weightOf(node: ProgramNode, name: string): Tensor | null | undefined {
  if (argumentOf(node, name) === undefined) return null;
  const value = constantOf(node, name);
  return value === null || isTensor(value) ? (value as Tensor | null) : undefined;
}

const isOne = (node: ProgramNode, name: string): boolean =>
  [undefined, 1].includes(constantOf(node, name) as undefined);
const isDefault = (node: ProgramNode, name: string): boolean =>
  argumentOf(node, name) === undefined || isOne(node, name);

// linear(x, w, b), and what decompositions make of it: addmm(b, x, wᵀ), mm(x, wᵀ), matmul(x, wᵀ).
function linearOf(node: ProgramNode): Layer | null {
  const name = baseName(node);
  if (name === 'linear')
    return layerOf(argumentOf(node, 'input'), weightOf(node, 'weight'), weightOf(node, 'bias'));
  const [matrix, bias] =
    name === 'addmm' && isDefault(node, 'beta') && isDefault(node, 'alpha')
      ? [weightOf(node, 'mat2'), weightOf(node, 'self')]
      : name === 'mm'
        ? [weightOf(node, 'mat2'), null]
        : name === 'matmul'
          ? [weightOf(node, 'other'), null]
          : [];
  if (!matrix || matrix.dim() !== 2 || (bias && bias.dim() !== 1)) return null;
  return layerOf(argumentOf(node, name === 'addmm' ? 'mat1' : 'self'), matrix.t(), bias);
}

function layerOf(
  input: ProgramArgument | undefined,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
): Layer | null {
  if (!input || !('slot' in input) || !weight || bias === undefined) return null;
  const isPlain = (one: Tensor): boolean =>
    one.dtype === float32 && one.device.type === 'cpu' && one.layout === strided && !one.requiresGrad;
  const fits = bias === null || (isPlain(bias) && bias.dim() === 1 && bias.size(0) === weight.size(0));
  return isPlain(weight) && weight.dim() > 1 && weight.numel() > 0 && fits ? { input, weight, bias } : null;
}

const pair = (node: ProgramNode, name: string, otherwise: number): number[] | null => {
  const value = argumentOf(node, name) === undefined ? [otherwise, otherwise] : constantOf(node, name);
  if (!Array.isArray(value) || value.some((one) => !Number.isInteger(Number(one)))) return null;
  const numbers = value.map(Number);
  return numbers.length === 1 ? [numbers[0], numbers[0]] : numbers.length === 2 ? numbers : null;
};
const isPairOf = (node: ProgramNode, name: string, number: number): boolean =>
  pair(node, name, number)?.every((one) => one === number) ?? false;

// A convolution with a filter of 3 x 3 and stride 1, and how it pads.
function convOf(node: ProgramNode): (Layer & { padding: number[] }) | null {
  const name = operatorName(node);
  if (name === 'aten.convolution.default') {
    if (constantOf(node, 'transposed') !== false) return null;
  } else if (name !== 'aten.conv2d.default') return null;
  const layer = layerOf(argumentOf(node, 'input'), weightOf(node, 'weight'), weightOf(node, 'bias'));
  const padding = pair(node, 'padding', 0);
  if (!layer || !padding || padding.some((one) => one < 0 || one > 2) || !isDefault(node, 'groups'))
    return null;
  const [out, inside, height, width] = layer.weight.shape;
  if (out * inside > MOST_CHANNEL_PAIRS && native.packedKernels() !== 'avx512') return null;
  const fits = layer.weight.dim() === 4 && height === 3 && width === 3;
  if (!fits || out % CHANNELS_OUT !== 0 || inside % CHANNELS_IN !== 0) return null;
  if (!isPairOf(node, 'stride', 1) || !isPairOf(node, 'dilation', 1)) return null;
  return { ...layer, padding };
}

function packed(operator: string, { weight, bias }: Layer): ProgramArgument {
  const args = [{ constant: weight }, { constant: bias }];
  const node: ProgramNode = { name: operator, operator, arguments: args, outputs: [0] };
  const program = new Program({ slots: 1, inputs: [], nodes: [node], outputs: [{ slot: 0 }] });
  return { constant: noGrad(() => program.run([]))[0] };
}

/**
 * Layers whose weights are constants of float32 on the CPU, which nothing writes to, over packed ones. Not where the
 * processor has neither AVX-512 nor AVX2: libtorch's own kernels are faster there.
 */
export function packLayers(program: ProgramDescription, results: Results): ProgramDescription {
  if (native.packedKernels() === 'baseline') return program;
  const written = new ProgramView(program).written.tensors;
  const isFixed = ({ weight, bias }: Layer): boolean => !written.has(weight) && !(bias && written.has(bias));
  const nodes = program.nodes.map((node): ProgramNode => {
    const linear = linearOf(node);
    const conv = linear ? null : convOf(node);
    if (linear && isFixed(linear)) {
      const features: ProgramArgument = { constant: linear.weight.size(0) };
      const weights = packed('nodetorch.pack_linear', linear);
      return changed(node, 'nodetorch.linear', [linear.input, weights, features]);
    }
    if (conv && isFixed(conv) && results.get(node.name)?.sizes.length === 4) {
      const [y, x] = conv.padding;
      const numbers = [conv.weight.size(0), y, x].map((constant) => ({ constant }));
      const weights = packed('nodetorch.pack_conv3x3', conv);
      return changed(node, 'nodetorch.conv3x3', [conv.input, weights, ...numbers]);
    }
    return node;
  });
  return { ...program, nodes };
}

const changed = (node: ProgramNode, operator: string, given: ProgramArgument[]): ProgramNode => {
  const { name, trace, outputs } = node;
  const all = [...given, { constant: 'none' }, NONE];
  return { name, operator, arguments: all, outputs, ...(trace !== undefined && { trace }) };
};

const isPacked = (node: ProgramNode | undefined): node is ProgramNode =>
  node !== undefined && ['nodetorch.linear', 'nodetorch.conv3x3'].includes(node.operator);

function activationOf(node: ProgramNode): string | null {
  const name = operatorName(node);
  if (name === 'aten.relu.default') return 'relu';
  if (name !== 'aten.gelu.default') return null;
  const approximate =
    argumentOf(node, 'approximate') === undefined ? 'none' : constantOf(node, 'approximate');
  return approximate === 'none' ? 'gelu' : approximate === 'tanh' ? 'gelu_tanh' : null;
}

/** What is added to the result of a packed layer, and relu or gelu of it, become part of the layer. */
export function fuseEpilogues(program: ProgramDescription): ProgramDescription {
  const fused = new Map<ProgramNode, ProgramNode>();
  const gone = new Set<ProgramNode>();
  const view = new ProgramView(program);
  // The layer that gives the value, as far as nobody else uses that; `made` is the layer as it is by now.
  const layerOfSlot = (argument: ProgramArgument | undefined, node: ProgramNode) => {
    if (!argument || !('slot' in argument) || !view.isOnlyFor(argument.slot, node)) return null;
    const place = view.producerOf(argument.slot);
    const made = place && (fused.get(place) ?? place);
    if (!isPacked(made) || !view.isQuietBetween(place!, node)) return null;
    return { place: place!, made };
  };
  const take = (
    node: ProgramNode,
    place: ProgramNode,
    made: ProgramNode,
    activation: string,
    other: ProgramArgument,
  ) => {
    gone.add(place);
    const given = [...made.arguments.slice(0, -2), { constant: activation }, other];
    fused.set(node, { ...made, arguments: given, outputs: node.outputs });
  };
  for (const node of program.nodes) {
    const activation = activationOf(node);
    if (activation !== null) {
      const layer = layerOfSlot(argumentOf(node, 'self'), node);
      if (layer && epilogueOf(layer.made).activation === 'none')
        take(node, layer.place, layer.made, activation, epilogueOf(layer.made).other);
    } else if (operatorName(node) === 'aten.add.Tensor' && isDefault(node, 'alpha')) {
      const sides = [argumentOf(node, 'self'), argumentOf(node, 'other')];
      // The later one of two layers takes the other's result.
      const [at, layer] = [1, 0]
        .map((side) => [side, layerOfSlot(sides[side], node)] as const)
        .find(([, one]) => {
          const epilogue = one && epilogueOf(one.made);
          return epilogue?.activation === 'none' && epilogue.other === NONE;
        }) ?? [0, null];
      const other = sides[1 - at];
      const isValue = other && ('slot' in other || ('constant' in other && isTensor(other.constant)));
      if (layer && isValue) take(node, layer.place, layer.made, 'none', other);
    }
  }
  const nodes = program.nodes.filter((node) => !gone.has(node)).map((node) => fused.get(node) ?? node);
  return { ...program, nodes };
}

function epilogueOf({ arguments: all }: ProgramNode): { activation: unknown; other: ProgramArgument } {
  const [activation, other] = all.slice(-2);
  return { activation: 'constant' in activation ? activation.constant : null, other };
}

/** The slots that packed convolutions give, whose channels lie last. */
export const channelsLastSlots = (node: ProgramNode): number[] =>
  node.operator === 'nodetorch.conv3x3' ? outputSlots(node) : [];
