// What the losses' modules share.
import type { Reduction, ReductionOptions } from '../../../functional';
import { REDUCTION, resolveReduction } from '../../../functional/reduction';
import { keywords } from '../../../core/keywords';
import type { Tensor } from '../../../tensor';
import { Module } from '../../module/module';

export type Pair = [input: Tensor, target: Tensor];
export type Triple = [input1: Tensor, input2: Tensor, target: Tensor];

export abstract class Loss<Args extends unknown[] = Pair> extends Module<Args, Tensor> {
  readonly reduction: Reduction;

  constructor(given: Required<ReductionOptions>) {
    super();
    this.reduction = resolveReduction(given);
  }
}

/** A loss with a weight, which is a buffer. */
export abstract class WeightedLoss extends Loss {
  readonly weight!: Tensor | null;

  constructor(given: Required<ReductionOptions & { weight?: Tensor | null }>) {
    super(given);
    this.registerBuffer('weight', given.weight);
  }
}

/** A loss whose only option is its reduction. */
export abstract class PlainLoss extends Loss {
  constructor(name: string, options?: ReductionOptions) {
    super(keywords<ReductionOptions>(name, REDUCTION, null, options));
  }
}
