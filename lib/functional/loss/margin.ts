// Losses that ask for a margin between what is right and what is wrong.
import { sizeText } from '../../core/size_text';
import { checkTensor } from '../../native/tensor_base';
import * as aten from '../../tensor/aten';
import { TorchError, valueError } from '../../core/errors';
import type { Tensor } from '../../tensor';
import { keywords } from '../../core/keywords';
import {
  REDUCTION,
  checkReduction,
  reduced,
  reductionEnum,
  resolveReduction,
  type ReductionOptions,
} from '../reduction';

export interface HingeEmbeddingLossOptions extends ReductionOptions {
  /** How far inputs of target -1 should be from 0. Default: 1. */
  margin?: number;
}
export const HINGE_EMBEDDING_LOSS: Required<HingeEmbeddingLossOptions> = { ...REDUCTION, margin: 1 };

/** `x` where the target is 1, `max(0, margin - x)` where it is -1. Shapes: both the same. */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  margin?: number | HingeEmbeddingLossOptions,
  options?: HingeEmbeddingLossOptions,
): Tensor {
  const given = keywords<HingeEmbeddingLossOptions>(
    'hingeEmbeddingLoss',
    HINGE_EMBEDDING_LOSS,
    { margin },
    options,
  );
  return aten.hingeEmbeddingLoss(input, target, given.margin, reductionEnum(resolveReduction(given)));
}

/**
 * The mean over pairs of a right and a wrong class of `max(0, 1 - (x[right] - x[wrong]))`.
 *
 * Shapes: input `(N, C)` or `(C)`; target the same, of classes; the first -1 ends a row.
 */
export function multilabelMarginLoss(input: Tensor, target: Tensor, options?: ReductionOptions): Tensor {
  const given = keywords<ReductionOptions>('multilabelMarginLoss', REDUCTION, null, options);
  return aten.multilabelMarginLoss(input, target, reductionEnum(resolveReduction(given)));
}

/** `log(1 + exp(-y x))`, for targets 1 and -1. Shapes: both the same. */
export function softMarginLoss(input: Tensor, target: Tensor, options?: ReductionOptions): Tensor {
  const given = keywords<ReductionOptions>('softMarginLoss', REDUCTION, null, options);
  return aten.softMarginLoss(input, target, reductionEnum(resolveReduction(given)));
}

export interface ClassWeightOptions extends ReductionOptions {
  /** Weight of each class. Default: all one. */
  weight?: Tensor | null;
}
export const CLASS_WEIGHT: Required<ClassWeightOptions> = { ...REDUCTION, weight: null };

/**
 * The mean over the classes of `-(y log σ(x) + (1 - y) log σ(-x))`.
 *
 * Shapes: input and target `(N, C)`; output `()`, or `(N)` when not reduced.
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  weight?: Tensor | null | ClassWeightOptions,
  options?: ClassWeightOptions,
): Tensor {
  const given = keywords<ClassWeightOptions>('multilabelSoftMarginLoss', CLASS_WEIGHT, { weight }, options);
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

export interface MultiMarginLossOptions extends ClassWeightOptions {
  /** The power, 1 or 2. Default: 1. */
  p?: 1 | 2;
  /** Default: 1. */
  margin?: number;
}
export const MULTI_MARGIN_LOSS: Required<MultiMarginLossOptions> = { ...CLASS_WEIGHT, p: 1, margin: 1 };

/**
 * The mean over the wrong classes of `max(0, margin - x[right] + x[wrong])ᵖ`.
 *
 * Shapes: input `(N, C)` or `(C)`, target `(N)` or `()` of classes.
 *
 * @throws ValueError for another `p`, or a weight that is not one-dimensional.
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  p?: 1 | 2 | MultiMarginLossOptions,
  margin?: number | MultiMarginLossOptions,
  weight?: Tensor | null | MultiMarginLossOptions,
  options?: MultiMarginLossOptions,
): Tensor {
  const positional = { p, margin, weight };
  const given = keywords<MultiMarginLossOptions>('multiMarginLoss', MULTI_MARGIN_LOSS, positional, options);
  const reduction = reductionEnum(resolveReduction(given));
  if (given.p !== 1 && given.p !== 2) throw valueError('only p == 1 and p == 2 supported');
  if (given.weight !== null && given.weight.dim() !== 1) throw valueError('weight must be one-dimensional');
  return aten.multiMarginLoss(input, target, given.p, given.margin, given.weight, reduction);
}

export interface MarginOptions extends ReductionOptions {
  /** Default: 0. */
  margin?: number;
}
export const MARGIN: Required<MarginOptions> = { ...REDUCTION, margin: 0 };

/**
 * `max(0, -y (x1 - x2) + margin)`: target 1 where the first input should be the larger, -1 where the second.
 *
 * Shapes: all the same number of dimensions.
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  margin?: number | MarginOptions,
  options?: MarginOptions,
): Tensor {
  const given = keywords<MarginOptions>('marginRankingLoss', MARGIN, { margin }, options);
  const reduction = reductionEnum(resolveReduction(given));
  for (const [argument, value] of Object.entries({ input1, input2, target }))
    checkTensor('marginRankingLoss', argument, value);
  if (input1.dim() !== input2.dim() || input1.dim() !== target.dim()) {
    throw new TorchError(
      'margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: ' +
        `${sizeText(input1.shape)}, input2: ${sizeText(input2.shape)}, target: ${sizeText(target.shape)} `,
    );
  }
  return aten.marginRankingLoss(input1, input2, target, given.margin, reduction);
}
