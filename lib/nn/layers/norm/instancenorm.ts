import { valueError } from '../../../core/errors';
import * as aten from '../../../tensor/aten';
import * as F from '../../../functional';
import { number } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { warn } from '../../../core/warn';
import { checkDims } from './batchnorm';
import { NORM, NORM_ORDER, NormBase, type NormPlaces, type NormOptions } from './norm_base';
import type { With } from '../options';
import type { LoadFromStateDictArguments, StateDict } from '../../module/state_dict';

/** By default there is no scale and no shift, and there are no running statistics. */
export type InstanceNormNdOptions = NormOptions;
export const INSTANCE_NORM_ND: Required<InstanceNormNdOptions> = {
  ...NORM,
  affine: false,
  trackRunningStats: false,
};

const INSTANCE_NORM = signature('InstanceNorm', [number('numFeatures')], INSTANCE_NORM_ND, NORM_ORDER);

export abstract class InstanceNorm<
  Affine extends boolean = boolean,
  Bias extends boolean = boolean,
> extends NormBase<Affine, Bias> {
  constructor(
    ...args: Call<
      With<typeof INSTANCE_NORM, { affine: Affine; bias: Bias }>,
      [numFeatures: number],
      NormPlaces<Affine>
    >
  ) {
    super(...INSTANCE_NORM.bind(args, new.target.name));
  }

  /** How many dimensions one sample has. */
  protected abstract _getNoBatchDim(): number;

  protected override _checkInputDim(input: Tensor): void {
    const sample = this._getNoBatchDim();
    checkDims(input, sample, sample + 1);
  }

  _checkFeatures(input: Tensor): void {
    const dim = input.dim() - this._getNoBatchDim();
    const size = input.shape[dim];
    if (size === this.numFeatures) return;
    if (this.affine) {
      throw valueError(
        `expected input's size at dim=${dim} to match num_features (${this.numFeatures}), but got: ${size}.`,
      );
    }
    warn(
      `input's size at dim=${dim} does not match num_features. You can silence this warning by not passing in ` +
        'num_features, which is not used because affine=False',
    );
  }

  override forward(input: Tensor): Tensor {
    this._checkInputDim(input);
    this._checkFeatures(input);
    const { weight, bias, eps, running_mean: runningMean, running_var: runningVar } = this;
    const useInputStats = this.training || !this.trackRunningStats;
    const given = { runningMean, runningVar, weight, bias, useInputStats, momentum: this.momentum ?? 0, eps };
    if (input.dim() !== this._getNoBatchDim()) return F.instanceNorm(input, given);
    return aten.squeeze(F.instanceNorm(aten.unsqueeze(input, 0), given), 0);
  }

  override _loadFromStateDict(...args: LoadFromStateDictArguments): void {
    const [state, prefix, localMetadata, , , , errors] = args;
    if (localMetadata.version === undefined && !this.trackRunningStats)
      this._refuseRunningStats(state, prefix, errors);
    super._loadFromStateDict(...args);
  }

  // Until version 0.4 there were running statistics unless one said no.
  _refuseRunningStats(state: StateDict, prefix: string, errors: string[]): void {
    const keys = [`${prefix}running_mean`, `${prefix}running_var`].filter((key) => state.has(key));
    if (keys.length === 0) return;
    const names = keys.map((key) => `"${key}"`).join(' and ');
    const type = this._getName();
    errors.push(
      `Unexpected running stats buffer(s) ${names} for ${type} with track_running_stats=False. If state_dict is ` +
        `a checkpoint saved before 0.4.0, this may be expected because ${type} does not track running stats by ` +
        'default since 0.4.0. Please remove these keys from state_dict. If the running stats are actually ' +
        `needed, instead set track_running_stats=True in ${type} to enable them. See the documentation of ` +
        `${type} for details.`,
    );
    for (const key of keys) state.delete(key);
  }
}

/**
 * Normalizes each channel of each sample (Ulyanov et al., 2016). Shape: `(N, numFeatures, L)` or
 * `(numFeatures, L)`.
 */
export class InstanceNorm1d<
  Affine extends boolean = boolean,
  Bias extends boolean = boolean,
> extends InstanceNorm<Affine, Bias> {
  protected override _getNoBatchDim(): number {
    return 2;
  }
}

/**
 * Normalizes each channel of each sample. Shape: `(N, numFeatures, H, W)` or `(numFeatures, H, W)`.
 * See {@link InstanceNorm1d}.
 */
export class InstanceNorm2d<
  Affine extends boolean = boolean,
  Bias extends boolean = boolean,
> extends InstanceNorm<Affine, Bias> {
  protected override _getNoBatchDim(): number {
    return 3;
  }
}

/**
 * Normalizes each channel of each sample. Shape: `(N, numFeatures, D, H, W)` or `(numFeatures, D, H, W)`.
 * See {@link InstanceNorm1d}.
 */
export class InstanceNorm3d<
  Affine extends boolean = boolean,
  Bias extends boolean = boolean,
> extends InstanceNorm<Affine, Bias> {
  protected override _getNoBatchDim(): number {
    return 4;
  }
}
