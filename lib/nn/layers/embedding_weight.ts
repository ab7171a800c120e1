// The table of `nn.Embedding` and of `nn.EmbeddingBag`.
import { noGrad } from '../../autograd';
import { TorchError } from '../../core/errors';
import { number } from '../../core/kinds';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import * as init from '../init';
import type { Parameter } from '../parameter';

/** What both modules are called with first. */
export const EMBEDDING_SIZES = [number('numEmbeddings'), number('embeddingDim')] as const;

/** Throws Python's AssertionError where a table that a user gave has another size than the module. */
export function checkTableSize(weight: Tensor, numEmbeddings: number, embeddingDim: number): void {
  const [rows, columns] = weight.shape;
  if (weight.dim() !== 2 || rows !== numEmbeddings || columns !== embeddingDim)
    throw new TorchError('Shape of weight does not match num_embeddings and embedding_dim', 'AssertionError');
}

/** Rows and columns of a table for `fromPretrained`. */
export function tableSizeOf(embeddings: Tensor): [rows: number, columns: number] {
  if (embeddings.dim() !== 2)
    throw new TorchError('Embeddings parameter is expected to be 2-dimensional', 'AssertionError');
  const [rows, columns] = embeddings.shape;
  return [rows, columns];
}

/** Standard normal, the padding row zero. */
export function resetTable(weight: Parameter, paddingIdx: number | null): void {
  init.normal_(weight);
  if (paddingIdx !== null) noGrad(() => void aten.fill_(aten.select(weight, 0, paddingIdx), 0));
}
