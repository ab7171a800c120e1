// Losses of probabilities that something is so.
import { sizeText } from '../../core/size_text';
import { valueError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { broadcastShapes } from '../../tensor/functions';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { type Call, signature } from '../../core/signature';
import {
  REDUCTION,
  reductionEnum,
  resolveReduction,
  sameSize,
  type ReductionOptions,
  type ReductionPlaces,
} from '../reduction';

/** Options of `F.binaryCrossEntropy`. */
export interface BceOptions extends ReductionOptions {
  /** Weight of each element; broadcasts. Default: all one. */
  weight?: Tensor | null;
}
export const BCE: Required<BceOptions> = { weight: null, ...REDUCTION };
const BCE_CALL = signature('binaryCrossEntropy', [tensor('input'), tensor('target')], BCE);

/**
 * `-(y log x + (1 - y) log(1 - x))`: the binary cross entropy of probabilities.
 *
 * Shapes: both the same. Logarithms are not taken to be less than -100.
 *
 * @throws ValueError when the sizes differ.
 */
export function binaryCrossEntropy(
  ...args: Call<typeof BCE_CALL, [input: Tensor, target: Tensor], [weight: Tensor | null, ...ReductionPlaces]>
): Tensor {
  const [input, target, given] = BCE_CALL.bind(args);
  const reduction = reductionEnum(resolveReduction(given));
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

/** Options of `F.binaryCrossEntropyWithLogits`. */
export interface BceWithLogitsOptions extends BceOptions {
  /** Weight of the positive examples of each class. Default: all one. */
  posWeight?: Tensor | null;
}
export const BCE_WITH_LOGITS: Required<BceWithLogitsOptions> = { ...BCE, posWeight: null };
const WITH_LOGITS = signature(
  'binaryCrossEntropyWithLogits',
  [tensor('input'), tensor('target')],
  BCE_WITH_LOGITS,
);

/**
 * The binary cross entropy of `sigmoid(input)`, computed stably.
 *
 * @throws ValueError when the sizes differ.
 */
export function binaryCrossEntropyWithLogits(
  ...args: Call<
    typeof WITH_LOGITS,
    [input: Tensor, target: Tensor],
    [weight: Tensor | null, ...ReductionPlaces, posWeight: Tensor | null]
  >
): Tensor {
  const [input, target, given] = WITH_LOGITS.bind(args);
  const reduction = reductionEnum(resolveReduction(given));
  if (!sameSize(target, input)) {
    throw valueError(
      `Target size (${sizeText(target.shape)}) must be the same as input size (${sizeText(input.shape)})`,
    );
  }
  return aten.binaryCrossEntropyWithLogits(input, target, given.weight, given.posWeight, reduction);
}
