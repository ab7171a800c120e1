// Losses that ask for a margin between what is right and what is wrong.
import { sizeText } from '../../core/size_text';
import * as aten from '../../tensor/aten';
import { TorchError, valueError } from '../../core/errors';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { checkTensor } from '../../native/tensor_base';
import { type Call, signature } from '../../core/signature';
import {
  REDUCTION,
  checkReduction,
  reduced,
  reductionEnum,
  resolveReduction,
  type ReductionOptions,
  type ReductionPlaces,
} from '../reduction';

/** Options of `F.hingeEmbeddingLoss`. */
export interface HingeEmbeddingLossOptions extends ReductionOptions {
  /** How far inputs of target -1 should be from 0. Default: 1. */
  margin?: number;
}
export const HINGE_EMBEDDING_LOSS: Required<HingeEmbeddingLossOptions> = { margin: 1, ...REDUCTION };

const PAIR = [tensor('input'), tensor('target')] as const;
const HINGE = signature('hingeEmbeddingLoss', PAIR, HINGE_EMBEDDING_LOSS);
const MULTILABEL = signature('multilabelMarginLoss', PAIR, REDUCTION);
const SOFT_MARGIN = signature('softMarginLoss', PAIR, REDUCTION);

/** `x` where the target is 1, `max(0, margin - x)` where it is -1. Shapes: both the same. */
export function hingeEmbeddingLoss(
  ...args: Call<typeof HINGE, [input: Tensor, target: Tensor], [margin: number, ...ReductionPlaces]>
): Tensor {
  const [input, target, given] = HINGE.bind(args);
  return aten.hingeEmbeddingLoss(input, target, given.margin, reductionEnum(resolveReduction(given)));
}

/**
 * The mean over pairs of a right and a wrong class of `max(0, 1 - (x[right] - x[wrong]))`.
 *
 * Shapes: input `(N, C)` or `(C)`; target the same, of classes; the first -1 ends a row.
 */
export function multilabelMarginLoss(
  ...args: Call<typeof MULTILABEL, [input: Tensor, target: Tensor], ReductionPlaces>
): Tensor {
  const [input, target, given] = MULTILABEL.bind(args);
  return aten.multilabelMarginLoss(input, target, reductionEnum(resolveReduction(given)));
}

/** `log(1 + exp(-y x))`, for targets 1 and -1. Shapes: both the same. */
export function softMarginLoss(
  ...args: Call<typeof SOFT_MARGIN, [input: Tensor, target: Tensor], ReductionPlaces>
): Tensor {
  const [input, target, given] = SOFT_MARGIN.bind(args);
  return aten.softMarginLoss(input, target, reductionEnum(resolveReduction(given)));
}

/** Options of losses with a weight for each class. */
export interface ClassWeightOptions extends ReductionOptions {
  /** Weight of each class. Default: all one. */
  weight?: Tensor | null;
}
export const CLASS_WEIGHT: Required<ClassWeightOptions> = { weight: null, ...REDUCTION };
const MULTILABEL_SOFT = signature('multilabelSoftMarginLoss', PAIR, CLASS_WEIGHT);

/**
 * The mean over the classes of `-(y log σ(x) + (1 - y) log σ(-x))`.
 *
 * Shapes: input and target `(N, C)`; output `()`, or `(N)` when not reduced.
 */
export function multilabelSoftMarginLoss(
  ...args: Call<
    typeof MULTILABEL_SOFT,
    [input: Tensor, target: Tensor],
    [weight: Tensor | null, ...ReductionPlaces]
  >
): Tensor {
  const [input, target, given] = MULTILABEL_SOFT.bind(args);
  const reduction = resolveReduction(given);
  const right = aten.mul(target, aten.logSigmoid(input));
  const wrong = aten.mul(aten.rsub(target, 1), aten.logSigmoid(aten.neg(input)));
  let loss = aten.neg(aten.add(right, wrong));
  if (given.weight !== null) loss = aten.mul(loss, given.weight);
  const last = input.dim() - 1;
  loss = aten.div(aten.sum(loss, last), input.size(last));
  checkReduction(reduction, 'is not valid');
  return reduced(loss, reduction);
}

/** Options of `F.multiMarginLoss`. */
export interface MultiMarginLossOptions extends ClassWeightOptions {
  /** The power, 1 or 2. Default: 1. */
  p?: 1 | 2;
  /** Default: 1. */
  margin?: number;
}
export const MULTI_MARGIN_LOSS: Required<MultiMarginLossOptions> = { p: 1, margin: 1, ...CLASS_WEIGHT };
const MULTI_MARGIN = signature('multiMarginLoss', PAIR, MULTI_MARGIN_LOSS);

/**
 * The mean over the wrong classes of `max(0, margin - x[right] + x[wrong])ᵖ`.
 *
 * Shapes: input `(N, C)` or `(C)`, target `(N)` or `()` of classes.
 *
 * @throws ValueError for another `p`, or a weight that is not one-dimensional.
 */
export function multiMarginLoss(
  ...args: Call<
    typeof MULTI_MARGIN,
    [input: Tensor, target: Tensor],
    [p: 1 | 2, margin: number, weight: Tensor | null, ...ReductionPlaces]
  >
): Tensor {
  const [input, target, given] = MULTI_MARGIN.bind(args);
  const reduction = reductionEnum(resolveReduction(given));
  if (given.p !== 1 && given.p !== 2) throw valueError('only p == 1 and p == 2 supported');
  if (given.weight !== null) {
    checkTensor('multiMarginLoss', 'weight', given.weight);
    if (given.weight.dim() !== 1) throw valueError('weight must be one-dimensional');
  }
  return aten.multiMarginLoss(input, target, given.p, given.margin, given.weight, reduction);
}

/** Options of losses with a margin. */
export interface MarginOptions extends ReductionOptions {
  /** Default: 0. */
  margin?: number;
}
export const MARGIN: Required<MarginOptions> = { margin: 0, ...REDUCTION };
const RANKING = signature(
  'marginRankingLoss',
  [tensor('input1'), tensor('input2'), tensor('target')],
  MARGIN,
);

/**
 * `max(0, -y (x1 - x2) + margin)`: target 1 where the first input should be the larger, -1 where the second.
 *
 * Shapes: all the same number of dimensions.
 */
export function marginRankingLoss(
  ...args: Call<
    typeof RANKING,
    [input1: Tensor, input2: Tensor, target: Tensor],
    [margin: number, ...ReductionPlaces]
  >
): Tensor {
  const [input1, input2, target, given] = RANKING.bind(args);
  const reduction = reductionEnum(resolveReduction(given));
  if (input1.dim() !== input2.dim() || input1.dim() !== target.dim()) {
    throw new TorchError(
      'margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: ' +
        `${sizeText(input1.shape)}, input2: ${sizeText(input2.shape)}, target: ${sizeText(target.shape)} `,
    );
  }
  return aten.marginRankingLoss(input1, input2, target, given.margin, reduction);
}
