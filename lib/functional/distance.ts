// How far apart vectors are.
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { tensor } from '../tensor/kinds';
import { type Call, signature } from '../core/signature';

/** Options of `F.pairwiseDistance`. */
export interface PairwiseDistanceOptions {
  /** The p of the norm. Default: 2. */
  p?: number;
  /** Added to the difference. Default: 1e-6. */
  eps?: number;
  /** Whether the last dimension stays, with size 1. Default: `false`. */
  keepdim?: boolean;
}
export const PAIRWISE_DISTANCE: Required<PairwiseDistanceOptions> = { p: 2, eps: 1e-6, keepdim: false };
const VECTORS = [tensor('x1'), tensor('x2')] as const;
const DISTANCE = signature('pairwiseDistance', VECTORS, PAIRWISE_DISTANCE);

/** `‖x1 - x2 + eps‖ₚ` of the last dimension. Shapes: `(N, D)` or `(D)` each, output `(N)` or `()`. */
export function pairwiseDistance(
  ...args: Call<typeof DISTANCE, [x1: Tensor, x2: Tensor], [p: number, eps: number, keepdim: boolean]>
): Tensor {
  const [x1, x2, { p, eps, keepdim }] = DISTANCE.bind(args);
  return aten.pairwiseDistance(x1, x2, p, eps, keepdim);
}

/** Options of `F.cosineSimilarity`. */
export interface CosineSimilarityOptions {
  /** The dimension of the vectors. Default: 1. */
  dim?: number;
  /** The least that a norm counts as. Default: 1e-8. */
  eps?: number;
}
export const COSINE_SIMILARITY: Required<CosineSimilarityOptions> = { dim: 1, eps: 1e-8 };
const COSINE = signature('cosineSimilarity', VECTORS, COSINE_SIMILARITY);

/** `x1 · x2 / (‖x1‖ ‖x2‖)` along one dimension. Shapes: broadcastable; the output lacks the dimension. */
export function cosineSimilarity(
  ...args: Call<typeof COSINE, [x1: Tensor, x2: Tensor], [dim: number, eps: number]>
): Tensor {
  const [x1, x2, { dim, eps }] = COSINE.bind(args);
  return aten.cosineSimilarity(x1, x2, dim, eps);
}

const PDIST = signature('pdist', [tensor('input')], { p: 2 });

/**
 * The p-norm distance of each pair of rows. Shape: `(N, M)` to `(N (N - 1) / 2)`.
 * Differs from PyTorch: `torch.nn.functional.pdist` has a gradient for input without rows, too; PyTorch's backward
 * ends the process.
 */
export function pdist(...args: Call<typeof PDIST, [input: Tensor], [p: number]>): Tensor {
  const [input, { p }] = PDIST.bind(args);
  const [rows, columns] = input.shape;
  if (rows === 0 && columns !== undefined && input.isFloatingPoint())
    return aten.slice(aten.reshape(input, [-1]), 0, 0, 0);
  return aten.pdist(input, p);
}
