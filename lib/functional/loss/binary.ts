// Losses of probabilities that something is so.
import { sizeText } from '../../core/size_text';
import { checkTensor } from '../../native/tensor_base';
import { valueError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { broadcastShapes } from '../../tensor/functions';
import type { Tensor } from '../../tensor';
import { keywords } from '../../core/keywords';
import { REDUCTION, reductionEnum, resolveReduction, sameSize, type ReductionOptions } from '../reduction';

export interface BceOptions extends ReductionOptions {
  /** Weight of each element; broadcasts. Default: all one. */
  weight?: Tensor | null;
}
export const BCE: Required<BceOptions> = { ...REDUCTION, weight: null };

/**
 * `-(y log x + (1 - y) log(1 - x))`: the binary cross entropy of probabilities.
 *
 * Shapes: both the same. Logarithms are not taken to be less than -100.
 *
 * @throws ValueError when the sizes differ.
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  weight?: Tensor | null | BceOptions,
  options?: BceOptions,
): Tensor {
  const given = keywords<BceOptions>('binaryCrossEntropy', BCE, { weight }, options);
  const reduction = reductionEnum(resolveReduction(given));
  checkTensor('binaryCrossEntropy', 'input', input);
  checkTensor('binaryCrossEntropy', 'target', target);
  if (!sameSize(target, input)) {
    throw valueError(
      `Using a target size (${sizeText(target.shape)}) that is different to the input size ` +
        `(${sizeText(input.shape)}) is deprecated. Please ensure they have the same size.`,
    );
  }
  const expanded =
    given.weight && aten.expand(given.weight, broadcastShapes(target.shape, given.weight.shape));
  return aten.binaryCrossEntropy(input, target, expanded, reduction);
}

export interface BceWithLogitsOptions extends BceOptions {
  /** Weight of the positive examples of each class. Default: all one. */
  posWeight?: Tensor | null;
}
export const BCE_WITH_LOGITS: Required<BceWithLogitsOptions> = { ...BCE, posWeight: null };

/**
 * The binary cross entropy of `sigmoid(input)`, computed stably.
 *
 * @throws ValueError when the sizes differ.
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
  checkTensor('binaryCrossEntropyWithLogits', 'input', input);
  checkTensor('binaryCrossEntropyWithLogits', 'target', target);
  if (!sameSize(target, input)) {
    throw valueError(
      `Target size (${sizeText(target.shape)}) must be the same as input size (${sizeText(input.shape)})`,
    );
  }
  return aten.binaryCrossEntropyWithLogits(input, target, given.weight, given.posWeight, reduction);
}
