import * as aten from '../aten';
import { device as deviceOf } from '../device';
import { int64 } from '../dtype';
import * as F from '../functional';
import { keywords } from '../functional/keywords';
import { BATCH_NORM } from '../functional/normalization';
import type { Tensor } from '../tensor';
import * as init from './init';
import { Module } from './module';
import { FACTORY, type FactoryOptions } from './options';
import { Parameter } from './parameter';
import { repr } from '../repr';
import type { ModuleMetadata, StateDict } from './state_dict';

export interface BatchNormNdOptions extends FactoryOptions {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Share of each batch in the running statistics; `null` averages all batches. Default: 0.1. */
  momentum?: number | null;
  /** Whether there is a scale and a shift for each channel. Default: `true`. */
  affine?: boolean;
  /** Whether to keep running statistics, which `eval()` then uses. Default: `true`. */
  trackRunningStats?: boolean;
  /** Whether there is a shift, when `affine`. Default: `true`. */
  bias?: boolean;
}
const BATCH_NORM_ND: Required<BatchNormNdOptions> = {
  eps: BATCH_NORM.eps,
  momentum: BATCH_NORM.momentum,
  affine: true,
  trackRunningStats: true,
  bias: true,
  ...FACTORY,
};

abstract class BatchNorm extends Module<[Tensor], Tensor> {
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  readonly weight: Parameter | null; // (numFeatures), as all but the counter
  readonly bias: Parameter | null;
  readonly running_mean!: Tensor | null;
  readonly running_var!: Tensor | null;
  readonly num_batches_tracked!: Tensor | null; // ()

  // Since version 2 the state has num_batches_tracked.
  override get _version(): number {
    return 2;
  }

  constructor(
    name: string,
    readonly numFeatures: number,
    eps?: number | BatchNormNdOptions,
    options?: BatchNormNdOptions,
  ) {
    super();
    const given = keywords<BatchNormNdOptions>(name, BATCH_NORM_ND, { eps }, options);
    const { device, dtype } = given;
    this.eps = given.eps;
    this.momentum = given.momentum;
    this.affine = given.affine;
    this.trackRunningStats = given.trackRunningStats;
    const parameter = (): Parameter => new Parameter(aten.empty([numFeatures], { device, dtype }));
    this.weight = given.affine ? parameter() : null;
    this.bias = given.affine && given.bias ? parameter() : null;
    const tracked = given.trackRunningStats;
    this.registerBuffer('running_mean', tracked ? aten.zeros([numFeatures], { device, dtype }) : null);
    this.registerBuffer('running_var', tracked ? aten.ones([numFeatures], { device, dtype }) : null);
    this.registerBuffer('num_batches_tracked', tracked ? aten.zeros([], { device, dtype: int64 }) : null);
    this.resetParameters();
  }

  protected abstract _checkInputDim(input: Tensor): void;

  resetRunningStats(): void {
    if (!this.trackRunningStats) return;
    for (const [tensor, value] of [
      [this.running_mean, 0],
      [this.running_var, 1],
      [this.num_batches_tracked, 0],
    ] as const) {
      if (tensor !== null) aten.fill_(tensor, value);
    }
  }

  resetParameters(): void {
    this.resetRunningStats();
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  // The share of this batch in the running statistics.
  #countBatch(): number {
    if (!this.training || !this.trackRunningStats || this.num_batches_tracked === null)
      return this.momentum ?? 0;
    aten.add_(this.num_batches_tracked, 1);
    return this.momentum ?? 1 / (this.num_batches_tracked.item() as number);
  }

  override forward(input: Tensor): Tensor {
    this._checkInputDim(input);
    const momentum = this.#countBatch();
    const { weight, bias, eps, running_mean: mean, running_var: variance } = this;
    const training = this.training || (mean === null && variance === null);
    const given = { weight, bias, training, momentum, eps };
    return !this.training || this.trackRunningStats
      ? F.batchNorm(input, mean, variance, given)
      : F.batchNorm(input, null, null, given);
  }

  override extraRepr(): string {
    return (
      `${this.numFeatures}, eps=${repr(this.eps)}, momentum=${repr(this.momentum)}, affine=${repr(this.affine)}, ` +
      `bias=${repr(this.bias !== null)}, track_running_stats=${repr(this.trackRunningStats)}`
    );
  }

  override _loadFromStateDict(
    state: StateDict,
    prefix: string,
    localMetadata: ModuleMetadata,
    ...rest: [boolean, string[], string[], string[]]
  ): void {
    const key = `${prefix}num_batches_tracked`;
    if ((localMetadata.version ?? 0) < 2 && this.trackRunningStats && !state.has(key)) {
      const own = this.num_batches_tracked;
      const usable = own !== null && own.device !== deviceOf('meta');
      state.set(key, usable ? own : aten.zeros([], { dtype: int64 }));
    }
    super._loadFromStateDict(state, prefix, localMetadata, ...rest);
  }
}

/**
 * Normalizes each channel over the batch (Ioffe and Szegedy, 2015).
 *
 * Shape: `(N, numFeatures)` or `(N, numFeatures, L)`. In training the batch's own statistics are
 * used and go into running ones, which evaluation uses.
 */
export class BatchNorm1d extends BatchNorm {
  constructor(numFeatures: number, eps?: number | BatchNormNdOptions, options?: BatchNormNdOptions) {
    super('BatchNorm1d', numFeatures, eps, options);
  }
  protected override _checkInputDim(input: Tensor): void {
    const ndim = input.dim();
    if (ndim !== 2 && ndim !== 3) throw new TypeError(`expected 2D or 3D input (got ${ndim}D input)`);
  }
}

/** Normalizes each channel over the batch. Shape: `(N, numFeatures, H, W)`. See {@link BatchNorm1d}. */
export class BatchNorm2d extends BatchNorm {
  constructor(numFeatures: number, eps?: number | BatchNormNdOptions, options?: BatchNormNdOptions) {
    super('BatchNorm2d', numFeatures, eps, options);
  }
  protected override _checkInputDim(input: Tensor): void {
    if (input.dim() !== 4) throw new TypeError(`expected 4D input (got ${input.dim()}D input)`);
  }
}

/** Normalizes each channel over the batch. Shape: `(N, numFeatures, D, H, W)`. See {@link BatchNorm1d}. */
export class BatchNorm3d extends BatchNorm {
  constructor(numFeatures: number, eps?: number | BatchNormNdOptions, options?: BatchNormNdOptions) {
    super('BatchNorm3d', numFeatures, eps, options);
  }
  protected override _checkInputDim(input: Tensor): void {
    if (input.dim() !== 5) throw new TypeError(`expected 5D input (got ${input.dim()}D input)`);
  }
}
