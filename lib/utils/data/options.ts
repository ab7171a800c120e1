// The options of a loader, and what of them is not allowed together.
import os from 'node:os';
import { TorchTypeError, checkNumber, valueError } from '../../core/errors';
import { warn } from '../../core/warn';
import { Generator } from '../../tensor/random';
import { defaultCollate, defaultConvert } from './collate';
import { IterableDataset } from './dataset';
import type { CollateFn } from './fetch';
import type { LoaderParts } from './parts';
import { BatchSampler } from './batch_sampler';
import { RandomSampler, type SamplerLike, SequentialSampler } from './sampler';
import { type DatasetSource, toDataset } from './source';

/** Options of Node's `Worker` that are of use in a worker thread of a loader. */
export interface WorkerThreadOptions {
  /** A worker that needs more memory than this for JavaScript's objects dies, and the loop gets an error. */
  resourceLimits?: {
    maxOldGenerationSizeMb?: number;
    maxYoungGenerationSizeMb?: number;
    stackSizeMb?: number;
  };
  /** Default: a copy of `process.env`. */
  env?: Record<string, string | undefined>;
  /** Options of Node. Default: those of the program. */
  execArgv?: string[];
}

/** Options of `torch.utils.data.DataLoader` other than those that say what a batch is. */
export interface LoaderOptions<Key = number> {
  /** Whether each epoch has another random order. Default: `false`. */
  shuffle?: boolean | null;
  /** The keys in their order, instead of `shuffle`. */
  sampler?: SamplerLike<Key> | null;
  /** How many worker threads read the dataset; 0: the loop itself does. Default: 0. */
  numWorkers?: number;
  /** Puts batches into page-locked memory, from which GPUs copy faster. Default: `false`. */
  pinMemory?: boolean;
  /** How many seconds to wait for a batch of the workers; 0: for ever. Default: 0. */
  timeout?: number;
  /** Is called in each worker with its number: see {@link workerFunction}. */
  workerInitFn?: ((id: number) => unknown) | null;
  /** Draws the order and the workers' seeds. Default: the default generator. */
  generator?: Generator | null;
  /** How many batches each worker makes in advance. Default: 2. */
  prefetchFactor?: number | null;
  /** Whether workers live on for the next epoch. Default: `false`. */
  persistentWorkers?: boolean;
  /** Whether batches of several workers come in the order of their keys. Default: `true`. */
  inOrder?: boolean;
  /** Ends a `for await` loop, and its workers. */
  signal?: AbortSignal | null;
  /** For Node's `new Worker`. */
  workerOptions?: WorkerThreadOptions;
}

/** Options of a loader that gives batches. */
export interface DataLoaderOptions<Item, Batch, Key = number> extends LoaderOptions<Key> {
  /** Items in a batch. Default: 1. */
  batchSize?: number;
  /** The keys of each batch, instead of `batchSize`, `shuffle`, `sampler` and `dropLast`. */
  batchSampler?: SamplerLike<readonly Key[]> | null;
  /** Leaves out the last batch where it is shorter. Default: `false`. */
  dropLast?: boolean;
  /** Makes a batch of its items. Default: {@link defaultCollate}. */
  collateFn?: ((items: Item[]) => Batch | PromiseLike<Batch>) | null;
}

/** Options of a loader that gives the items one by one. */
export interface UnbatchedOptions<Item, Batch, Key = number> extends LoaderOptions<Key> {
  batchSize: null;
  /** Changes each item. Default: {@link defaultConvert}. */
  collateFn?: ((item: Item) => Batch | PromiseLike<Batch>) | null;
}

export const LOADER = {
  batchSize: 1 as number | null,
  shuffle: null as boolean | null,
  sampler: null as SamplerLike<unknown> | null,
  batchSampler: null as SamplerLike<readonly unknown[]> | null,
  numWorkers: 0,
  collateFn: null as CollateFn | null,
  pinMemory: false,
  dropLast: false,
  timeout: 0,
  workerInitFn: null as ((id: number) => unknown) | null,
  generator: null as Generator | null,
  prefetchFactor: null as number | null,
  persistentWorkers: false,
  inOrder: true,
  signal: null as AbortSignal | null,
  workerOptions: {} as WorkerThreadOptions,
};
type Given = typeof LOADER;

