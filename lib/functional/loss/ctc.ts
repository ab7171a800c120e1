import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { type Call, signature } from '../../core/signature';
import { value } from '../../core/kinds';
import { reductionEnum, type Reduction } from '../reduction';

/** Options of `F.ctcLoss`. */
export interface CtcLossOptions {
  /** The class that stands for no label. Default: 0. */
  blank?: number;
  /** The mean divides each loss by the length of its target first. Default: `'mean'`. */
  reduction?: Reduction;
  /** Whether infinite losses, and their gradients, are zero. Default: `false`. */
  zeroInfinity?: boolean;
}
export const CTC_LOSS: Required<CtcLossOptions> = { blank: 0, reduction: 'mean', zeroInfinity: false };

/** One length a sample: a tensor, or numbers. */
export type Lengths = Tensor | readonly number[];

const CTC = signature(
  'ctcLoss',
  [
    tensor('logProbs'),
    tensor('targets'),
    value<Lengths>()('inputLengths'),
    value<Lengths>()('targetLengths'),
  ],
  CTC_LOSS,
);

/**
 * The connectionist temporal classification loss (Graves et al., 2006): the negative log likelihood of a
 * sequence of labels, however they are aligned with the input.
 *
 * Shapes: log probabilities `(T, N, C)` or `(T, C)`; targets `(N, S)`, or one after the other
 * `(sum of targetLengths)`; lengths `(N)` or `()`, both tensors or both numbers.
 *
 * Differs from PyTorch: `torch.nn.functional.ctcLoss` on the CPU refuses a label that is no class, for which PyTorch
 * reads other memory; and targets one after the other may have any stride.
 *
 * @throws RangeError for a label that is no class.
 */
export function ctcLoss(
  ...args: Call<
    typeof CTC,
    [logProbs: Tensor, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths],
    [blank: number, reduction: Reduction, zeroInfinity: boolean]
  >
): Tensor {
  const [logProbs, targets, inputLengths, targetLengths, given] = CTC.bind(args);
  return aten.ctcLoss(
    logProbs,
    targets.dim() === 1 ? targets.contiguous() : targets,
    inputLengths as Tensor,
    targetLengths as Tensor,
    given.blank,
    reductionEnum(given.reduction),
    given.zeroInfinity,
  );
}
