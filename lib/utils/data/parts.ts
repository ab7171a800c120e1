// What a loader is made of, for its iterators.
import type { Generator } from '../../tensor/random';
import type { DatasetLike, IterableDataset } from './dataset';
import type { CollateFn } from './fetch';
import type { SamplerLike } from './sampler';
import type { WorkerThreadOptions } from './options';

export interface LoaderParts {
  readonly dataset: DatasetLike<unknown, unknown> | IterableDataset<unknown>;
  readonly isIterable: boolean;
  readonly isBatched: boolean;
  readonly batchSize: number | null;
  readonly dropLast: boolean;
  readonly sampler: SamplerLike<unknown>;
  readonly batchSampler: SamplerLike<readonly unknown[]> | null;
  readonly collateFn: CollateFn;
  readonly generator: Generator | null;
  readonly pinMemory: boolean;
  readonly signal: AbortSignal | null;
  readonly numWorkers: number;
  readonly prefetchFactor: number;
  readonly persistentWorkers: boolean;
  readonly inOrder: boolean;
  readonly timeout: number;
  readonly workerInitFn: ((id: number) => unknown) | null;
  readonly workerOptions: WorkerThreadOptions;
  /** What `length` gave when it was last asked for, where the dataset is iterable. */
  lengthAsked: number | null;
}

/** A dataset that can say where it is, and go back there. */
export interface Stateful {
  stateDict(): unknown;
  loadStateDict(state: unknown): void;
}

export function isStateful(dataset: unknown): dataset is Stateful {
  const { stateDict, loadStateDict } = dataset as Partial<Stateful>;
  return typeof stateDict === 'function' && typeof loadStateDict === 'function';
}
