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
const RANKS = [3, RANK]; // of 3, batch and heads are one
const LEAST_SCORES = 180 * 180; // of a head: fewer are made as fast one operator after the other
const SURELY_MASKED = -1e9; // no score is of that size

interface Scores {
  first: ProgramNode; // the product of q and k
  q: ProgramArgument;
  k: ProgramArgument;
  mask: ProgramArgument;
  scale: number;
}

const isLast = (dim: unknown, rank: number): boolean => dim === -1 || dim === rank - 1;
const isDefault = (node: ProgramNode, name: string): boolean =>
  [undefined, 1].includes(constantOf(node, name) as undefined);

/** Scores that nobody else looks at need not be there as a whole. */
export function fuseAttention(program: ProgramDescription, results: Results): ProgramDescription {
  const view = new ProgramView(program);
  const isPlain = (node: ProgramNode): boolean => results.get(node.name)?.dtype === float32;
  const rankOf = (node: ProgramNode): number => results.get(node.name)!.sizes.length;
  // A mask that has more rows than the scores makes more of them, which the one operator refuses.
  const sameSizes = (a: ProgramNode, b: ProgramNode): boolean => {
    const [one, other] = [results.get(a.name)!.sizes, results.get(b.name)!.sizes];
    return one.length === other.length && one.every((size, i) => size === other[i]);
  };
  // The node that makes a value for another one alone.
  const makerOf = (argument: ProgramArgument | undefined, user: ProgramNode): ProgramNode | null => {
    if (!argument || !('slot' in argument) || !view.isOnlyFor(argument.slot, user)) return null;
    const made = view.producerOf(argument.slot);
    return made && isPlain(made) ? made : null;
  };
  const knownOf = (argument: ProgramArgument) => {
    const constant = 'constant' in argument ? argument.constant : null;
    const made = 'slot' in argument ? view.producerOf(argument.slot) : undefined;
    return isTensor(constant)
      ? { sizes: (constant as Tensor).shape as readonly unknown[], dtype: constant.dtype as unknown }
      : made && results.get(made.name);
  };
  const isMask = (argument: ProgramArgument | undefined, rank: number): argument is ProgramArgument => {
    const known = argument && knownOf(argument);
    return known !== undefined && [2, rank].includes(known.sizes.length) && known.dtype === float32;
  };
  const addedMask = (node: ProgramNode): [scores: ProgramArgument, mask: ProgramArgument] | null => {
    const name = operatorName(node);
    const [self, other] = [argumentOf(node, 'self'), argumentOf(node, 'other')];
    if (name === 'aten.add.Tensor' && isDefault(node, 'alpha')) {
      if (isMask(other, rankOf(node)) && makerOf(self, node)) return [self!, other];
      return isMask(self, rankOf(node)) && makerOf(other, node) ? [other!, self] : null;
    }
    const mask = name === 'aten.masked_fill.Scalar' ? filledMask(node, rankOf(node)) : null;
    return mask && [self!, { constant: mask }];
  };
  const scoresOf = (softmax: ProgramNode): Scores | null => {
    let node = makerOf(argumentOf(softmax, 'self'), softmax);
    const added = node && addedMask(node);
    const mask: ProgramArgument = added ? added[1] : { constant: null };
    if (added) node = makerOf(added[0], node!);
    const scale = node && scaleOf(node);
    if (scale !== null) node = makerOf(argumentOf(node!, 'self'), node!);
    const product = node && productOf(node);
    if (!product || (product.mask && (added || scale !== null))) return null;
    const turn = view.producerOf(product.turned.slot);
    const k = turn && keysOf(turn, rankOf(node!));
    if (!k || (product.mask && !isMask(product.mask, rankOf(node!)))) return null;
    const all = product.scale * (scale ?? 1);
    return { first: node!, q: product.q, k, mask: product.mask ?? mask, scale: all };
  };
  let { slots } = program;
  // `node` as the one operator; of three dimensions it gets a fourth one for the while.
  const attend = (node: ProgramNode, { q, k, mask, scale }: Scores, v: ProgramArgument): ProgramNode[] => {
    const fused = {
      ...node,
      operator: 'torch.ops.aten.scaled_dot_product_attention.default',
      keywords: { scale: { float: scale } },
    };
    const rest = [{ float: 0 }, { constant: false }];
    if (rankOf(node) === RANK) return [{ ...fused, arguments: [q, k, v, mask, ...rest] }];
    const turned = (
      name: string,
      argument: ProgramArgument,
      outputs: ProgramNode['outputs'],
    ): ProgramNode => ({
      name: `${node.name} ${name}`,
      operator: `torch.ops.aten.${name === 'result' ? 'squeeze.dim' : 'unsqueeze.default'}`,
      arguments: [argument, { constant: 0 }],
      outputs,
    });
    const made: ProgramNode[] = [];
    const given = Object.entries({ q, k, v, ...(knownOf(mask)?.sizes.length === 3 && { mask }) }).map(
      ([name, argument]) => {
        made.push(turned(name, argument, [slots++]));
        return { slot: slots - 1 };
      },
    );
    if (given.length === 3) given.push(mask as { slot: number });
    const result = slots++;
    const one = { ...fused, arguments: [...given, ...rest], outputs: [result] };
    return [...made, one, turned('result', { slot: result }, node.outputs)];
  };
  const nodes = program.nodes.flatMap((node): ProgramNode[] => {
    const rank = results.get(node.name)?.sizes.length ?? 0;
    if (!['matmul', 'bmm'].includes(baseName(node)) || !isPlain(node) || !RANKS.includes(rank)) return [node];
    const softmax = makerOf(argumentOf(node, 'self'), node);
    const v = argumentOf(node, baseName(node) === 'bmm' ? 'mat2' : 'other');
    if (!softmax || !v || !('slot' in v) || !isSoftmax(softmax, rank)) return [node];
    const scores = scoresOf(softmax);
    if (!scores || !sameSizes(scores.first, softmax) || rankOf(softmax) !== rank) return [node];
    const [rows, columns] = results.get(softmax.name)!.sizes.slice(-2).map(Number); // NaN where one is open
    if (rows * columns < LEAST_SCORES) return [node];
    return view.isQuietBetween(scores.first, node) ? attend(node, scores, v) : [node];
  });
  return { ...program, slots, nodes };
}

