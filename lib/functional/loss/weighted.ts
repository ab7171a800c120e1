// Losses of the differences between predictions and targets.
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { keywords } from '../../core/keywords';
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
} from '../reduction';

export interface WeightedLossOptions extends ReductionOptions {
  /** Weight of each element, of the input's size. Default: all one. */
  weight?: Tensor | null;
}
const WEIGHTED: Required<WeightedLossOptions> = { ...REDUCTION, weight: null };

/** `(x - y)²`, reduced. Warns when the sizes differ. */
export function mseLoss(input: Tensor, target: Tensor, options?: WeightedLossOptions): Tensor {
  const given = keywords<WeightedLossOptions>('mseLoss', WEIGHTED, null, options);
  const [x, y] = broadcastPair('mseLoss', input, target);
  const reduction = resolveReduction(given);
  if (given.weight === null) return aten.mseLoss(x, y, reductionEnum(reduction));
  checkWeights(given.weight, input);
  return reduceWeighted(aten.pow(aten.sub(x, y), 2), given.weight, reduction);
}

/** `|x - y|`, reduced. Warns when the sizes differ. */
export function l1Loss(input: Tensor, target: Tensor, options?: WeightedLossOptions): Tensor {
  const given = keywords<WeightedLossOptions>('l1Loss', WEIGHTED, null, options);
  const [x, y] = broadcastPair('l1Loss', input, target);
  const reduction = resolveReduction(given);
  if (given.weight === null) return aten.l1Loss(x, y, reductionEnum(reduction));
  checkWeights(given.weight, input);
  return reduceWeighted(aten.abs(aten.sub(x, y)), given.weight, reduction);
}

export interface SmoothL1LossOptions extends ReductionOptions {
  /** Where the loss changes from a square to a line; 0 is the L1 loss. Default: 1. */
  beta?: number;
}
export const SMOOTH_L1_LOSS: Required<SmoothL1LossOptions> = { ...REDUCTION, beta: 1 };

/** `½ (x - y)² / beta` near the target, `|x - y| - ½ beta` elsewhere (Girshick, 2015). Warns when the sizes differ. */
export function smoothL1Loss(input: Tensor, target: Tensor, options?: SmoothL1LossOptions): Tensor {
  const given = keywords<SmoothL1LossOptions>('smoothL1Loss', SMOOTH_L1_LOSS, null, options);
  const [x, y] = broadcastPair('smoothL1Loss', input, target);
  const reduction = reductionEnum(resolveReduction(given));
  return given.beta === 0 ? aten.l1Loss(x, y, reduction) : aten.smoothL1Loss(x, y, reduction, given.beta);
}

export interface HuberLossOptions {
  /** Default: `'mean'`. */
  reduction?: Reduction;
  /** Where the loss changes from a square to a line. Default: 1. */
  delta?: number;
  /** Weight of each element, of the input's size. The mean does not divide by it. Default: all one. */
  weight?: Tensor | null;
}
export const HUBER_LOSS: Required<HuberLossOptions> = { reduction: 'mean', delta: 1, weight: null };

/**
 * `½ (x - y)²` near the target, `delta (|x - y| - ½ delta)` elsewhere (Huber, 1964). Warns when the sizes differ.
 */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  reduction?: Reduction | HuberLossOptions,
  delta?: number | HuberLossOptions,
  options?: HuberLossOptions,
): Tensor {
  const given = keywords<HuberLossOptions>('huberLoss', HUBER_LOSS, { reduction, delta }, options);
  const [x, y] = broadcastPair('huberLoss', input, target);
  if (given.weight === null) return aten.huberLoss(x, y, reductionEnum(given.reduction), given.delta);
  checkWeights(given.weight, input);
  const loss = aten.mul(aten.huberLoss(x, y, 0, given.delta), given.weight);
  if (!['none', 'sum', 'mean'].includes(given.reduction)) throw invalidMode(given.reduction);
  return reduced(loss, given.reduction);
}
