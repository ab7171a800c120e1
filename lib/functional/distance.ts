// How far apart vectors are.
import { checkTensor } from '../native/tensor_base';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { keywords } from '../core/keywords';

export interface PairwiseDistanceOptions {
  /** The p of the norm. Default: 2. */
  p?: number;
  /** Added to the difference. Default: 1e-6. */
  eps?: number;
  /** Whether the last dimension stays, with size 1. Default: `false`. */
  keepdim?: boolean;
}
export const PAIRWISE_DISTANCE: Required<PairwiseDistanceOptions> = { p: 2, eps: 1e-6, keepdim: false };

/** `‖x1 - x2 + eps‖ₚ` of the last dimension. Shapes: `(N, D)` or `(D)` each, output `(N)` or `()`. */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  p?: number | PairwiseDistanceOptions,
  eps?: number | PairwiseDistanceOptions,
  options?: PairwiseDistanceOptions,
): Tensor {
  const given = keywords<PairwiseDistanceOptions>('pairwiseDistance', PAIRWISE_DISTANCE, { p, eps }, options);
  return aten.pairwiseDistance(x1, x2, given.p, given.eps, given.keepdim);
}

export interface CosineSimilarityOptions {
  /** The dimension of the vectors. Default: 1. */
  dim?: number;
  /** The least that a norm counts as. Default: 1e-8. */
  eps?: number;
}
export const COSINE_SIMILARITY: Required<CosineSimilarityOptions> = { dim: 1, eps: 1e-8 };

/** `x1 · x2 / (‖x1‖ ‖x2‖)` along one dimension. Shapes: broadcastable; the output lacks the dimension. */
export function cosineSimilarity(
  x1: Tensor,
  x2: Tensor,
  dim?: number | CosineSimilarityOptions,
  eps?: number | CosineSimilarityOptions,
): Tensor {
  const given = keywords<CosineSimilarityOptions>('cosineSimilarity', COSINE_SIMILARITY, { dim, eps });
  return aten.cosineSimilarity(x1, x2, given.dim, given.eps);
}

/**
 * The p-norm distance of each pair of rows. Shape: `(N, M)` to `(N (N - 1) / 2)`.
 * Differs from PyTorch: input without rows has a gradient, too; PyTorch's backward ends the process.
 */
export function pdist(input: Tensor, p: number | { p?: number } = 2): Tensor {
  checkTensor('pdist', 'input', input);
  const [rows, columns] = input.shape;
  if (rows === 0 && columns !== undefined && input.isFloatingPoint())
    return aten.slice(aten.reshape(input, [-1]), 0, 0, 0);
  return aten.pdist(input, keywords<{ p?: number }>('pdist', { p: 2 }, { p }).p);
}
