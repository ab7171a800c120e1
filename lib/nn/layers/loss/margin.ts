// Losses that ask for a margin between what is right and what is wrong.
import { valueError } from '../../../core/errors';
import * as F from '../../../functional';
import type {
  ClassWeightOptions,
  HingeEmbeddingLossOptions,
  MarginOptions,
  MultiMarginLossOptions,
  ReductionOptions,
} from '../../../functional';
import { keywords } from '../../../core/keywords';
import { CLASS_WEIGHT, HINGE_EMBEDDING_LOSS, MARGIN, MULTI_MARGIN_LOSS } from '../../../functional/loss';
import type { Tensor } from '../../../tensor';
import { Loss, PlainLoss, WeightedLoss, type Triple } from './base';

/** `x` where the target is 1, `max(0, margin - x)` where it is -1. Shapes: both the same. */
export class HingeEmbeddingLoss extends Loss {
  readonly margin: number;

  constructor(margin?: number | HingeEmbeddingLossOptions, options?: HingeEmbeddingLossOptions) {
    const name = 'HingeEmbeddingLoss';
    const given = keywords<HingeEmbeddingLossOptions>(name, HINGE_EMBEDDING_LOSS, { margin }, options);
    super(given);
    this.margin = given.margin;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return F.hingeEmbeddingLoss(input, target, { margin, reduction });
  }
}

/** A margin of 1 between right classes and wrong ones. See {@link F.multilabelMarginLoss}. */
export class MultiLabelMarginLoss extends PlainLoss {
  constructor(options?: ReductionOptions) {
    super('MultiLabelMarginLoss', options);
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelMarginLoss(input, target, { reduction: this.reduction });
  }
}

/** `log(1 + exp(-y x))`, for targets 1 and -1. Shapes: both the same. */
export class SoftMarginLoss extends PlainLoss {
  constructor(options?: ReductionOptions) {
    super('SoftMarginLoss', options);
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.softMarginLoss(input, target, { reduction: this.reduction });
  }
}

/** The binary cross entropy of `sigmoid(input)`, its mean over the classes. Shapes: both `(N, C)`. */
export class MultiLabelSoftMarginLoss extends WeightedLoss {
  constructor(weight?: Tensor | null | ClassWeightOptions, options?: ClassWeightOptions) {
    super(keywords<ClassWeightOptions>('MultiLabelSoftMarginLoss', CLASS_WEIGHT, { weight }, options));
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this;
    return F.multilabelSoftMarginLoss(input, target, { weight, reduction });
  }
}

/** A margin between the right class and the others. Shapes: see {@link F.multiMarginLoss}. */
export class MultiMarginLoss extends WeightedLoss {
  readonly p: 1 | 2;
  readonly margin: number;

  constructor(
    p?: 1 | 2 | MultiMarginLossOptions,
    margin?: number | MultiMarginLossOptions,
    weight?: Tensor | null | MultiMarginLossOptions,
    options?: MultiMarginLossOptions,
  ) {
    const positional = { p, margin, weight };
    const given = keywords<MultiMarginLossOptions>('MultiMarginLoss', MULTI_MARGIN_LOSS, positional, options);
    super(given);
    if (given.p !== 1 && given.p !== 2) throw valueError('only p == 1 and p == 2 supported');
    if (given.weight !== null && given.weight.dim() !== 1) {
      throw valueError(
        `MultiMarginLoss: expected weight to be None or 1D tensor, got ${given.weight.dim()}D instead`,
      );
    }
    this.p = given.p;
    this.margin = given.margin;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { p, margin, weight, reduction } = this;
    return F.multiMarginLoss(input, target, { p, margin, weight, reduction });
  }
}

/** A margin by which one input should exceed the other. See {@link F.marginRankingLoss}. */
export class MarginRankingLoss extends Loss<Triple> {
  readonly margin: number;

  constructor(margin?: number | MarginOptions, options?: MarginOptions) {
    const given = keywords<MarginOptions>('MarginRankingLoss', MARGIN, { margin }, options);
    super(given);
    this.margin = given.margin;
  }
  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return F.marginRankingLoss(input1, input2, target, { margin, reduction });
  }
}
