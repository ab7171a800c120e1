// Linear layers and convolutions over weights that are laid out once: operators of native/src/kernels.
import { native } from '../native';
import { Program } from '../native/program';
import { noGrad } from '../autograd/mode';
import { comesFromConv, reachesConv } from './chains';
import { type Conv, type Layer, convOf, linearOf } from './layers';
import {
  type ProgramArgument,
  type ProgramDescription,
  type ProgramNode,
  type Results,
  ProgramView,
  outputSlots,
} from './view';

const CHANNELS_IN = 16; // native/src/kernels/conv3x3.cc
const CHANNELS_OUT = 32;
// Packed filters of Winograd's are four times as large: with less than AVX-512, reading more of them takes longer than
// they save, and so does it for a few places of the result.
const MOST_CHANNEL_PAIRS = 256 * 256;
const LEAST_TILES = 4;
const LEAST_OF_GROUP = 16; // half a panel of weights
const MOST_OF_SHAPE = 1 << 20; // native/src/kernels/conv2d.cc

// By Winograd's algorithm, for a result of those sizes.
function isForWinograd(conv: Conv, sizes: readonly (number | string)[]): boolean {
  const [out, inside] = conv.weight.shape;
  if (out * inside > MOST_CHANNEL_PAIRS && native.packedKernels() !== 'avx512') return false;
  const isSmall = [...conv.stride, ...conv.dilation, conv.groups].every((one) => one === 1);
  if (!isSmall || conv.size.some((one) => one !== 3) || conv.padding.some((one) => one > 2)) return false;
  if (out % CHANNELS_OUT !== 0 || inside % CHANNELS_IN !== 0) return false;
  const [batch, , height, width] = sizes.map(Number); // NaN where a size is open
  return !(batch * Math.ceil(height / 4) * Math.ceil(width / 4) < LEAST_TILES);
}

// Copies to have channels last cost what is won, unless another convolution has them there, too.
function isForPanels(conv: Conv, node: ProgramNode, view: ProgramView): boolean {
  const { groups, weight } = conv;
  const out = weight.size(0);
  const isDepthwise = groups === out && weight.size(1) === 1;
  if (groups > 1 && !isDepthwise && out / groups < LEAST_OF_GROUP) return false;
  const numbers = [conv.size, conv.stride, conv.padding, conv.dilation].flat();
  if (numbers.some((one) => one > MOST_OF_SHAPE)) return false;
  return comesFromConv(view, node) || outputSlots(node).some((slot) => reachesConv(view, slot));
}

function packed(operator: string, { weight, bias }: Layer, ...rest: number[]): ProgramArgument {
  const args = [weight, bias, ...rest].map((constant) => ({ constant }));
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
  const view = new ProgramView(program);
  const written = view.written.tensors;
  const isFixed = ({ weight, bias }: Layer): boolean => !written.has(weight) && !(bias && written.has(bias));
  const nodes = program.nodes.map((node): ProgramNode => {
    const linear = linearOf(node);
    const conv = linear ? null : convOf(node);
    if (linear && isFixed(linear)) {
      const features: ProgramArgument = { constant: linear.weight.size(0) };
      const weights = packed('nodetorch.pack_linear', linear);
      return changed(node, 'nodetorch.linear', [linear.input, weights, features]);
    }
    const sizes = results.get(node.name)?.sizes;
    if (!conv || !isFixed(conv) || sizes?.length !== 4) return node;
    if (isForWinograd(conv, sizes)) return changed(node, 'nodetorch.conv3x3', winograd(conv));
    if (isForPanels(conv, node, view)) return changed(node, 'nodetorch.conv2d', panels(conv));
    return node;
  });
  return { ...program, nodes };
}

const numbers = (...values: (number | number[])[]): ProgramArgument[] =>
  values.map((constant) => ({ constant }));

const winograd = (conv: Conv): ProgramArgument[] => {
  const weights = packed('nodetorch.pack_conv3x3', conv);
  return [conv.input, weights, ...numbers(conv.weight.size(0), ...conv.padding)];
};

const panels = (conv: Conv): ProgramArgument[] => {
  const { input, weight, groups, size, stride, padding, dilation } = conv;
  const weights = packed('nodetorch.pack_conv2d', conv, groups);
  return [input, weights, ...numbers(weight.size(0), groups, size, stride, padding, dilation)];
};

const changed = (node: ProgramNode, operator: string, given: ProgramArgument[]): ProgramNode => {
  const { name, trace, outputs } = node;
  const all = [...given, { constant: 'none' }, { constant: null }];
  return { name, operator, arguments: all, outputs, ...(trace !== undefined && { trace }) };
};
