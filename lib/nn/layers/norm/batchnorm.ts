import { checkTensor } from '../../../native/tensor_base';
import { valueError } from '../../../core/errors';
import * as aten from '../../../tensor/aten';
import * as F from '../../../functional';
import { number } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { NORM, NORM_ORDER, NormBase, type NormPlaces, type NormOptions } from './norm_base';
import type { With } from '../options';

/** By default there is a scale and a shift for each channel, and there are running statistics. */
export type BatchNormNdOptions = NormOptions;
export const BATCH_NORM_ND: Required<BatchNormNdOptions> = {
  ...NORM,
  affine: true,
  trackRunningStats: true,
};

const BATCH_NORM = signature('BatchNorm', [number('numFeatures')], BATCH_NORM_ND, NORM_ORDER);

/* eslint-disable @typescript-eslint/no-explicit-any -- see BiasOf */
export abstract class BatchNorm<Affine extends boolean = any, Bias extends boolean = any> extends NormBase<
  Affine,
  Bias
> {
  constructor(
    ...args: Call<
      With<typeof BATCH_NORM, { affine: Affine; bias: Bias }>,
      [numFeatures: number],
      NormPlaces<Affine>
    >
  ) {
    super(...BATCH_NORM.bind(args, new.target.name));
  }

  // The share of this batch in the running statistics.
  _countBatch(): number {
    if (!this.training || !this.trackRunningStats || this.num_batches_tracked === null)
      return this.momentum ?? 0;
    aten.add_(this.num_batches_tracked, 1);
    return this.momentum ?? 1 / (this.num_batches_tracked.item() as number);
  }

  override forward(input: Tensor): Tensor {
    this._checkInputDim(input);
    const momentum = this._countBatch();
    const { weight, bias, eps, running_mean: mean, running_var: variance } = this;
    const training = this.training || (mean === null && variance === null);
    const given = { weight, bias, training, momentum, eps };
    return !this.training || this.trackRunningStats
      ? F.batchNorm(input, mean, variance, given)
      : F.batchNorm(input, null, null, given);
  }
}

/** @throws ValueError unless the input has one of these numbers of dimensions. */
export function checkDims(input: Tensor, ...allowed: number[]): void {
  checkTensor('forward', 'input', input);
  const ndim = input.dim();
  if (allowed.includes(ndim)) return;
  throw valueError(`expected ${allowed.map((dims) => `${dims}D`).join(' or ')} input (got ${ndim}D input)`);
}

/**
 * Normalizes each channel over the batch (Ioffe and Szegedy, 2015).
 *
 * Shape: `(N, numFeatures)` or `(N, numFeatures, L)`. In training the batch's own statistics are
 * used and go into running ones, which evaluation uses.
 */
export class BatchNorm1d<Affine extends boolean = any, Bias extends boolean = any> extends BatchNorm<
  Affine,
  Bias
> {
  protected override _checkInputDim(input: Tensor): void {
    checkDims(input, 2, 3);
  }
}

/** Normalizes each channel over the batch. Shape: `(N, numFeatures, H, W)`. See {@link BatchNorm1d}. */
export class BatchNorm2d<Affine extends boolean = any, Bias extends boolean = any> extends BatchNorm<
  Affine,
  Bias
> {
  protected override _checkInputDim(input: Tensor): void {
    checkDims(input, 4);
  }
}

/** Normalizes each channel over the batch. Shape: `(N, numFeatures, D, H, W)`. See {@link BatchNorm1d}. */
export class BatchNorm3d<Affine extends boolean = any, Bias extends boolean = any> extends BatchNorm<
  Affine,
  Bias
> {
  protected override _checkInputDim(input: Tensor): void {
    checkDims(input, 5);
  }
}