function checkKinds(given: Given): void {
  for (const name of ['numWorkers', 'timeout'] as const) checkNumber('DataLoader', name, given[name]);
  for (const name of ['sampler', 'batchSampler'] as const) {
    const value = given[name] as Partial<Iterable<unknown>> | null;
    if (value !== null && typeof value[Symbol.iterator] !== 'function') {
      throw new TorchTypeError(`DataLoader(): argument '${name}' must be an iterable of keys`);
    }
  }
  for (const name of ['collateFn', 'workerInitFn'] as const) {
    if (given[name] !== null && typeof given[name] !== 'function') {
      throw new TorchTypeError(`DataLoader(): argument '${name}' must be a function`);
    }
  }
  if (given.generator !== null && !(given.generator instanceof Generator)) {
    throw new TorchTypeError("DataLoader(): argument 'generator' must be a Generator");
  }
}

function checkWorkers({ numWorkers, timeout, prefetchFactor, persistentWorkers }: Given): void {
  if (!Number.isInteger(numWorkers) || numWorkers < 0) {
    throw valueError(
      'num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.',
    );
  }
  if (!(timeout >= 0)) throw valueError('timeout option should be non-negative');
  if (numWorkers === 0 && prefetchFactor !== null) {
    throw valueError(
      'prefetch_factor option could only be specified in multiprocessing.' +
        'let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None.',
    );
  }
  if (prefetchFactor !== null && !(prefetchFactor >= 0)) {
    throw valueError('prefetch_factor option should be non-negative');
  }
  if (persistentWorkers && numWorkers === 0)
    throw valueError('persistent_workers option needs num_workers > 0');
}

const expectedUnspecified = (name: string, got: unknown): Error =>
  valueError(
    `DataLoader with IterableDataset: expected unspecified ${name} option, but got ${name}=${String(got)}`,
  );

/** The keys of what is iterated over cannot be chosen. */
function checkIterable({ shuffle, sampler, batchSampler }: Given): void {
  if (shuffle) throw expectedUnspecified('shuffle', shuffle);
  if (sampler !== null) throw expectedUnspecified('sampler', sampler);
  if (batchSampler !== null) throw expectedUnspecified('batch_sampler', batchSampler);
}

function checkBatches({ batchSize, shuffle, sampler, batchSampler, dropLast }: Given): void {
  if (sampler !== null && shuffle) throw valueError('sampler option is mutually exclusive with shuffle');
  if (batchSampler !== null && (batchSize !== 1 || shuffle || sampler !== null || dropLast)) {
    throw valueError(
      'batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last',
    );
  }
  if (batchSize === null && dropLast) {
    throw valueError(
      'batch_size=None option disables auto-batching and is mutually exclusive with drop_last',
    );
  }
}

function warnOfManyWorkers(numWorkers: number): void {
  const most = os.availableParallelism();
  if (numWorkers <= most) return;
  warn(
    `This DataLoader will create ${numWorkers} worker threads in total. Our suggested max number of worker in current ` +
      `system is ${most}, which is smaller than what this DataLoader is going to create. Please be aware that excessive ` +
      'worker creation might get DataLoader running slow or even freeze, lower the worker number to avoid potential ' +
      'slowness/freeze if necessary.',
  );
}

/** The parts of a loader of these options, checked in Python's order. */
export function partsOf(source: DatasetSource<unknown, unknown>, given: Given): LoaderParts {
  checkKinds(given);
  checkWorkers(given);
  const dataset = toDataset(source);
  const isIterable = dataset instanceof IterableDataset;
  if (isIterable) checkIterable(given);
  checkBatches(given);
  const { generator } = given;
  let { sampler, batchSampler, batchSize } = given;
  if (batchSampler !== null) batchSize = null;
  const isBatched = batchSampler !== null || batchSize !== null;
  if (sampler === null && isIterable) sampler = [];
  else if (sampler === null) {
    const sized = dataset as { length: number };
    sampler = given.shuffle ? new RandomSampler(sized, { generator }) : new SequentialSampler(sized);
  }
  if (batchSize !== null && batchSampler === null) {
    batchSampler = new BatchSampler(sampler, batchSize, given.dropLast);
  }
  warnOfManyWorkers(given.numWorkers);
  return {
    ...given,
    dataset,
    isIterable,
    isBatched,
    sampler,
    batchSampler,
    batchSize,
    collateFn: given.collateFn ?? ((isBatched ? defaultCollate : defaultConvert) as CollateFn),
    prefetchFactor: given.prefetchFactor ?? 2,
    lengthAsked: null,
  };
}
