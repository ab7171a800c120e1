// Losses of the differences between predictions and targets.
import { TorchTypeError } from '../../../core/errors';
import * as F from '../../../functional';
import type { HuberLossOptions, Reduction, ReductionOptions, SmoothL1LossOptions } from '../../../functional';
import { keywords } from '../../../core/keywords';
import { HUBER_LOSS, SMOOTH_L1_LOSS } from '../../../functional/loss';
import { REDUCTION } from '../../../functional/reduction';
import type { Tensor } from '../../../tensor';
import { repr } from '../../../tensor/repr';
import { Loss, PlainLoss } from './base';

/** The mean of `(x - y)²`. Shapes: both the same, output `()`, or the input's when not reduced. */
export class MSELoss extends PlainLoss {
  constructor(options?: ReductionOptions) {
    super('MSELoss', options);
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, { reduction: this.reduction });
  }
}

/** The mean of `|x - y|`. Shapes: both the same, output `()`, or the input's when not reduced. */
export class L1Loss extends PlainLoss {
  constructor(options?: ReductionOptions) {
    super('L1Loss', options);
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, { reduction: this.reduction });
  }
}

/** A square near the target, a line elsewhere. See {@link F.smoothL1Loss}. */
export class SmoothL1Loss extends Loss {
  readonly beta: number;

  constructor(options?: SmoothL1LossOptions) {
    const given = keywords<SmoothL1LossOptions>('SmoothL1Loss', SMOOTH_L1_LOSS, null, options);
    super(given);
    this.beta = given.beta;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta });
  }
}

export type HuberLossModuleOptions = Omit<HuberLossOptions, 'weight'>;
const { reduction, delta } = HUBER_LOSS;
const HUBER_LOSS_MODULE: Required<HuberLossModuleOptions> = { reduction, delta };

/** A square near the target, a line elsewhere. See {@link F.huberLoss}. */
export class HuberLoss extends Loss {
  readonly delta: number;

  constructor(
    reduction?: Reduction | HuberLossModuleOptions,
    delta?: number | HuberLossModuleOptions,
    options?: HuberLossModuleOptions,
  ) {
    const positional = { reduction, delta };
    const given = keywords<HuberLossModuleOptions>('HuberLoss', HUBER_LOSS_MODULE, positional, options);
    if (typeof given.delta !== 'number')
      throw new TorchTypeError(`delta must be a float or int, got: ${repr(typeof given.delta)}`);
    super({ ...REDUCTION, reduction: given.reduction });
    this.delta = given.delta;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.huberLoss(input, target, { reduction: this.reduction, delta: this.delta });
  }
}
