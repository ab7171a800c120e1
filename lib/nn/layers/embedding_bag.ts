import { TorchError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import * as F from '../../functional';
import type { EmbeddingBagMode, EmbeddingBagSharedOptions } from '../../functional';
import { EMBEDDING_BAG_SHARED } from '../../functional/embedding_bag';
import { type Call, method, signature } from '../../core/signature';
import { tensor } from '../../tensor/kinds';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import { EMBEDDING_SIZES, checkTableSize, resetTable, tableSizeOf } from './embedding_weight';
import { FACTORY, type FactoryOptions } from './options';
import { Parameter } from '../parameter';
import { repr } from '../../tensor/repr';

/** Options of `nn.EmbeddingBag`. */
export interface EmbeddingBagModuleOptions extends EmbeddingBagSharedOptions, FactoryOptions {
  /** The weight to use. Default: a new one. See {@link EmbeddingBag.fromPretrained}. */
  _weight?: Tensor | null;
}
const DEFAULTS: Required<EmbeddingBagModuleOptions> = {
  ...EMBEDDING_BAG_SHARED,
  _weight: null,
  ...FACTORY,
};
// Behind these Python has the private weight.
const ORDER = ['maxNorm', 'normType', 'scaleGradByFreq', 'mode', 'sparse'] as const;
type BagPlaces = [
  maxNorm: number | null,
  normType: number,
  scaleGradByFreq: boolean,
  mode: EmbeddingBagMode,
  sparse: boolean,
];
const EMBEDDING_BAG = signature('EmbeddingBag', EMBEDDING_SIZES, DEFAULTS, ORDER);
const FROM_PRETRAINED = signature(
  'EmbeddingBag.fromPretrained',
  [tensor('embeddings')],
  { freeze: true, ...EMBEDDING_BAG_SHARED },
  ['freeze', ...ORDER, 'includeLastOffset', 'paddingIdx'],
);

function fromStart(paddingIdx: number | null, rows: number): number | null {
  if (paddingIdx === null) return null;
  if (paddingIdx < -rows || (paddingIdx > 0 && paddingIdx >= rows))
    throw new TorchError('padding_idx must be within num_embeddings', 'AssertionError');
  return paddingIdx < 0 ? rows + paddingIdx : paddingIdx;
}

export interface BagOptions {
  /** Where each bag begins, for an input of one dimension. Default: null. */
  offsets?: Tensor | null;
  /** Factors of the rows; for `mode: 'sum'`. Default: null. */
  perSampleWeights?: Tensor | null;
}
const BAG: Required<BagOptions> = { offsets: null, perSampleWeights: null };
const FORWARD = method('EmbeddingBag.forward', [tensor('input')], BAG);
type Args = Call<typeof FORWARD, [input: Tensor], [offsets: Tensor | null, perSampleWeights: Tensor | null]>;

/**
 * The sum, mean or maximum of rows of a table for each bag of numbers.
 *
 * Shapes: input `(B, N)`, or `(N)` with offsets `(B)`; output `(B, embeddingDim)`.
 * The weight starts standard normal, the padding row zero.
 *
 * @example
 * const m = new nn.EmbeddingBag(10, 3, { mode: 'sum' });
 * m(torch.tensor([1n, 2n, 4n, 5n, 4n]), torch.tensor([0n, 3n])).shape; // [2, 3]
 */
export class EmbeddingBag extends Module<Args, Tensor> {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly mode: EmbeddingBagMode;
  readonly sparse: boolean;
  readonly includeLastOffset: boolean;
  readonly paddingIdx: number | null;
  readonly weight: Parameter; // (numEmbeddings, embeddingDim)

  constructor(...args: Call<typeof EMBEDDING_BAG, [numEmbeddings: number, embeddingDim: number], BagPlaces>) {
    super();
    const [numEmbeddings, embeddingDim, given] = EMBEDDING_BAG.bind(args);
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.maxNorm = given.maxNorm;
    this.normType = given.normType;
    this.scaleGradByFreq = given.scaleGradByFreq;
    this.mode = given.mode;
    this.sparse = given.sparse;
    this.includeLastOffset = given.includeLastOffset;
    this.paddingIdx = fromStart(given.paddingIdx, numEmbeddings);
    const { device, dtype, _weight: weight } = given;
    if (weight !== null) {
      checkTableSize(weight, numEmbeddings, embeddingDim);
      this.weight = new Parameter(weight);
      return;
    }
    this.weight = new Parameter(aten.empty([numEmbeddings, embeddingDim], { device, dtype }));
    this.resetParameters();
  }

  /** Gives the parameters their initial values anew. */
  resetParameters(): void {
    resetTable(this.weight, this.paddingIdx);
  }

  override forward(...args: Args): Tensor {
    const [input, { offsets, perSampleWeights }] = FORWARD.bind(args);
    const { maxNorm, normType, scaleGradByFreq, mode, sparse, includeLastOffset, paddingIdx } = this;
    const shared = { maxNorm, normType, scaleGradByFreq, mode, sparse, includeLastOffset, paddingIdx };
    return F.embeddingBag(input, this.weight, { offsets, perSampleWeights, ...shared });
  }

  /** A table of given vectors `(numEmbeddings, embeddingDim)`, which are not trained unless `freeze` is `false`. */
  static fromPretrained(
    ...args: Call<
      typeof FROM_PRETRAINED,
      [embeddings: Tensor],
      [freeze: boolean, ...BagPlaces, includeLastOffset: boolean, paddingIdx: number | null]
    >
  ): EmbeddingBag {
    const [embeddings, { freeze, ...rest }] = FROM_PRETRAINED.bind(args);
    const [rows, columns] = tableSizeOf(embeddings);
    const bag = new this(rows, columns, { ...rest, _weight: embeddings });
    bag.weight.requiresGrad_(!freeze);
    return bag;
  }

  override extraRepr(): string {
    let text = `${this.numEmbeddings}, ${this.embeddingDim}`;
    if (this.maxNorm !== null) text += `, max_norm=${repr(this.maxNorm)}`;
    if (this.normType !== 2) text += `, norm_type=${repr(this.normType)}`;
    if (this.scaleGradByFreq) text += ', scale_grad_by_freq=True';
    text += `, mode=${repr(this.mode)}`;
    if (this.paddingIdx !== null) text += `, padding_idx=${this.paddingIdx}`;
    return text;
  }
}
