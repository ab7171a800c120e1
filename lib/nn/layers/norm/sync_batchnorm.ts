import { checkTensor } from '../../../native/tensor_base';
import { valueError } from '../../../core/errors';
import { number } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import { BATCH_NORM_ND, BatchNorm } from './batchnorm';
import { setField } from '../../module/fields';
import type { Module } from '../../module/module';
import type { Tensor } from '../../../tensor';
import type { With } from '../options';

// In Python the process group comes next.
const SYNC_BATCH_NORM = signature('SyncBatchNorm', [number('numFeatures')], BATCH_NORM_ND, [
  'eps',
  'momentum',
  'affine',
  'trackRunningStats',
]);

/* eslint-disable @typescript-eslint/no-explicit-any -- see BiasOf */
/**
 * Normalizes each channel over the batches of all processes. Shape: `(N, numFeatures, *)`.
 *
 * In one process it is batch normalization, on every device, as in PyTorch.
 * Differs from PyTorch: `torch.nn.SyncBatchNorm` takes no `process_group`: several processes need GPUs, as in PyTorch, and
 * `torch.distributed` is over gloo alone, for the CPU.
 */
export class SyncBatchNorm<Affine extends boolean = any, Bias extends boolean = any> extends BatchNorm<
  Affine,
  Bias
> {
  constructor(
    ...args: Call<
      With<typeof SYNC_BATCH_NORM, { affine: Affine; bias: Bias }>,
      [numFeatures: number],
      [eps: number, momentum: number | null, affine: Affine, trackRunningStats: boolean]
    >
  ) {
    super(...(SYNC_BATCH_NORM.bind(args) as [numFeatures: number, given: any]));
  }
  protected override _checkInputDim(input: Tensor): void {
    checkTensor('SyncBatchNorm.forward', 'input', input);
    if (input.dim() < 2) throw valueError(`expected at least 2D input (got ${input.dim()}D input)`);
    if (input.shape[1] === 0) throw valueError('SyncBatchNorm number of input channels should be non-zero');
  }

  /** The module with every batch normalization in it replaced by a SyncBatchNorm of the same tensors. */
  static convertSyncBatchnorm(module: Module): Module {
    const converted = module instanceof BatchNorm ? SyncBatchNorm.#from(module) : module;
    for (const [name, child] of module.namedChildren()) {
      converted.addModule(name, SyncBatchNorm.convertSyncBatchnorm(child));
    }
    return converted;
  }

  static #from(norm: BatchNorm): SyncBatchNorm {
    const { numFeatures, eps, momentum, affine, trackRunningStats } = norm;
    const bias = norm.bias !== null;
    const made = new SyncBatchNorm(numFeatures, { eps, momentum, affine, trackRunningStats, bias });
    for (const name of ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'] as const)
      setField(made, name, norm[name]);
    made.training = norm.training;
    return made;
  }
}
