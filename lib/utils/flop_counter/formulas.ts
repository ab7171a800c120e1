// How many floating-point operations an operator does, by the shapes that it is given.
import { TorchError } from '../../core/errors';
import type { Tensor } from '../../tensor';

/** A shape. */
export type Shape = readonly number[];
/**
 * Counts the operations of one call. `args` are the operator's arguments in the order of its schema, each tensor as its
 * shape, or itself with `getRaw`; `out` is the result likewise, a list where there are several.
 */
export type FlopFormula = (args: readonly unknown[], out: unknown) => number;

const product = (sizes: Shape): number => sizes.reduce((all, size) => all * size, 1);

function check(holds: boolean, message: string): void {
  if (!holds) throw new TorchError(message, 'AssertionError');
}

function mm([m, k]: Shape, [k2, n]: Shape): number {
  check(k === k2, `matmul: inner dimensions must match (k == k2), got ${k} and ${k2}`);
  return m * n * 2 * k;
}

function bmm([b, m, k]: Shape, [b2, k2, n]: Shape): number {
  check(b === b2, `bmm: batch dimensions must match (b == b2), got ${b} and ${b2}`);
  check(k === k2, `bmm: inner dimensions must match (k == k2), got ${k} and ${k2}`);
  return b * m * n * 2 * k;
}

// For each point of the output, or of the input of a transposed convolution: the filter on all channels.
function convolution(x: Shape, weight: Shape, out: Shape, isTransposed: boolean): number {
  const points = product((isTransposed ? x : out).slice(2));
  const [cOut, cIn, ...filter] = weight;
  return points * product(filter) * x[0] * cOut * cIn * 2;
}

const swapped = ([a, b, ...rest]: Shape): Shape => [b, a, ...rest];

// The gradient of the input is a transposed convolution with the weight, that of the weight a convolution of the input
// with the gradient.
function convolutionBackward(args: readonly unknown[], out: unknown): number {
  const [grad, x, weight] = args as Shape[];
  const isTransposed = args[7] as boolean;
  const mask = args[10] as boolean[];
  const [gradInput, gradWeight] = out as [Shape, Shape];
  let flops = 0;
  if (mask[0]) flops += convolution(grad, weight, gradInput, !isTransposed);
  if (mask[1]) {
    const [left, right] = isTransposed ? [grad, x] : [x, grad];
    flops += convolution(swapped(left), swapped(right), swapped(gradWeight), false);
  }
  return flops;
}

// Grouped queries: keys and values may have fewer heads.
function attention(query: Shape, key: Shape, value: Shape): number {
  const [b, heads, sQ, dQ] = query;
  const [b2, kvHeads, sK, d2] = key;
  const [b3, heads3, s3, dV] = value;
  check(
    b === b2 && b === b3 && kvHeads === heads3 && dQ === d2 && sK === s3 && heads % kvHeads === 0,
    `sdpa_flop_count: query/key/value shapes are incompatible: q=[${query}], k=[${key}], v=[${value}]`,
  );
  const all = b * heads;
  return bmm([all, sQ, dQ], [all, dQ, sK]) + bmm([all, sQ, sK], [all, sK, dV]);
}

// The scores are computed again, and then the gradients of scores, values, queries and keys.
function attentionBackward(grad: Shape, query: Shape, key: Shape, value: Shape): number {
  const [b, heads, sQ, dQ] = query;
  const [b2, kvHeads, sK, d2] = key;
  const [b3, heads3, s3, dV] = value;
  const [b4, heads4, s4, d4] = grad;
  check(
    b === b2 && b === b3 && b === b4 && kvHeads === heads3 && heads === heads4 && heads % kvHeads === 0,
    'sdpa_backward_flop_count: batch/heads mismatch among tensors',
  );
  check(
    dQ === d2 && dV === d4 && sK === s3 && sQ === s4,
    'sdpa_backward_flop_count: grad_out/value/key/query shapes are incompatible',
  );
  const all = b * heads;
  const scores = bmm([all, sQ, dQ], [all, dQ, sK]);
  const gradScores = bmm([all, sQ, dV], [all, dV, sK]);
  const gradValue = bmm([all, sK, sQ], [all, sQ, dV]);
  const gradQuery = bmm([all, sQ, sK], [all, sK, dQ]);
  const gradKey = bmm([all, dQ, sQ], [all, sQ, sK]);
  return scores + gradScores + gradValue + gradQuery + gradKey;
}

