// Losses of the differences between predictions and targets.
import { TorchTypeError } from '../../../core/errors';
import * as F from '../../../functional';
import type { HuberLossOptions, Reduction } from '../../../functional';
import { type Call, signature } from '../../../core/signature';
import { HUBER_LOSS, SMOOTH_L1_LOSS } from '../../../functional/loss';
import { REDUCTION } from '../../../functional/reduction';
import type { Tensor } from '../../../tensor';
import { repr } from '../../../tensor/repr';
import { FLAGS, type Flags, Loss, PlainLoss } from './base';

/** The mean of `(x - y)²`. Shapes: both the same, output `()`, or the input's when not reduced. */
export class MSELoss extends PlainLoss {
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, { reduction: this.reduction });
  }
}

/** The mean of `|x - y|`. Shapes: both the same, output `()`, or the input's when not reduced. */
export class L1Loss extends PlainLoss {
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, { reduction: this.reduction });
  }
}

const SMOOTH_L1 = signature('SmoothL1Loss', [], SMOOTH_L1_LOSS, [...FLAGS, 'beta']);

/** A square near the target, a line elsewhere. See {@link F.smoothL1Loss}. */
export class SmoothL1Loss extends Loss {
  readonly beta: number;

  constructor(...args: Call<typeof SMOOTH_L1, [], [...Flags, beta: number]>) {
    const [given] = SMOOTH_L1.bind(args);
    super(given);
    this.beta = given.beta;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta });
  }
}

/** Options of `nn.HuberLoss`. */
export type HuberLossModuleOptions = Omit<HuberLossOptions, 'weight'>;
const { reduction, delta } = HUBER_LOSS;
const HUBER_DEFAULTS: Required<HuberLossModuleOptions> = { reduction, delta };
const HUBER = signature('HuberLoss', [], HUBER_DEFAULTS);

/** A square near the target, a line elsewhere. See {@link F.huberLoss}. */
export class HuberLoss extends Loss {
  readonly delta: number;

  constructor(...args: Call<typeof HUBER, [], [reduction: Reduction, delta: number]>) {
    const [given] = HUBER.bind(args);
    if (typeof given.delta !== 'number')
      throw new TorchTypeError(`delta must be a float or int, got: ${repr(typeof given.delta)}`);
    super({ ...REDUCTION, reduction: given.reduction });
    this.delta = given.delta;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.huberLoss(input, target, { reduction: this.reduction, delta: this.delta });
  }
}
