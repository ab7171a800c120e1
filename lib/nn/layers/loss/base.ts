// What the losses' modules share.
import type { Reduction, ReductionOptions } from '../../../functional';
import { REDUCTION, resolveReduction } from '../../../functional/reduction';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { Module } from '../../module/module';

export type Pair = [input: Tensor, target: Tensor];
export type Triple = [input1: Tensor, input2: Tensor, target: Tensor];

/** PyTorch's deprecated flags, which modules take before the reduction. */
export type Flags = [sizeAverage: boolean | null, reduce: boolean | null, reduction: Reduction];
export const FLAGS = ['sizeAverage', 'reduce', 'reduction'] as const;

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

const PLAIN_LOSS = signature('PlainLoss', [], REDUCTION, FLAGS);

/** A loss whose only option is its reduction. */
export abstract class PlainLoss extends Loss {
  constructor(...args: Call<typeof PLAIN_LOSS, [], Flags>) {
    super(...PLAIN_LOSS.bind(args, new.target.name));
  }
}
