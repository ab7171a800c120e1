// Losses of probabilities that something is so.
import * as F from '../../../functional';
import type { BceOptions, BceWithLogitsOptions } from '../../../functional';
import { keywords } from '../../../core/keywords';
import { BCE, BCE_WITH_LOGITS } from '../../../functional/loss';
import type { Tensor } from '../../../tensor';
import { WeightedLoss } from './base';

/** The binary cross entropy of probabilities. Shapes: both the same, output `()` unless not reduced. */
export class BCELoss extends WeightedLoss {
  constructor(weight?: Tensor | null | BceOptions, options?: BceOptions) {
    super(keywords<BceOptions>('BCELoss', BCE, { weight }, options));
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this;
    return F.binaryCrossEntropy(input, target, { weight, reduction });
  }
}

/** The binary cross entropy of `sigmoid(input)`. Shapes: both the same, output `()` unless not reduced. */
export class BCEWithLogitsLoss extends WeightedLoss {
  readonly pos_weight!: Tensor | null;

  constructor(weight?: Tensor | null | BceWithLogitsOptions, options?: BceWithLogitsOptions) {
    const given = keywords<BceWithLogitsOptions>('BCEWithLogitsLoss', BCE_WITH_LOGITS, { weight }, options);
    super(given);
    this.registerBuffer('pos_weight', given.posWeight);
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, pos_weight: posWeight, reduction } = this;
    return F.binaryCrossEntropyWithLogits(input, target, { weight, posWeight, reduction });
  }
}
