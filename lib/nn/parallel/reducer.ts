// libtorch's Reducer, set up as Python's DistributedDataParallel does it.
import { TorchError } from '../../core/errors';
import type { ProcessGroup } from '../../distributed/group';
import { native } from '../../native';
import { HANDLE } from '../../native/handle';
import type { Parameter } from '../parameter';
import type { Tensor } from '../../tensor';
import type { Handle } from '../../../typings/native';
import { EmbeddingBag } from '../layers/embedding_bag';
import { Embedding } from '../layers/sparse';
import { SyncBatchNorm } from '../layers/norm/sync_batchnorm';
import type { Module } from '../module/module';

export const MEGABYTE = 1024 * 1024;
/** Python's size of one broadcast of parameters and buffers. */
const BROADCAST_BYTES = 250 * MEGABYTE;
const FIRST_BUCKET_BYTES = MEGABYTE;
const LARGEST = Number.MAX_SAFE_INTEGER;

// Of native makeReducer.
const FIND_UNUSED = 1;
const GRADIENTS_ARE_VIEWS = 2;
const SKIP_UNUSED = 4;
const STATIC_GRAPH = 8;
const BROADCASTS_BUFFERS = 16;
const HAS_SYNC_BATCH_NORM = 32;
const COPIES_IN_BATCHES = 64;

export interface ReducerOptions {
  readonly bucketCapMb: number;
  readonly bucketCapMbList: readonly number[] | null;
  readonly findUnusedParameters: boolean;
  readonly gradientAsBucketView: boolean;
  readonly staticGraph: boolean;
  readonly skipAllReduceUnusedParams: boolean;
  readonly batchedGradCopy: boolean;
  readonly forwardSyncBuffers: boolean;
}

interface Named {
  readonly name: string;
  readonly parameter: Parameter;
  readonly isSparse: boolean;
}

/** The parameters that are reduced: each once, where it is first met. libtorch takes no empty list of them. */
function parametersOf(module: Module, ignored: ReadonlySet<string>): Named[] {
  const seen = new Set<Tensor>();
  const found: Named[] = [];
  for (const [path, part] of module.namedModules()) {
    const isSparse = (part instanceof Embedding || part instanceof EmbeddingBag) && Boolean(part.sparse);
    for (const [own, parameter] of part.namedParameters('', false)) {
      if (ignored.has(path === '' ? own : `${path}.${own}`) || !parameter.requiresGrad || seen.has(parameter))
        continue;
      seen.add(parameter);
      found.push({ name: `${path}.${own}`, parameter, isSparse }); // Python's name, with a dot where there is no path
    }
  }
  if (found.length > 0) return found;
  throw new TorchError(
    "DistributedDataParallel is not needed when a module doesn't have any parameter that requires a gradient.",
  );
}

/** Gives all ranks the parameters and buffers of rank `source` of the group. Blocks. */
export function syncModuleStates(
  module: Module,
  group: ProcessGroup,
  ignored: ReadonlySet<string>,
  withBuffers: boolean,
  source = 0,
): void {
  const buffers = withBuffers ? [...module.namedBuffers()] : [];
  const states = [...module.namedParameters(), ...buffers].filter(([name]) => !ignored.has(name));
  broadcastTensors(
    group,
    states.map(([, tensor]) => (tensor as Tensor).detach()),
    source,
  );
}

/** Gives all ranks the tensors of rank `source` of the group, so many bytes at once. Blocks. */
export function broadcastTensors(
  group: ProcessGroup,
  tensors: readonly Tensor[],
  source = 0,
  bytes = BROADCAST_BYTES,
): void {
  if (tensors.length > 0) native.broadcastCoalesced(group[HANDLE] as Handle, tensors, bytes, source);
}

/**
 * Finds out, with the other ranks, whether their parameters are of one form. Blocks.
 *
 * @throws TorchError where they are not, or where no parameter wants a gradient.
 */
export function verifyParameters(group: ProcessGroup, module: Module, ignored: ReadonlySet<string>): void {
  const parameters = parametersOf(module, ignored).map(({ parameter }) => parameter);
  native.verifyParameters(group[HANDLE] as Handle, parameters);
}

/** @throws TorchError where no parameter wants a gradient. */
export function makeReducer(
  group: ProcessGroup,
  module: Module,
  ignored: ReadonlySet<string>,
  options: ReducerOptions,
): Handle {
  const all = parametersOf(module, ignored);
  const { bucketCapMb, bucketCapMbList, findUnusedParameters, staticGraph } = options;
  const cap = Math.trunc(bucketCapMb * MEGABYTE);
  const own = bucketCapMbList?.map((one) => Math.trunc(one * MEGABYTE)) ?? null;
  // As many buckets as there are caps only where the order of the parameters can be trusted before the first pass.
  const inOrder = FIRST_BUCKET_BYTES < cap ? [FIRST_BUCKET_BYTES, cap] : [cap];
  const initial = own ?? (staticGraph || !findUnusedParameters ? [LARGEST] : inOrder);
  const flags =
    (findUnusedParameters ? FIND_UNUSED : 0) +
    (options.gradientAsBucketView ? GRADIENTS_ARE_VIEWS : 0) +
    (options.skipAllReduceUnusedParams ? SKIP_UNUSED : 0) +
    (staticGraph ? STATIC_GRAPH : 0) +
    (options.forwardSyncBuffers ? BROADCASTS_BUFFERS : 0) +
    (options.batchedGradCopy ? COPIES_IN_BATCHES : 0) +
    ([...module.modules()].some((part) => part instanceof SyncBatchNorm) ? HAS_SYNC_BATCH_NORM : 0);
  return native.makeReducer(
    group[HANDLE] as Handle,
    all.map(({ parameter }) => parameter),
    all.map(({ isSparse }) => Number(isSparse)),
    [cap, FIRST_BUCKET_BYTES, flags],
    initial,
    own ?? [],
    all.map(({ name }) => name),
    [module.constructor.name],
  );
}
