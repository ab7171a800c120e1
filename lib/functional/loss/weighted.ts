// Losses of the differences between predictions and targets.
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { type Call, signature } from '../../core/signature';
import {
  REDUCTION,
  broadcastPair,
  checkWeights,
  invalidMode,
  reduceWeighted,
  reduced,
  reductionEnum,
  resolveReduction,
  type Reduction,
  type ReductionOptions,
  type ReductionPlaces,
} from '../reduction';

/** Options of losses with a weight for each element. */
export interface WeightedLossOptions extends ReductionOptions {
  /** Weight of each element, of the input's size. Default: all one. */
  weight?: Tensor | null;
}
const WEIGHTED: Required<WeightedLossOptions> = { ...REDUCTION, weight: null };
type WeightedPlaces = [...ReductionPlaces, weight: Tensor | null];

const PAIR = [tensor('input'), tensor('target')] as const;
const MSE = signature('mseLoss', PAIR, WEIGHTED);
const L1 = signature('l1Loss', PAIR, WEIGHTED);

/** `(x - y)²`, reduced. Warns when the sizes differ. */
export function mseLoss(...args: Call<typeof MSE, [input: Tensor, target: Tensor], WeightedPlaces>): Tensor {
  const [input, target, given] = MSE.bind(args);
  const [x, y] = broadcastPair(input, target);
  const reduction = resolveReduction(given);
  if (given.weight === null) return aten.mseLoss(x, y, reductionEnum(reduction));
  checkWeights(given.weight, input);
  return reduceWeighted(aten.pow(aten.sub(x, y), 2), given.weight, reduction);
}

/** `|x - y|`, reduced. Warns when the sizes differ. */
export function l1Loss(...args: Call<typeof L1, [input: Tensor, target: Tensor], WeightedPlaces>): Tensor {
  const [input, target, given] = L1.bind(args);
  const [x, y] = broadcastPair(input, target);
  const reduction = resolveReduction(given);
  if (given.weight === null) return aten.l1Loss(x, y, reductionEnum(reduction));
  checkWeights(given.weight, input);
  return reduceWeighted(aten.abs(aten.sub(x, y)), given.weight, reduction);
}

/** Options of `F.smoothL1Loss`. */
export interface SmoothL1LossOptions extends ReductionOptions {
  /** Where the loss changes from a square to a line; 0 is the L1 loss. Default: 1. */
  beta?: number;
}
export const SMOOTH_L1_LOSS: Required<SmoothL1LossOptions> = { ...REDUCTION, beta: 1 };
const SMOOTH_L1 = signature('smoothL1Loss', PAIR, SMOOTH_L1_LOSS);

/** `½ (x - y)² / beta` near the target, `|x - y| - ½ beta` elsewhere (Girshick, 2015). Warns when the sizes differ. */
export function smoothL1Loss(
  ...args: Call<typeof SMOOTH_L1, [input: Tensor, target: Tensor], [...ReductionPlaces, beta: number]>
): Tensor {
  const [input, target, given] = SMOOTH_L1.bind(args);
  const [x, y] = broadcastPair(input, target);
  const reduction = reductionEnum(resolveReduction(given));
  return given.beta === 0 ? aten.l1Loss(x, y, reduction) : aten.smoothL1Loss(x, y, reduction, given.beta);
}

/** Options of `F.huberLoss`. */
export interface HuberLossOptions {
  /** Default: `'mean'`. */
  reduction?: Reduction;
  /** Where the loss changes from a square to a line. Default: 1. */
  delta?: number;
  /** Weight of each element, of the input's size. The mean does not divide by it. Default: all one. */
  weight?: Tensor | null;
}
export const HUBER_LOSS: Required<HuberLossOptions> = { reduction: 'mean', delta: 1, weight: null };
const HUBER = signature('huberLoss', PAIR, HUBER_LOSS);

/**
 * `½ (x - y)²` near the target, `delta (|x - y| - ½ delta)` elsewhere (Huber, 1964). Warns when the sizes differ.
 */
export function huberLoss(
  ...args: Call<
    typeof HUBER,
    [input: Tensor, target: Tensor],
    [reduction: Reduction, delta: number, weight: Tensor | null]
  >
): Tensor {
  const [input, target, given] = HUBER.bind(args);
  const [x, y] = broadcastPair(input, target);
  if (given.weight === null) return aten.huberLoss(x, y, reductionEnum(given.reduction), given.delta);
  checkWeights(given.weight, input);
  const loss = aten.mul(aten.huberLoss(x, y, 0, given.delta), given.weight);
  if (!['none', 'sum', 'mean'].includes(given.reduction)) throw invalidMode(given.reduction);
  return reduced(loss, given.reduction);
}
