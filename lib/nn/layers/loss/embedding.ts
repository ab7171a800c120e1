// Losses of distances between embeddings.
import { checkNumber, valueError } from '../../../core/errors';
import * as F from '../../../functional';
import type {
  DistanceFunction,
  MarginOptions,
  TripletMarginLossOptions,
  TripletMarginWithDistanceLossOptions,
} from '../../../functional';
import { keywords } from '../../../core/keywords';
import { MARGIN, TRIPLET_MARGIN_LOSS, TRIPLET_WITH_DISTANCE } from '../../../functional/loss';
import { REDUCTION } from '../../../functional/reduction';
import type { Tensor } from '../../../tensor';
import { PairwiseDistance } from '../distance';
import { Loss, type Triple } from './base';

/** Like inputs (target 1) should be parallel, unlike ones (-1) not. See {@link F.cosineEmbeddingLoss}. */
export class CosineEmbeddingLoss extends Loss<Triple> {
  readonly margin: number;

  constructor(margin?: number | MarginOptions, options?: MarginOptions) {
    const given = keywords<MarginOptions>('CosineEmbeddingLoss', MARGIN, { margin }, options);
    super(given);
    this.margin = given.margin;
  }
  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return F.cosineEmbeddingLoss(input1, input2, target, { margin, reduction });
  }
}

type Triplet = [anchor: Tensor, positive: Tensor, negative: Tensor];

function checkMargin(name: string, margin: number): void {
  checkNumber(name, 'margin', margin);
  if (margin <= 0) throw valueError(`${name}: expected margin to be greater than 0, got ${margin} instead`);
}

/** The anchor should be nearer to the positive than to the negative. Shapes: all `(N, D)` or `(D)`. */
export class TripletMarginLoss extends Loss<Triplet> {
  readonly margin: number;
  readonly p: number;
  readonly eps: number;
  readonly swap: boolean;

  constructor(
    margin?: number | TripletMarginLossOptions,
    p?: number | TripletMarginLossOptions,
    eps?: number | TripletMarginLossOptions,
    options?: TripletMarginLossOptions,
  ) {
    const name = 'TripletMarginLoss';
    const positional = { margin, p, eps };
    const given = keywords<TripletMarginLossOptions>(name, TRIPLET_MARGIN_LOSS, positional, options);
    super(given);
    checkMargin(name, given.margin);
    this.margin = given.margin;
    this.p = given.p;
    this.eps = given.eps;
    this.swap = given.swap;
  }
  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { margin, p, eps, swap, reduction } = this;
    return F.tripletMarginLoss(anchor, positive, negative, { margin, p, eps, swap, reduction });
  }
}

/** {@link TripletMarginLoss} with a distance of one's own; one that is a module is part of the state. */
export class TripletMarginWithDistanceLoss extends Loss<Triplet> {
  readonly distance_function: DistanceFunction;
  readonly margin: number;
  readonly swap: boolean;

  constructor(options?: TripletMarginWithDistanceLossOptions) {
    const name = 'TripletMarginWithDistanceLoss';
    const given = keywords(name, TRIPLET_WITH_DISTANCE, null, options);
    super({ ...REDUCTION, reduction: given.reduction });
    checkMargin(name, given.margin);
    this.distance_function = given.distanceFunction ?? new PairwiseDistance();
    this.margin = given.margin;
    this.swap = given.swap;
  }
  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { distance_function: distanceFunction, margin, swap, reduction } = this;
    const given = { distanceFunction, margin, swap, reduction };
    return F.tripletMarginWithDistanceLoss(anchor, positive, negative, given);
  }
}
