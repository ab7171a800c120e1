// Batch normalization in evaluation mode is an affine map of each channel, which the layer before it can do.
import { fuseConvBnWeights } from '../nn/utils/fusion';
import { isTensor } from '../native/tensor_base';
import { noGrad } from '../autograd/mode';
import type { Tensor } from '../tensor';
import { argumentOf, baseName, constantOf } from './operators';
import {
  type ProgramDescription,
  type ProgramNode,
  type Results,
  ProgramView,
  outputSlots,
  substitute,
} from './view';

const dimensions = new Map([
  ['conv1d', 1],
  ['conv2d', 2],
  ['conv3d', 3],
]);

// Tensor, null, or undefined where the argument is no constant.
function tensorOf(node: ProgramNode, name: string): Tensor | null | undefined {
  if (argumentOf(node, name) === undefined) return null;
  const value = constantOf(node, name);
  return value === null || isTensor(value) ? (value as Tensor | null) : undefined;
}

interface Norm {
  mean: Tensor;
  variance: Tensor;
  weight: Tensor | null;
  bias: Tensor | null;
  eps: number;
}

function normOf(node: ProgramNode): Norm | null {
  const name = baseName(node);
  const isNorm =
    name === '_native_batch_norm_legit_no_training' ||
    (['batch_norm', 'native_batch_norm'].includes(name) && constantOf(node, 'training') === false);
  if (!isNorm || outputSlots(node).length !== 1) return null;
  if (node.outputs[0] === null) return null; // only the statistics are wanted
  const [mean, variance, weight, bias] = ['runningMean', 'runningVar', 'weight', 'bias'].map((argument) =>
    tensorOf(node, argument),
  );
  const eps = constantOf(node, 'eps');
  if (!mean || !variance || weight === undefined || bias === undefined || typeof eps !== 'number')
    return null;
  return { mean, variance, weight, bias, eps };
}

// How many dimensions the results of a layer have that batch_norm's channels are the layer's of; 0 for other nodes.
function rankOfLayer(node: ProgramNode, weight: Tensor): number {
  const name = baseName(node);
  if (name === 'linear') return 2;
  if (name === 'convolution') return constantOf(node, 'transposed') === false ? weight.dim() : 0;
  const spatial = dimensions.get(name);
  return spatial !== undefined && weight.dim() === spatial + 2 ? spatial + 2 : 0;
}

/**
 * Batch norms in evaluation mode behind a convolution or a linear layer are gone, and change its weights. `results` says how
 * many dimensions a node's result has: without that nobody knows whether the second one is the layer's channels.
 */
export function foldBatchNorms(program: ProgramDescription, results: Results): ProgramDescription {
  const view = new ProgramView(program);
  const written = view.written;
  const gone = new Map<number, { slot: number }>();
  const layers = new Map<ProgramNode, ProgramNode>();
  const isConstant = (tensor: Tensor | null | undefined): tensor is Tensor | null =>
    tensor !== undefined && (tensor === null || !written.tensors.has(tensor));
  for (const node of program.nodes) {
    const norm = normOf(node);
    const input = norm && argumentOf(node, 'input');
    if (!norm || !input || !('slot' in input)) continue;
    const layer = view.producerOf(input.slot);
    if (layer === undefined || !view.isOnlyFor(input.slot, node) || !view.isQuietBetween(layer, node))
      continue;
    const [weight, bias] = [tensorOf(layer, 'weight'), tensorOf(layer, 'bias')];
    if (!weight || bias === undefined) continue;
    if (results.get(layer.name)?.sizes.length !== rankOfLayer(layer, weight)) continue;
    const all = [weight, bias, norm.mean, norm.variance, norm.weight, norm.bias];
    if (!all.every(isConstant) || !fits(all, weight)) continue;
    layers.set(layer, withWeights(layer, weight, bias, norm));
    gone.set(outputSlots(node)[0], { slot: input.slot });
  }
  const nodes = program.nodes.flatMap((node) =>
    outputSlots(node).some((slot) => gone.has(slot)) ? [] : (layers.get(node) ?? node),
  );
  return substitute({ ...program, nodes }, gone);
}

// Each is of the weight's dtype, and, but for the weight, a number for each of its channels.
function fits(all: readonly (Tensor | null)[], weight: Tensor): boolean {
  return all.every(
    (one) =>
      one === null ||
      (one.dtype === weight.dtype &&
        one.isFloatingPoint() &&
        (one === weight || (one.dim() === 1 && one.size(0) === weight.size(0)))),
  );
}

function withWeights(layer: ProgramNode, weight: Tensor, bias: Tensor | null, norm: Norm): ProgramNode {
  const { mean, variance, weight: scale, bias: shift, eps } = norm;
  // Of a linear layer, too: its weight is that of a convolution of no dimension.
  const folded = noGrad(() => fuseConvBnWeights(weight, bias, mean, variance, eps, scale, shift));
  const [newWeight, newBias] = folded.map((one) => ({ constant: one.detach() }));
  const { weight: _weight, bias: _bias, ...keywords } = layer.keywords ?? {};
  const [input, , , ...rest] = layer.arguments;
  if (layer.arguments.length > 0)
    return { ...layer, arguments: [input, newWeight, newBias, ...rest], keywords };
  return { ...layer, keywords: { ...keywords, weight: newWeight, bias: newBias } };
}
