// Losses of distances between embeddings.
import { checkNumber, valueError } from '../../../core/errors';
import * as F from '../../../functional';
import type { DistanceFunction } from '../../../functional';
import { type Call, signature } from '../../../core/signature';
import { MARGIN, TRIPLET_MARGIN_LOSS, TRIPLET_WITH_DISTANCE } from '../../../functional/loss';
import { REDUCTION } from '../../../functional/reduction';
import type { Tensor } from '../../../tensor';
import { PairwiseDistance } from '../distance';
import { FLAGS, type Flags, Loss, type Triple } from './base';

const COSINE = signature('CosineEmbeddingLoss', [], MARGIN, ['margin', ...FLAGS]);

/** Like inputs (target 1) should be parallel, unlike ones (-1) not. See {@link F.cosineEmbeddingLoss}. */
export class CosineEmbeddingLoss extends Loss<Triple> {
  readonly margin: number;

  constructor(...args: Call<typeof COSINE, [], [margin: number, ...Flags]>) {
    const [given] = COSINE.bind(args);
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

const TRIPLET = signature('TripletMarginLoss', [], TRIPLET_MARGIN_LOSS, [
  'margin',
  'p',
  'eps',
  'swap',
  ...FLAGS,
]);

/** The anchor should be nearer to the positive than to the negative. Shapes: all `(N, D)` or `(D)`. */
export class TripletMarginLoss extends Loss<Triplet> {
  readonly margin: number;
  readonly p: number;
  readonly eps: number;
  readonly swap: boolean;

  constructor(
    ...args: Call<typeof TRIPLET, [], [margin: number, p: number, eps: number, swap: boolean, ...Flags]>
  ) {
    const [given] = TRIPLET.bind(args);
    super(given);
    checkMargin(TRIPLET.name, given.margin);
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

const WITH_DISTANCE = signature('TripletMarginWithDistanceLoss', [], TRIPLET_WITH_DISTANCE, []);

/** {@link TripletMarginLoss} with a distance of one's own; one that is a module is part of the state. */
export class TripletMarginWithDistanceLoss extends Loss<Triplet> {
  readonly distance_function: DistanceFunction;
  readonly margin: number;
  readonly swap: boolean;

  constructor(...args: Call<typeof WITH_DISTANCE, []>) {
    const [given] = WITH_DISTANCE.bind(args);
    super({ ...REDUCTION, reduction: given.reduction });
    checkMargin(WITH_DISTANCE.name, given.margin);
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
