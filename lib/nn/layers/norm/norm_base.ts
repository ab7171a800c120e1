// What batch and instance normalization share: parameters and running statistics of each channel.
import * as aten from '../../../tensor/aten';
import { device as deviceOf } from '../../../core/device';
import { int64 } from '../../../core/dtype';
import { TorchError } from '../../../core/errors';
import { checkMethods } from '../../../core/calls';
import { BATCH_NORM } from '../../../functional/norm/normalization';
import type { Tensor } from '../../../tensor';
import * as init from '../../init';
import { Module } from '../../module/module';
import { FACTORY, type BiasOf, type Factory, type FactoryOptions, type ShiftOf } from '../options';
import { Parameter } from '../../parameter';
import { repr } from '../../../tensor/repr';
import type { LoadFromStateDictArguments } from '../../module/state_dict';

export interface NormOptions extends FactoryOptions {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Share of each batch in the running statistics; `null` averages all batches. Default: 0.1. */
  momentum?: number | null;
  /** Whether there is a scale and a shift for each channel. */
  affine?: boolean;
  /** Whether to keep running statistics, which `eval()` then uses. */
  trackRunningStats?: boolean;
  /** Whether there is a shift, when `affine`. Default: `true`. */
  bias?: boolean;
}
/** Python's order. */
export const NORM_ORDER = ['eps', 'momentum', 'affine', 'trackRunningStats', 'device', 'dtype'] as const;
export type NormPlaces<Affine = boolean> = [
  eps: number,
  momentum: number | null,
  affine: Affine,
  trackRunningStats: boolean,
  ...Factory,
];
export const NORM: Required<Omit<NormOptions, 'affine' | 'trackRunningStats'>> = {
  eps: BATCH_NORM.eps,
  momentum: BATCH_NORM.momentum,
  bias: true,
  ...FACTORY,
};

/* eslint-disable @typescript-eslint/no-explicit-any -- see BiasOf */
export abstract class NormBase<Affine extends boolean = any, Bias extends boolean = any> extends Module<
  [Tensor],
  Tensor
> {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  readonly weight: BiasOf<Affine>; // (numFeatures), as all but the counter
  readonly bias: ShiftOf<Affine, Bias>;
  readonly running_mean!: Tensor | null;
  readonly running_var!: Tensor | null;
  readonly num_batches_tracked!: Tensor | null; // ()

  // Since version 2 the state has num_batches_tracked.
  override get _version(): number {
    return 2;
  }

  constructor(numFeatures: number, given: Required<NormOptions>) {
    super();
    this.numFeatures = numFeatures;
    const { device, dtype } = given;
    this.eps = given.eps;
    this.momentum = given.momentum;
    this.affine = given.affine;
    this.trackRunningStats = given.trackRunningStats;
    const parameter = (): Parameter => new Parameter(aten.empty([numFeatures], { device, dtype }));
    this.weight = (given.affine ? parameter() : null) as BiasOf<Affine>;
    this.bias = (given.affine && given.bias ? parameter() : null) as ShiftOf<Affine, Bias>;
    const tracked = given.trackRunningStats;
    this.registerBuffer('running_mean', tracked ? aten.zeros([numFeatures], { device, dtype }) : null);
    this.registerBuffer('running_var', tracked ? aten.ones([numFeatures], { device, dtype }) : null);
    this.registerBuffer('num_batches_tracked', tracked ? aten.zeros([], { device, dtype: int64 }) : null);
    this.resetParameters();
  }

  /** @throws ValueError for an input with a wrong number of dimensions. */
  protected _checkInputDim(_input: Tensor): void {
    throw new TorchError('_check_input_dim is not implemented', 'NotImplementedError');
  }

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

  override extraRepr(): string {
    return (
      `${this.numFeatures}, eps=${repr(this.eps)}, momentum=${repr(this.momentum)}, affine=${repr(this.affine)}, ` +
      `bias=${repr(this.bias !== null)}, track_running_stats=${repr(this.trackRunningStats)}`
    );
  }

  override _loadFromStateDict(...args: LoadFromStateDictArguments): void {
    const [state, prefix, localMetadata] = args;
    const key = `${prefix}num_batches_tracked`;
    if ((localMetadata.version ?? 0) < 2 && this.trackRunningStats && !state.has(key)) {
      const own = this.num_batches_tracked;
      const usable = own !== null && own.device !== deviceOf('meta');
      state.set(key, usable ? own : aten.zeros([], { dtype: int64 }));
    }
    super._loadFromStateDict(...args);
  }
}
checkMethods('NormBase', NormBase, 'resetRunningStats()');
