// Linear layers and convolutions whose weights are constants, as the passes find them.
import { float32 } from '../core/dtype';
import { strided } from '../core/layout';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import { argumentOf, baseName, constantOf, operatorName } from './operators';
import type { ProgramArgument, ProgramNode } from './view';

export interface Layer {
  input: ProgramArgument;
  weight: Tensor;
  bias: Tensor | null;
}

/** Of two dimensions: numbers by height and width. */
export interface Conv extends Layer {
  groups: number;
  size: number[];
  stride: number[];
  padding: number[];
  dilation: number[];
}

/** What is no constant is undefined. */
export function weightOf(node: ProgramNode, name: string): Tensor | null | undefined {
  if (argumentOf(node, name) === undefined) return null;
  const value = constantOf(node, name);
  return value === null || isTensor(value) ? (value as Tensor | null) : undefined;
}

const isOne = (node: ProgramNode, name: string): boolean =>
  [undefined, 1].includes(constantOf(node, name) as undefined);
/** Whether a factor is 1. */
export const isDefault = (node: ProgramNode, name: string): boolean =>
  argumentOf(node, name) === undefined || isOne(node, name);

/** linear(x, w, b), and what decompositions make of it: addmm(b, x, wᵀ), mm(x, wᵀ), matmul(x, wᵀ). */
export function linearOf(node: ProgramNode): Layer | null {
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

/** convolution and conv2d, not transposed, padded alike on both sides. */
export function convOf(node: ProgramNode): Conv | null {
  const name = operatorName(node);
  if (!['aten.convolution.default', 'aten.conv2d.default', 'aten.conv2d.padding'].includes(name)) return null;
  if (name === 'aten.convolution.default' && constantOf(node, 'transposed') !== false) return null;
  const layer = layerOf(argumentOf(node, 'input'), weightOf(node, 'weight'), weightOf(node, 'bias'));
  if (layer?.weight.dim() !== 4) return null;
  const size = layer.weight.shape.slice(2);
  const groups = argumentOf(node, 'groups') === undefined ? 1 : Number(constantOf(node, 'groups'));
  const [stride, dilation] = [pair(node, 'stride', 1), pair(node, 'dilation', 1)];
  if (!stride || !dilation || !Number.isInteger(groups)) return null;
  const padding =
    name === 'aten.conv2d.padding' ? namedPadding(node, size, dilation) : pair(node, 'padding', 0);
  if (!padding || padding.some((one) => one < 0)) return null;
  if ([...stride, ...dilation, groups].some((one) => one < 1) || layer.weight.size(0) % groups !== 0)
    return null;
  return { ...layer, groups, size, stride, padding, dilation };
}

// 'same' may have more on one side, which libtorch does.
function namedPadding(node: ProgramNode, size: number[], dilation: number[]): number[] | null {
  const name = argumentOf(node, 'padding') === undefined ? 'valid' : constantOf(node, 'padding');
  if (name === 'valid') return [0, 0];
  const both = size.map((one, i) => (one - 1) * dilation[i]);
  return name === 'same' && both.every((one) => one % 2 === 0) ? both.map((one) => one / 2) : null;
}
