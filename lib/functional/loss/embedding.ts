// Losses of distances between embeddings.
import * as aten from '../../tensor/aten';
import { TorchError, valueError, checkFunction, checkNumber } from '../../core/errors';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { type Call, signature } from '../../core/signature';
import {
  REDUCTION,
  checkReduction,
  reduced,
  reductionEnum,
  resolveReduction,
  type Reduction,
  type ReductionOptions,
  type ReductionPlaces,
} from '../reduction';
import { MARGIN } from './margin';

const COSINE = signature(
  'cosineEmbeddingLoss',
  [tensor('input1'), tensor('input2'), tensor('target')],
  MARGIN,
);

/**
 * `1 - cos(x1, x2)` where the target is 1, `max(0, cos(x1, x2) - margin)` where it is -1.
 *
 * Shapes: inputs `(N, D)` or `(D)`, target `(N)` or `()`.
 */
export function cosineEmbeddingLoss(
  ...args: Call<
    typeof COSINE,
    [input1: Tensor, input2: Tensor, target: Tensor],
    [margin: number, ...ReductionPlaces]
  >
): Tensor {
  const [input1, input2, target, given] = COSINE.bind(args);
  const reduction = reductionEnum(resolveReduction(given));
  return aten.cosineEmbeddingLoss(input1, input2, target, given.margin, reduction);
}

/** Options of `F.tripletMarginLoss`. */
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
  margin: 1,
  p: 2,
  eps: 1e-6,
  swap: false,
  ...REDUCTION,
};

const TRIPLET = [tensor('anchor'), tensor('positive'), tensor('negative')] as const;
const TRIPLET_MARGIN = signature('tripletMarginLoss', TRIPLET, TRIPLET_MARGIN_LOSS);

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
  ...args: Call<
    typeof TRIPLET_MARGIN,
    [anchor: Tensor, positive: Tensor, negative: Tensor],
    [margin: number, p: number, eps: number, swap: boolean, ...ReductionPlaces]
  >
): Tensor {
  const [anchor, positive, negative, given] = TRIPLET_MARGIN.bind(args);
  const { margin, p, eps, swap } = given;
  const reduction = reductionEnum(resolveReduction(given));
  checkMargin(margin);
  return aten.tripletMarginLoss(anchor, positive, negative, margin, p, eps, swap, reduction);
}

/** The distances between two tensors' rows. */
export type DistanceFunction = (x1: Tensor, x2: Tensor) => Tensor;
/** Options of `F.tripletMarginWithDistanceLoss`. */
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
const WITH_DISTANCE = signature('tripletMarginWithDistanceLoss', TRIPLET, TRIPLET_WITH_DISTANCE, []);

/** {@link tripletMarginLoss} with a distance of one's own. */
export function tripletMarginWithDistanceLoss(
  ...args: Call<typeof WITH_DISTANCE, [anchor: Tensor, positive: Tensor, negative: Tensor]>
): Tensor {
  const [anchor, positive, negative, given] = WITH_DISTANCE.bind(args);
  checkReduction(given.reduction, 'is not a valid value for reduction');
  checkMargin(given.margin);
  if (given.distanceFunction !== null)
    checkFunction('tripletMarginWithDistanceLoss', 'distanceFunction', given.distanceFunction);
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
