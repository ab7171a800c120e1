import * as aten from '../aten';
import type { Tensor } from '../tensor';
import { keywords } from './keywords';
import {
  REDUCTION,
  broadcastPair,
  reduceWeighted,
  reductionEnum,
  resolveReduction,
  sameSize,
  sizeText,
  type ReductionOptions,
} from './reduction';

export interface NllLossOptions extends ReductionOptions {
  /** Weight of each class. Default: all one. */
  weight?: Tensor | null;
  /** Targets of this value count for nothing. Default: -100. */
  ignoreIndex?: number;
}
export const NLL_LOSS: Required<NllLossOptions> = { ...REDUCTION, weight: null, ignoreIndex: -100 };

/**
 * The negative log likelihood: minus the input at the target class.
 *
 * Shapes: input `(N, C, *)` or `(C)` of log probabilities, target `(N, *)` or `()` of classes.
 */
export function nllLoss(
  input: Tensor,
  target: Tensor,
  weight?: Tensor | null | NllLossOptions,
  options?: NllLossOptions,
): Tensor {
  const given = keywords<NllLossOptions>('nllLoss', NLL_LOSS, { weight }, options);
  const reduction = reductionEnum(resolveReduction(given));
  return aten.nllLossNd(input, target, given.weight, reduction, given.ignoreIndex);
}

export interface CrossEntropyOptions extends NllLossOptions {
  /** Share of the target that is spread over all classes (Szegedy et al., 2015). Default: 0. */
  labelSmoothing?: number;
}
export const CROSS_ENTROPY: Required<CrossEntropyOptions> = { ...NLL_LOSS, labelSmoothing: 0 };

/**
 * The negative log likelihood of the softmax of `input`.
 *
 * Shapes: input `(N, C, *)` or `(C)` of unnormalized scores; target `(N, *)` or `()` of classes, or
 * of the input's shape, of probabilities.
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  weight?: Tensor | null | CrossEntropyOptions,
  options?: CrossEntropyOptions,
): Tensor {
  const given = keywords<CrossEntropyOptions>('crossEntropy', CROSS_ENTROPY, { weight }, options);
  const reduction = reductionEnum(resolveReduction(given));
  return aten.crossEntropyLoss(
    input,
    target,
    given.weight,
    reduction,
    given.ignoreIndex,
    given.labelSmoothing,
  );
}

export interface WeightedLossOptions extends ReductionOptions {
  /** Weight of each element, of the input's size. Default: all one. */
  weight?: Tensor | null;
}
const WEIGHTED: Required<WeightedLossOptions> = { ...REDUCTION, weight: null };

/** `(x - y)²`, reduced. Warns when the sizes differ. */
export function mseLoss(input: Tensor, target: Tensor, options?: WeightedLossOptions): Tensor {
  const given = keywords<WeightedLossOptions>('mseLoss', WEIGHTED, null, options);
  const [x, y] = broadcastPair(input, target);
  const reduction = resolveReduction(given);
  if (given.weight === null) return aten.mseLoss(x, y, reductionEnum(reduction));
  return reduceWeighted(aten.pow(aten.sub(x, y), 2), input, given.weight, reduction);
}

/** `|x - y|`, reduced. Warns when the sizes differ. */
export function l1Loss(input: Tensor, target: Tensor, options?: WeightedLossOptions): Tensor {
  const given = keywords<WeightedLossOptions>('l1Loss', WEIGHTED, null, options);
  const [x, y] = broadcastPair(input, target);
  const reduction = resolveReduction(given);
  if (given.weight === null) return aten.l1Loss(x, y, reductionEnum(reduction));
  return reduceWeighted(aten.abs(aten.sub(x, y)), input, given.weight, reduction);
}

export interface BceWithLogitsOptions extends ReductionOptions {
  /** Weight of each element; broadcasts. Default: all one. */
  weight?: Tensor | null;
  /** Weight of the positive examples of each class. Default: all one. */
  posWeight?: Tensor | null;
}
export const BCE_WITH_LOGITS: Required<BceWithLogitsOptions> = {
  ...REDUCTION,
  weight: null,
  posWeight: null,
};

/**
 * The binary cross entropy of `sigmoid(input)`, computed stably.
 *
 * @throws TypeError when the sizes differ.
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  weight?: Tensor | null | BceWithLogitsOptions,
  options?: BceWithLogitsOptions,
): Tensor {
  const name = 'binaryCrossEntropyWithLogits';
  const given = keywords<BceWithLogitsOptions>(name, BCE_WITH_LOGITS, { weight }, options);
  const reduction = reductionEnum(resolveReduction(given));
  if (!sameSize(target, input)) {
    throw new TypeError(
      `Target size (${sizeText(target.shape)}) must be the same as input size (${sizeText(input.shape)})`,
    );
  }
  return aten.binaryCrossEntropyWithLogits(input, target, given.weight, given.posWeight, reduction);
}