// Sequences of several lengths in one tensor: each counts as if it were as long as its place, one after the other.
function eachSequence(
  tensors: readonly Tensor[],
  [offsetsQ, offsetsK]: readonly (Tensor | null)[],
  headsAt: number,
  count: (shapes: Shape[]) => number,
): number {
  const shapes = tensors.map((tensor) => tensor.shape);
  if (!offsetsQ || !offsetsK) return count(shapes);
  const lengths = (offsets: Tensor): number[] => offsets.diff().tolist() as number[];
  const ofKeys = lengths(offsetsK);
  const isOfQueries = (i: number): boolean => i === 0 || i === 3; // (query, key, value, gradient)
  return lengths(offsetsQ).reduce((all, length, row) => {
    const one = shapes.map((shape, i): Shape => [
      ...[1, shape[headsAt]],
      ...[isOfQueries(i) ? length : ofKeys[row], shape[headsAt + 1]],
    ]);
    return all + count(one);
  }, 0);
}

const offsetsIn = (args: readonly unknown[], at: number): (Tensor | null)[] =>
  args.slice(at, at + 2) as (Tensor | null)[];
// headsAt: where the number of heads stands in tensors of sequences; at: the first offsets.
const unpacked =
  (headsAt: number, at: number): FlopFormula =>
  (args) =>
    eachSequence(args.slice(0, 3) as Tensor[], offsetsIn(args, at), headsAt, ([q, k, v]) =>
      attention(q, k, v),
    );
const unpackedBackward =
  (headsAt: number, at: number): FlopFormula =>
  (args) => {
    const [grad, ...tensors] = args.slice(0, 4) as Tensor[];
    return eachSequence([...tensors, grad], offsetsIn(args, at), headsAt, ([q, k, v, g]) =>
      attentionBackward(g, q, k, v),
    );
  };

const ofShapes =
  (count: (...shapes: Shape[]) => number, from = 0): FlopFormula =>
  (args) =>
    count(...(args.slice(from) as Shape[]));
const ofConvolution: FlopFormula = (args, out) =>
  convolution(args[0] as Shape, args[1] as Shape, out as Shape, args[6] as boolean);

/** Formulas by shapes, and those that look at the tensors themselves. */
export const formulas: readonly (readonly [string, FlopFormula])[] = [
  ['aten.mm', ofShapes(mm)],
  ['aten.addmm', ofShapes(mm, 1)],
  ['aten.bmm', ofShapes(bmm)],
  ['aten.baddbmm', ofShapes(bmm, 1)],
  ['aten._scaled_mm', ofShapes(mm)],
  ...[
    'convolution',
    '_convolution',
    'cudnn_convolution',
    'convolution_overrideable',
    '_slow_conv2d_forward',
  ].map((name) => [`aten.${name}`, ofConvolution] as const),
  ['aten.convolution_backward', convolutionBackward],
  ...['efficient', 'flash', 'cudnn'].flatMap((kind) => {
    const name = `aten._scaled_dot_product_${kind}_attention`;
    return [[name, ofShapes(attention)] as const, [`${name}_backward`, ofShapes(attentionBackward)] as const];
  }),
];
export const rawFormulas: readonly (readonly [string, FlopFormula])[] = [
  ['aten._flash_attention_forward', unpacked(1, 3)],
  ['aten._efficient_attention_forward', unpacked(2, 4)],
  ['aten._flash_attention_backward', unpackedBackward(1, 6)],
  ['aten._efficient_attention_backward', unpackedBackward(2, 6)],
];
