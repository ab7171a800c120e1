// Losses of distances between embeddings.
import { checkTensor } from '../../native/tensor_base';
import * as aten from '../../tensor/aten';
import { TorchError, valueError, checkNumber } from '../../core/errors';
import type { Tensor } from '../../tensor';
import { keywords } from '../../core/keywords';
import {
  REDUCTION,
  checkReduction,
  reduced,
  reductionEnum,
  resolveReduction,
  type Reduction,
  type ReductionOptions,
} from '../reduction';
import { MARGIN, type MarginOptions } from './margin';

/**
 * `1 - cos(x1, x2)` where the target is 1, `max(0, cos(x1, x2) - margin)` where it is -1.
 *
 * Shapes: inputs `(N, D)` or `(D)`, target `(N)` or `()`.
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  margin?: number | MarginOptions,
  options?: MarginOptions,
): Tensor {
  const given = keywords<MarginOptions>('cosineEmbeddingLoss', MARGIN, { margin }, options);
  const reduction = reductionEnum(resolveReduction(given));
  return aten.cosineEmbeddingLoss(input1, input2, target, given.margin, reduction);
}

export interface TripletMarginLossOptions extends ReductionOptions {
  /** How much farther the negative should be. Default: 1. */
  margin?: number;
  /** The norm of the distances. Default: 2. */
  p?: number;
  /** Added to differences. Default: 1e-6. */
  eps?: number;
  /** Whether the positive's distance to the negative counts, where less (Balntas et al., 2016). Default: `false`. */
  swap?: boolean;
}
export const TRIPLET_MARGIN_LOSS: Required<TripletMarginLossOptions> = {
  ...REDUCTION,
  margin: 1,
  p: 2,
  eps: 1e-6,
  swap: false,
};

function checkMargin(margin: number): void {
  checkNumber('tripletMarginLoss', 'margin', margin);
  if (margin <= 0) throw valueError(`margin must be greater than 0, got ${margin}`);
}

/**
 * `max(0, d(anchor, positive) - d(anchor, negative) + margin)`.
 *
 * Shapes: all `(N, D)` or `(D)`; output `()`, or `(N)` when not reduced.
 *
 * @throws ValueError for a margin that is not positive.
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  margin?: number | TripletMarginLossOptions,
  p?: number | TripletMarginLossOptions,
  eps?: number | TripletMarginLossOptions,
  options?: TripletMarginLossOptions,
): Tensor {
  const positional = { margin, p, eps };
  const given = keywords<TripletMarginLossOptions>(
    'tripletMarginLoss',
    TRIPLET_MARGIN_LOSS,
    positional,
    options,
  );
  const reduction = reductionEnum(resolveReduction(given));
  checkMargin(given.margin);
  return aten.tripletMarginLoss(
    anchor,
    positive,
    negative,
    given.margin,
    given.p,
    given.eps,
    given.swap,
    reduction,
  );
}

/** The distances between two tensors' rows. */
export type DistanceFunction = (x1: Tensor, x2: Tensor) => Tensor;
export interface TripletMarginWithDistanceLossOptions {
  /** Default: the Euclidean distance. */
  distanceFunction?: DistanceFunction | null;
  /** How much farther the negative should be. Default: 1. */
  margin?: number;
  /** Whether the positive's distance to the negative counts, where less (Balntas et al., 2016). Default: `false`. */
  swap?: boolean;
  /** Default: `'mean'`. */
  reduction?: Reduction;
}
export const TRIPLET_WITH_DISTANCE: Required<TripletMarginWithDistanceLossOptions> = {
  distanceFunction: null,
  margin: 1,
  swap: false,
  reduction: 'mean',
};

/** {@link tripletMarginLoss} with a distance of one's own. */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletMarginWithDistanceLossOptions,
): Tensor {
  const name = 'tripletMarginWithDistanceLoss';
  const given = keywords(name, TRIPLET_WITH_DISTANCE, null, options);
  checkReduction(given.reduction, 'is not a valid value for reduction');
  checkMargin(given.margin);
  for (const [argument, value] of Object.entries({ anchor, positive, negative }))
    checkTensor(name, argument, value);
  const dims = [anchor.dim(), positive.dim(), negative.dim()];
  if (dims.some((dim) => dim !== dims[0])) {
    throw new TorchError(
      'The anchor, positive, and negative tensors are expected to have the same number of dimensions, but ' +
        `got: anchor ${dims[0]}D, positive ${dims[1]}D, and negative ${dims[2]}D inputs`,
    );
  }
  const distance = given.distanceFunction ?? ((x1, x2) => aten.pairwiseDistance(x1, x2));
  const near = distance(anchor, positive);
  let far = distance(anchor, negative);
  if (given.swap) far = aten.minimum(far, distance(positive, negative));
  const loss = aten.clampMin(aten.sub(aten.add(near, given.margin), far), 0);
  return reduced(loss, given.reduction);
}
