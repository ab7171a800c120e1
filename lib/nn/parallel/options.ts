import { TorchError, checkNumber, valueError } from '../../core/errors';
import { value } from '../../core/kinds';
import { signature } from '../../core/signature';
import { type ProcessGroup, groupOf } from '../../distributed/group';
import type { Work } from '../../distributed/work';
import type { Tensor } from '../../tensor';
import type { Module } from '../module/module';
import { type Parameter, UninitializedParameter } from '../parameter';

/** Options of `nn.parallel.DistributedDataParallel`. */
export interface DistributedDataParallelOptions {
  /** Whether all ranks begin with the tensors of rank 0, and check that theirs are of the same form. Default true. */
  initSync?: boolean;
  /** Default null: the default group. */
  processGroup?: ProcessGroup | null;
  /** Mebibytes of gradients that are reduced at once. Default null: 25. */
  bucketCapMb?: number | null;
  /** The same for each bucket. Default null. */
  bucketCapMbList?: readonly number[] | null;
  /** Whether each forward looks for parameters that its result does not depend on. Default false. */
  findUnusedParameters?: boolean;
  /** Whether gradients are views of what is reduced, which saves their memory. Default false. */
  gradientAsBucketView?: boolean;
  /** Whether each step uses the same parameters in the same way. Default false. */
  staticGraph?: boolean;
  /** Whether parameters without a gradient are left out; all ranks must have the same ones. Default false. */
  skipAllReduceUnusedParams?: boolean;
  /** Whether the gradients of a bucket are copied into it all at once, which pays for many small ones. Default false. */
  batchedGradCopy?: boolean;
  /** Whether each forward begins with the buffers of rank 0. Default true. */
  forwardSyncBuffers?: boolean;
  /**
   * Names and parameters that are not reduced as they become ready, but all at once when the gradient of
   * `paramToHookAllReduce` is there. Only `backward()` can do that. Default null: none.
   */
  delayAllReduceNamedParams?: readonly (readonly [name: string, parameter: Parameter])[] | null;
  /** Default null: there are no such parameters. */
  paramToHookAllReduce?: Parameter | null;
}

const DEFAULTS: Required<DistributedDataParallelOptions> = {
  initSync: true,
  processGroup: null,
  bucketCapMb: null,
  bucketCapMbList: null,
  findUnusedParameters: false,
  gradientAsBucketView: false,
  staticGraph: false,
  skipAllReduceUnusedParams: false,
  batchedGradCopy: false,
  forwardSyncBuffers: true,
  delayAllReduceNamedParams: null,
  paramToHookAllReduce: null,
};
export const ddp = <M>() => signature('DistributedDataParallel', [value<M>()('module')], DEFAULTS);
export const DDP = ddp<Module>();

/** A hook that is in libtorch: gradients travel as they are, or in two bytes. */
export type BuiltinCommHook = 'allReduce' | 'fp16' | 'bf16';

/** Gradients that are ready on this rank, one behind the other. */
export interface GradBucket {
  readonly buffer: Tensor; // (numel)
  readonly index: number;
  readonly isLast: boolean;
}

/**
 * Begins the collective by which a bucket is reduced: `bucket.buffer`, which it changes, becomes the gradients. A hook
 * that does more when the collective has ended is asynchronous: it returns a promise of the gradients, (numel) of the
 * buffer's dtype, and runs in `backwardAsync()` alone, since `backward()` waits on the thread that would keep the promise.
 */
export type CommHook = (bucket: GradBucket) => Work | Promise<Tensor>;

/** The group that reduces what `module` has. @throws an error where the options do not fit. */
export function groupFor(module: Module, given: Required<DistributedDataParallelOptions>): ProcessGroup {
  const group = groupOf('DistributedDataParallel', given.processGroup);
  if (group.handle === null) throw valueError('Invalid process group specified');
  // libtorch reads the first without a look.
  if (given.bucketCapMbList?.length === 0)
    throw valueError('DistributedDataParallel(): bucketCapMbList must not be empty');
  checkCaps([given.bucketCapMb ?? 25, ...(given.bucketCapMbList ?? [])]);
  if ([...module.parameters()].some((one) => one instanceof UninitializedParameter)) {
    throw new TorchError(
      "Modules with uninitialized parameters can't be used with `DistributedDataParallel`. Run a dummy forward pass to " +
        'correctly initialize the modules',
    );
  }
  if ([...module.parameters()].some((one) => one.device.type !== 'cpu'))
    throw valueError('DistributedDataParallel is over gloo here, which reduces tensors of the CPU alone');
  return group;
}

function checkCaps(caps: readonly unknown[]): void {
  for (const cap of caps) {
    checkNumber('DistributedDataParallel', 'bucketCapMb', cap);
    if (!((cap as number) > 0)) throw valueError('DistributedDataParallel(): bucketCapMb must be above 0');
  }
}