interface Product {
  q: ProgramArgument;
  turned: { slot: number };
  scale: number;
  mask: ProgramArgument | null;
}

// q kᵀ, and mask + scale * q kᵀ.
function productOf(node: ProgramNode): Product | null {
  const name = baseName(node);
  const [left, right] =
    name === 'matmul'
      ? ['self', 'other']
      : name === 'bmm'
        ? ['self', 'mat2']
        : name === 'baddbmm'
          ? ['batch1', 'batch2']
          : [];
  if (left === undefined || right === undefined) return null;
  const [q, turned] = [argumentOf(node, left), argumentOf(node, right)];
  if (!q || !('slot' in q) || !turned || !('slot' in turned)) return null;
  if (name !== 'baddbmm') return { q, turned, scale: 1, mask: null };
  const [beta, alpha] = ['beta', 'alpha'].map((factor) =>
    argumentOf(node, factor) === undefined ? 1 : constantOf(node, factor),
  );
  if (typeof alpha !== 'number' || (beta !== 0 && beta !== 1)) return null;
  return { q, turned, scale: alpha, mask: beta === 1 ? argumentOf(node, 'self')! : null };
}

function isSoftmax(node: ProgramNode, rank: number): boolean {
  const name = operatorName(node);
  if (name === 'aten._softmax.default')
    return isLast(constantOf(node, 'dim'), rank) && constantOf(node, 'halfToFloat') === false;
  if (name !== 'aten.softmax.int' || !isLast(constantOf(node, 'dim'), rank)) return false;
  const dtype = argumentOf(node, 'dtype');
  return dtype === undefined || ('constant' in dtype && [null, float32].includes(dtype.constant as null));
}

// k of kᵀ.
function keysOf(node: ProgramNode, rank: number): ProgramArgument | null {
  const name = operatorName(node);
  const at = (dim: unknown): number => (Number(dim) + rank) % rank;
  const isTurned =
    name === 'aten.transpose.int'
      ? [constantOf(node, 'dim0'), constantOf(node, 'dim1')].map(at).sort().join() ===
        `${rank - 2},${rank - 1}`
      : name === 'aten.permute.default' && isLastTwo(constantOf(node, 'dims'), at, rank);
  return isTurned ? (argumentOf(node, 'self') ?? null) : null;
}

const isLastTwo = (dims: unknown, at: (dim: unknown) => number, rank: number): boolean => {
  const first = Array.from({ length: rank - 2 }, (_, i) => i);
  return Array.isArray(dims) && dims.map(at).join() === [...first, rank - 1, rank - 2].join();
};

function scaleOf(node: ProgramNode): number | null {
  const name = operatorName(node);
  const other = constantOf(node, 'other');
  // A recording has a number as a tensor without dimensions.
  const number = isTensor(other) && (other as Tensor).dim() === 0 ? Number((other as Tensor).item()) : other;
  if (typeof number !== 'number') return null;
  return name === 'aten.mul.Tensor' ? number : name === 'aten.div.Tensor' ? 1 / number : null;
}

// What is added instead of filling in; not where nothing of a row is left, which is NaN or a mean.
function filledMask(node: ProgramNode, rank: number): Tensor | null {
  const mask = constantOf(node, 'mask');
  const value = constantOf(node, 'value');
  if (!isTensor(mask) || typeof value !== 'number' || value > SURELY_MASKED) return null;
  const filled = mask as Tensor;
  if ((filled.dim() !== 2 && filled.dim() !== rank) || filled.all(-1).any().item()) return null;
  return noGrad(() => filled.to(float32).mul(0).maskedFill(filled, value));
}
