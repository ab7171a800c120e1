// Losses of probabilities that something is so.
import * as F from '../../../functional';

import { type Call, signature } from '../../../core/signature';
import { BCE, BCE_WITH_LOGITS } from '../../../functional/loss';
import type { Tensor } from '../../../tensor';
import { FLAGS, type Flags, WeightedLoss } from './base';

const BCE_LOSS = signature('BCELoss', [], BCE, ['weight', ...FLAGS]);

/** The binary cross entropy of probabilities. Shapes: both the same, output `()` unless not reduced. */
export class BCELoss extends WeightedLoss {
  constructor(...args: Call<typeof BCE_LOSS, [], [weight: Tensor | null, ...Flags]>) {
    super(...BCE_LOSS.bind(args));
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this;
    return F.binaryCrossEntropy(input, target, { weight, reduction });
  }
}

const WITH_LOGITS = signature('BCEWithLogitsLoss', [], BCE_WITH_LOGITS, ['weight', ...FLAGS, 'posWeight']);

/** The binary cross entropy of `sigmoid(input)`. Shapes: both the same, output `()` unless not reduced. */
export class BCEWithLogitsLoss extends WeightedLoss {
  readonly pos_weight!: Tensor | null;

  constructor(
    ...args: Call<typeof WITH_LOGITS, [], [weight: Tensor | null, ...Flags, posWeight: Tensor | null]>
  ) {
    const [given] = WITH_LOGITS.bind(args);
    super(given);
    this.registerBuffer('pos_weight', given.posWeight);
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, pos_weight: posWeight, reduction } = this;
    return F.binaryCrossEntropyWithLogits(input, target, { weight, posWeight, reduction });
  }
}
