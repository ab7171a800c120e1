import * as F from '../../../functional';
import type { Lengths, Reduction } from '../../../functional';
import { type Call, signature } from '../../../core/signature';
import { CTC_LOSS } from '../../../functional/loss';
import { REDUCTION } from '../../../functional/reduction';
import type { Tensor } from '../../../tensor';
import { Loss } from './base';

const CTC = signature('CTCLoss', [], CTC_LOSS, ['blank', 'reduction', 'zeroInfinity']);

/** The connectionist temporal classification loss (Graves et al., 2006). Shapes: see {@link F.ctcLoss}. */
export class CTCLoss extends Loss<
  [logProbs: Tensor, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths]
> {
  readonly blank: number;
  readonly zeroInfinity: boolean;

  constructor(...args: Call<typeof CTC, [], [blank: number, reduction: Reduction, zeroInfinity: boolean]>) {
    const [given] = CTC.bind(args);
    super({ ...REDUCTION, reduction: given.reduction });
    this.blank = given.blank;
    this.zeroInfinity = given.zeroInfinity;
  }
  override forward(logProbs: Tensor, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths): Tensor {
    const { blank, reduction, zeroInfinity } = this;
    return F.ctcLoss(logProbs, targets, inputLengths, targetLengths, { blank, reduction, zeroInfinity });
  }
}
