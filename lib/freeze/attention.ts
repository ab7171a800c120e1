// softmax(q kᵀ * scale + mask) v, which a model wrote out, as one scaledDotProductAttention.
import { noGrad } from '../autograd/mode';
import { float32 } from '../core/dtype';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import { argumentOf, baseName, constantOf, operatorName } from './operators';
import {
  type ProgramArgument,
  type ProgramDescription,
  type ProgramNode,
  type Results,
  ProgramView,
} from './view';

const RANK = 4; // batch, heads, tokens, width: libtorch's kernel of one pass is for these
const SURELY_MASKED = -1e9; // no score is of that size

interface Scores {
  first: ProgramNode; // the product of q and k
  q: ProgramArgument;
  k: ProgramArgument;
  mask: ProgramArgument;
  scale: number;
}

const isLast = (dim: unknown): boolean => dim === -1 || dim === RANK - 1;
const isDefault = (node: ProgramNode, name: string): boolean =>
  [undefined, 1].includes(constantOf(node, name) as undefined);

/** Scores that nobody else looks at need not be there as a whole. */
export function fuseAttention(program: ProgramDescription, results: Results): ProgramDescription {
  const view = new ProgramView(program);
  const isPlain = (node: ProgramNode): boolean => {
    const known = results.get(node.name);
    return known?.sizes.length === RANK && known.dtype === float32;
  };
  // A mask that has more rows than the scores makes more of them, which the one operator refuses.
  const sameSizes = (a: ProgramNode, b: ProgramNode): boolean => {
    const [one, other] = [results.get(a.name)!.sizes, results.get(b.name)!.sizes];
    return one.every((size, i) => size === other[i]);
  };
  // The node that makes a value for another one alone.
  const makerOf = (argument: ProgramArgument | undefined, user: ProgramNode): ProgramNode | null => {
    if (!argument || !('slot' in argument) || !view.isOnlyFor(argument.slot, user)) return null;
    const made = view.producerOf(argument.slot);
    return made && isPlain(made) ? made : null;
  };
  const isMask = (argument: ProgramArgument | undefined): argument is ProgramArgument => {
    if (argument === undefined) return false;
    const constant = 'constant' in argument ? argument.constant : null;
    const made = 'slot' in argument ? view.producerOf(argument.slot) : undefined;
    const known = isTensor(constant)
      ? { sizes: (constant as Tensor).shape as readonly unknown[], dtype: constant.dtype as unknown }
      : made && results.get(made.name);
    return known !== undefined && [2, RANK].includes(known.sizes.length) && known.dtype === float32;
  };
  const addedMask = (node: ProgramNode): [scores: ProgramArgument, mask: ProgramArgument] | null => {
    const name = operatorName(node);
    const [self, other] = [argumentOf(node, 'self'), argumentOf(node, 'other')];
    if (name === 'aten.add.Tensor' && isDefault(node, 'alpha')) {
      if (isMask(other) && makerOf(self, node)) return [self!, other];
      return isMask(self) && makerOf(other, node) ? [other!, self] : null;
    }
    const mask = name === 'aten.masked_fill.Scalar' ? filledMask(node) : null;
    return mask && [self!, { constant: mask }];
  };
  const scoresOf = (softmax: ProgramNode): Scores | null => {
    let node = makerOf(argumentOf(softmax, 'self'), softmax);
    const added = node && addedMask(node);
    const mask: ProgramArgument = added ? added[1] : { constant: null };
    if (added) node = makerOf(added[0], node!);
    const scale = node && scaleOf(node);
    if (scale !== null) node = makerOf(argumentOf(node!, 'self'), node!);
    if (!node || baseName(node) !== 'matmul') return null;
    const [q, turned] = [argumentOf(node, 'self'), argumentOf(node, 'other')];
    const turn = turned && 'slot' in turned ? view.producerOf(turned.slot) : undefined;
    const k = turn && keysOf(turn);
    return q && 'slot' in q && k ? { first: node, q, k, mask, scale: scale ?? 1 } : null;
  };
  const nodes = program.nodes.map((node): ProgramNode => {
    if (baseName(node) !== 'matmul' || !isPlain(node)) return node;
    const softmax = makerOf(argumentOf(node, 'self'), node);
    const v = argumentOf(node, 'other');
    if (!softmax || !v || !('slot' in v) || !isSoftmax(softmax)) return node;
    const scores = scoresOf(softmax);
    if (!scores || !sameSizes(scores.first, softmax)) return node;
    if (!view.isQuietBetween(scores.first, node)) return node;
    const { q, k, mask, scale } = scores;
    return {
      ...node,
      operator: 'torch.ops.aten.scaled_dot_product_attention.default',
      arguments: [q, k, v, mask, { float: 0 }, { constant: false }],
      keywords: { scale: { float: scale } },
    };
  });
  return { ...program, nodes };
}

function isSoftmax(node: ProgramNode): boolean {
  const name = operatorName(node);
  if (name === 'aten._softmax.default')
    return isLast(constantOf(node, 'dim')) && constantOf(node, 'halfToFloat') === false;
  if (name !== 'aten.softmax.int' || !isLast(constantOf(node, 'dim'))) return false;
  const dtype = argumentOf(node, 'dtype');
  return dtype === undefined || ('constant' in dtype && [null, float32].includes(dtype.constant as null));
}

// k of kᵀ.
function keysOf(node: ProgramNode): ProgramArgument | null {
  if (operatorName(node) !== 'aten.transpose.int') return null;
  const dims = [constantOf(node, 'dim0'), constantOf(node, 'dim1')].map((dim) => (Number(dim) + RANK) % RANK);
  return dims.sort().join() === '2,3' ? (argumentOf(node, 'self') ?? null) : null;
}

function scaleOf(node: ProgramNode): number | null {
  const name = operatorName(node);
  const other = constantOf(node, 'other');
  // A recording has a number as a tensor without dimensions.
  const number = isTensor(other) && (other as Tensor).dim() === 0 ? Number((other as Tensor).item()) : other;
  if (typeof number !== 'number') return null;
  return name === 'aten.mul.Tensor' ? number : name === 'aten.div.Tensor' ? 1 / number : null;
}

// What is added instead of filling in; not where nothing of a row is left, which is NaN or a mean.
function filledMask(node: ProgramNode): Tensor | null {
  const mask = constantOf(node, 'mask');
  const value = constantOf(node, 'value');
  if (!isTensor(mask) || typeof value !== 'number' || value > SURELY_MASKED) return null;
  const filled = mask as Tensor;
  if ((filled.dim() !== 2 && filled.dim() !== RANK) || filled.all(-1).any().item()) return null;
  return noGrad(() => filled.to(float32).mul(0).maskedFill(filled, value));
}
