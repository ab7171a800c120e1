// Losses that ask for a margin between what is right and what is wrong.
import { valueError } from '../../../core/errors';
import * as F from '../../../functional';

import { type Call, signature } from '../../../core/signature';
import { CLASS_WEIGHT, HINGE_EMBEDDING_LOSS, MARGIN, MULTI_MARGIN_LOSS } from '../../../functional/loss';
import type { Tensor } from '../../../tensor';
import { FLAGS, type Flags, Loss, PlainLoss, WeightedLoss, type Triple } from './base';

const HINGE = signature('HingeEmbeddingLoss', [], HINGE_EMBEDDING_LOSS, ['margin', ...FLAGS]);

/** `x` where the target is 1, `max(0, margin - x)` where it is -1. Shapes: both the same. */
export class HingeEmbeddingLoss extends Loss {
  readonly margin: number;

  constructor(...args: Call<typeof HINGE, [], [margin: number, ...Flags]>) {
    const [given] = HINGE.bind(args);
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
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelMarginLoss(input, target, { reduction: this.reduction });
  }
}

/** `log(1 + exp(-y x))`, for targets 1 and -1. Shapes: both the same. */
export class SoftMarginLoss extends PlainLoss {
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.softMarginLoss(input, target, { reduction: this.reduction });
  }
}

const MULTI_LABEL = signature('MultiLabelSoftMarginLoss', [], CLASS_WEIGHT, ['weight', ...FLAGS]);

/** The binary cross entropy of `sigmoid(input)`, its mean over the classes. Shapes: both `(N, C)`. */
export class MultiLabelSoftMarginLoss extends WeightedLoss {
  constructor(...args: Call<typeof MULTI_LABEL, [], [weight: Tensor | null, ...Flags]>) {
    super(...MULTI_LABEL.bind(args));
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this;
    return F.multilabelSoftMarginLoss(input, target, { weight, reduction });
  }
}

const MULTI_MARGIN = signature('MultiMarginLoss', [], MULTI_MARGIN_LOSS, ['p', 'margin', 'weight', ...FLAGS]);

/** A margin between the right class and the others. Shapes: see {@link F.multiMarginLoss}. */
export class MultiMarginLoss extends WeightedLoss {
  readonly p: 1 | 2;
  readonly margin: number;

  constructor(
    ...args: Call<typeof MULTI_MARGIN, [], [p: 1 | 2, margin: number, weight: Tensor | null, ...Flags]>
  ) {
    const [given] = MULTI_MARGIN.bind(args);
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

const RANKING = signature('MarginRankingLoss', [], MARGIN, ['margin', ...FLAGS]);

/** A margin by which one input should exceed the other. See {@link F.marginRankingLoss}. */
export class MarginRankingLoss extends Loss<Triple> {
  readonly margin: number;

  constructor(...args: Call<typeof RANKING, [], [margin: number, ...Flags]>) {
    const [given] = RANKING.bind(args);
    super(given);
    this.margin = given.margin;
  }
  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return F.marginRankingLoss(input1, input2, target, { margin, reduction });
  }
}
