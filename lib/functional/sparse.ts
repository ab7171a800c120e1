import { checkTensor } from '../native/tensor_base';
import { TorchError, checkNumber } from '../core/errors';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { keywords } from '../core/keywords';

export interface EmbeddingOptions {
  /** The row that gets no gradient; may count from the end. Default: none. */
  paddingIdx?: number | null;
  /** Rows of a larger norm are scaled to it, in place. Default: none. */
  maxNorm?: number | null;
  /** The p of that norm. Default: 2. */
  normType?: number;
  /** Whether gradients are divided by how often a row occurs in the batch. Default: `false`. */
  scaleGradByFreq?: boolean;
  /** Whether the weight's gradient is a sparse tensor. Default: `false`. */
  sparse?: boolean;
}
export const EMBEDDING: Required<EmbeddingOptions> = {
  paddingIdx: null,
  maxNorm: null,
  normType: 2,
  scaleGradByFreq: false,
  sparse: false,
};

/** `paddingIdx` counted from the start, or `null`. */
export function resolvePaddingIdx(paddingIdx: number | null, rows: number): number | null {
  if (paddingIdx === null) return null;
  checkNumber('embedding', 'paddingIdx', paddingIdx);
  if (paddingIdx < -rows || (paddingIdx > 0 && paddingIdx >= rows))
    throw new TorchError('Padding_idx must be within num_embeddings', 'AssertionError');
  return paddingIdx < 0 ? rows + paddingIdx : paddingIdx;
}

/**
 * Looks up rows of `weight`.
 *
 * Shapes: input `(*)` of whole numbers, weight `(rows, columns)`, output `(*, columns)`.
 *
 * @throws AssertionError when `paddingIdx` is not a row of `weight`.
 */
export function embedding(
  input: Tensor,
  weight: Tensor,
  paddingIdx?: number | null | EmbeddingOptions,
  options?: EmbeddingOptions,
): Tensor {
  const given = keywords<EmbeddingOptions>('embedding', EMBEDDING, { paddingIdx }, options);
  checkTensor('embedding', 'input', input);
  checkTensor('embedding', 'weight', weight);
  const padding = resolvePaddingIdx(given.paddingIdx, weight.shape[0]) ?? -1;
  if (given.maxNorm !== null) {
    input = input.contiguous();
    aten.embeddingRenorm_(weight.detach(), input, given.maxNorm, given.normType);
  }
  return aten.embedding(weight, input, padding, given.scaleGradByFreq, given.sparse);
}
