import { checkTensor } from '../../../native/tensor_base';
import { valueError } from '../../../core/errors';
import { number } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import { bindArguments } from '../../../core/calls';
import { type ProcessGroup, getWorldSize, groupOf, isInitialized } from '../../../distributed/group';
import { BATCH_NORM_ND, BatchNorm, type BatchNormNdOptions } from './batchnorm';
import { SyncBatchNormFunction } from './sync_statistics';
import { setField } from '../../module/fields';
import type { Module } from '../../module/module';
import type { Tensor } from '../../../tensor';
import type { Factory, With } from '../options';

export interface SyncBatchNormOptions extends BatchNormNdOptions {
  /** The ranks whose batches are one. Default: all. */
  processGroup?: ProcessGroup | null;
}
const SYNC_BATCH_NORM = signature(
  'SyncBatchNorm',
  [number('numFeatures')],
  { ...BATCH_NORM_ND, processGroup: null } as Required<SyncBatchNormOptions>,
  ['eps', 'momentum', 'affine', 'trackRunningStats', 'processGroup', 'device', 'dtype'],
);

/* eslint-disable @typescript-eslint/no-explicit-any -- see BiasOf */
/**
 * Normalizes each channel over the batches of all ranks of a process group. Shape: `(N, numFeatures, *)`; `N` may differ
 * from rank to rank.
 *
 * In training each pass waits for all ranks, forward and backward: they must call the same layers in the same order. In
 * one process, and in evaluation with running statistics, it is batch normalization.
 *
 * Differs from PyTorch: `torch.nn.SyncBatchNorm` works on the CPU, too, over gloo: there it adds up in another order than a
 * GPU's kernels. PyTorch refuses tensors of the CPU in several processes.
 *
 * @throws ValueError where all ranks together have one value for a channel.
 */
export class SyncBatchNorm<Affine extends boolean = any, Bias extends boolean = any> extends BatchNorm<
  Affine,
  Bias
> {
  /** Null for all ranks. */
  readonly processGroup: ProcessGroup | null;

  constructor(
    ...args: Call<
      With<typeof SYNC_BATCH_NORM, { affine: Affine; bias: Bias }>,
      [numFeatures: number],
      [
        eps: number,
        momentum: number | null,
        affine: Affine,
        trackRunningStats: boolean,
        processGroup: ProcessGroup | null,
        ...Factory,
      ]
    >
  ) {
    const [numFeatures, { processGroup, ...given }] = SYNC_BATCH_NORM.bind(args);
    super(numFeatures, given as any);
    this.processGroup = processGroup;
  }
  protected override _checkInputDim(input: Tensor): void {
    checkTensor('SyncBatchNorm.forward', 'input', input);
    if (input.dim() < 2) throw valueError(`expected at least 2D input (got ${input.dim()}D input)`);
    if (input.shape[1] === 0) throw valueError('SyncBatchNorm number of input channels should be non-zero');
  }

  override forward(input: Tensor): Tensor {
    this._checkInputDim(input);
    const { running_mean: mean, running_var: variance, trackRunningStats } = this;
    const ranks = this.training && isInitialized() ? getWorldSize(this.processGroup) : 1;
    if (ranks <= 1) return super.forward(input);
    const momentum = this._countBatch();
    const [runningMean, runningVar] = trackRunningStats ? [mean, variance] : [null, null];
    const group = groupOf('SyncBatchNorm', this.processGroup);
    const options = { group, ranks, eps: this.eps, momentum, runningMean, runningVar };
    return SyncBatchNormFunction.apply(input, this.weight, this.bias, options);
  }

  /** The module with every batch normalization in it replaced by a SyncBatchNorm of the same tensors. */
  static convertSyncBatchnorm(
    ...args: [module: Module, processGroup?: ProcessGroup | null | { processGroup?: ProcessGroup | null }]
  ): Module {
    const [module, processGroup = null] = bindArguments(
      'convertSyncBatchnorm(module, processGroup?)',
      args as [module: Module, processGroup?: ProcessGroup | null],
    );
    const converted = module instanceof BatchNorm ? SyncBatchNorm.#from(module, processGroup) : module;
    for (const [name, child] of module.namedChildren()) {
      converted.addModule(name, SyncBatchNorm.convertSyncBatchnorm(child, processGroup));
    }
    return converted;
  }

  static #from(norm: BatchNorm, processGroup: ProcessGroup | null): SyncBatchNorm {
    const { numFeatures, eps, momentum, affine, trackRunningStats } = norm;
    const bias = norm.bias !== null;
    const options = { eps, momentum, affine, trackRunningStats, bias, processGroup };
    const made = new SyncBatchNorm(numFeatures, options);
    for (const name of ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'] as const)
      setField(made, name, norm[name]);
    made.training = norm.training;
    return made;
  }
}
