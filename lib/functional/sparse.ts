import { TorchError, checkNumber } from '../core/errors';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { tensor } from '../tensor/kinds';
import { type Call, signature } from '../core/signature';

/** Options of `F.embedding`. */
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
const EMBEDDING_CALL = signature('embedding', [tensor('input'), tensor('weight')], EMBEDDING);

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
  ...args: Call<
    typeof EMBEDDING_CALL,
    [input: Tensor, weight: Tensor],
    [
      paddingIdx: number | null,
      maxNorm: number | null,
      normType: number,
      scaleGradByFreq: boolean,
      sparse: boolean,
    ]
  >
): Tensor {
  const [input, weight, { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse }] =
    EMBEDDING_CALL.bind(args);
  const padding = resolvePaddingIdx(paddingIdx, weight.shape[0]) ?? -1;
  if (maxNorm === null) return aten.embedding(weight, input, padding, scaleGradByFreq, sparse);
  const indices = input.contiguous();
  aten.embeddingRenorm_(weight.detach(), indices, maxNorm, normType);
  return aten.embedding(weight, indices, padding, scaleGradByFreq, sparse);
}
