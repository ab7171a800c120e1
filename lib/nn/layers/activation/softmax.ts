import { checkTensor } from '../../../native/tensor_base';
import { valueError } from '../../../core/errors';
import * as F from '../../../functional';
import { SOFTMAX } from '../../../functional/activation/softmax';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { Module } from '../../module/module';
import { repr } from '../../../tensor/repr';

/** The option of `nn.Softmax` and its like. */
export interface DimOptions {
  /** The dimension along which the results add up to one. */
  dim?: number | null;
}
const DIM: Required<DimOptions> = { dim: SOFTMAX.dim };
const ALONG_DIM = signature('AlongDim', [], DIM);

abstract class AlongDim extends Module<[Tensor], Tensor> {
  readonly dim: number | null;

  constructor(...args: Call<typeof ALONG_DIM, [], [dim: number | null]>) {
    super();
    const [{ dim }] = ALONG_DIM.bind(args, new.target.name);
    this.dim = dim;
  }
  override extraRepr(): string {
    return `dim=${repr(this.dim)}`;
  }
}

/** `exp(xᵢ) / Σⱼ exp(xⱼ)` along a dimension. Any shape. */
export class Softmax extends AlongDim {
  override forward(input: Tensor): Tensor {
    return F.softmax(input, this.dim);
  }
}

/** The softmax of `-x`. Any shape. */
export class Softmin extends AlongDim {
  override forward(input: Tensor): Tensor {
    return F.softmin(input, this.dim);
  }
}

/** The logarithm of softmax along a dimension. Any shape. */
export class LogSoftmax extends AlongDim {
  override forward(input: Tensor): Tensor {
    return F.logSoftmax(input, this.dim);
  }
}

/**
 * The softmax over channels, at each place. Shapes: `(N, C, H, W)` or `(C, H, W)`.
 *
 * @throws ValueError for input of other dimensions.
 */
export class Softmax2d extends Module<[Tensor], Tensor> {
  override forward(input: Tensor): Tensor {
    checkTensor('Softmax2d.forward', 'input', input);
    const ndim = input.dim();
    if (ndim !== 3 && ndim !== 4)
      throw valueError(`Softmax2d: expected input to be 3D or 4D, got ${ndim}D instead`);
    return F.softmax(input, -3);
  }
}
