import * as aten from '../../tensor/aten';
import * as F from '../../functional';
import type { EmbeddingOptions } from '../../functional';
import { type Call, signature } from '../../core/signature';
import { EMBEDDING, resolvePaddingIdx } from '../../functional/sparse';
import { tensor } from '../../tensor/kinds';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import { EMBEDDING_SIZES, checkTableSize, resetTable, tableSizeOf } from './embedding_weight';
import { FACTORY, type FactoryOptions } from './options';
import { Parameter } from '../parameter';
import { repr } from '../../tensor/repr';

/** Options of `nn.Embedding`. */
export interface EmbeddingModuleOptions extends EmbeddingOptions, FactoryOptions {
  /** The weight to use. Default: a new one. See {@link Embedding.fromPretrained}. */
  _weight?: Tensor | null;
  /** Whether the weight is not trained. Default: `false`. */
  _freeze?: boolean;
}
const DEFAULTS: Required<EmbeddingModuleOptions> = {
  ...EMBEDDING,
  _weight: null,
  _freeze: false,
  ...FACTORY,
};
// Behind these Python has the private weight.
const ORDER = ['paddingIdx', 'maxNorm', 'normType', 'scaleGradByFreq', 'sparse'] as const;
type EmbeddingPlaces = [
  paddingIdx: number | null,
  maxNorm: number | null,
  normType: number,
  scaleGradByFreq: boolean,
  sparse: boolean,
];
const EMBEDDING_MODULE = signature('Embedding', EMBEDDING_SIZES, DEFAULTS, ORDER);
const FROM_PRETRAINED = signature(
  'Embedding.fromPretrained',
  [tensor('embeddings')],
  { freeze: true, ...EMBEDDING },
  ['freeze', ...ORDER],
);

/**
 * A table of vectors, looked up by number.
 *
 * Shapes: input `(*)` of whole numbers, output `(*, embeddingDim)`.
 * The weight starts standard normal, the padding row zero.
 *
 * @example
 * const m = new nn.Embedding(10, 3);
 * m(torch.tensor([[1n, 2n], [4n, 3n]])).shape; // [2, 2, 3]
 */
export class Embedding extends Module<[Tensor], Tensor> {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly sparse: boolean;
  readonly weight: Parameter; // (numEmbeddings, embeddingDim)

  constructor(
    ...args: Call<typeof EMBEDDING_MODULE, [numEmbeddings: number, embeddingDim: number], EmbeddingPlaces>
  ) {
    super();
    const [numEmbeddings, embeddingDim, given] = EMBEDDING_MODULE.bind(args);
    const { device, dtype, _weight: weight, _freeze: freeze } = given;
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = resolvePaddingIdx(given.paddingIdx, numEmbeddings);
    this.maxNorm = given.maxNorm;
    this.normType = given.normType;
    this.scaleGradByFreq = given.scaleGradByFreq;
    this.sparse = given.sparse;
    if (weight !== null) {
      checkTableSize(weight, numEmbeddings, embeddingDim);
      this.weight = new Parameter(weight, !freeze);
      return;
    }
    this.weight = new Parameter(aten.empty([numEmbeddings, embeddingDim], { device, dtype }), !freeze);
    this.resetParameters();
  }

  /** Gives the parameters their initial values anew. */
  resetParameters(): void {
    resetTable(this.weight, this.paddingIdx);
  }

  override forward(input: Tensor): Tensor {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse } = this;
    return F.embedding(input, this.weight, { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse });
  }

  /** A table of given vectors `(numEmbeddings, embeddingDim)`, which are not trained unless `freeze` is `false`. */
  static fromPretrained(
    ...args: Call<typeof FROM_PRETRAINED, [embeddings: Tensor], [freeze: boolean, ...EmbeddingPlaces]>
  ): Embedding {
    const [embeddings, { freeze, ...rest }] = FROM_PRETRAINED.bind(args);
    const [rows, columns] = tableSizeOf(embeddings);
    return new this(rows, columns, { ...rest, _weight: embeddings, _freeze: freeze });
  }

  override extraRepr(): string {
    let text = `${this.numEmbeddings}, ${this.embeddingDim}`;
    if (this.paddingIdx !== null) text += `, padding_idx=${this.paddingIdx}`;
    if (this.maxNorm !== null) text += `, max_norm=${repr(this.maxNorm)}`;
    if (this.normType !== 2) text += `, norm_type=${repr(this.normType)}`;
    if (this.scaleGradByFreq) text += ', scale_grad_by_freq=True';
    if (this.sparse) text += ', sparse=True';
    return text;
  }
}
