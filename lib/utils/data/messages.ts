// What a loader and its worker threads say to each other.
import type { FunctionRecipe, Recipe } from './portable';
import type { PackedError } from './worker_error';
import type { WorkerState } from './state';

/** The first message to a worker; tensors in it are packed. */
export interface Setup {
  readonly id: number;
  readonly numWorkers: number;
  readonly baseSeed: bigint;
  readonly dataset: Recipe;
  readonly isBatched: boolean;
  readonly batchSize: number | null;
  readonly dropLast: boolean;
  readonly collateFn: FunctionRecipe;
  readonly workerInitFn: FunctionRecipe | null;
  /** Where to go on. */
  readonly state: WorkerState;
}

/** To a worker. A task has its number and a key, or the keys of a batch. `null` ends the thread. */
export type Order =
  | { readonly setup: unknown }
  | { readonly epoch: number }
  | { readonly task: number; readonly key: unknown }
  | null;

/** From a worker; `data` and `state` are packed. */
export type Report = { readonly epoch: number } & (
  | { readonly kind: 'ready' }
  | { readonly kind: 'begun'; readonly state: unknown }
  | { readonly kind: 'data'; readonly task: number; readonly data: unknown; readonly state: unknown }
  | { readonly kind: 'end'; readonly task: number }
  | { readonly kind: 'error'; readonly task: number; readonly error: PackedError }
);

/** What `new Worker` is given besides the port. */
export interface ThreadData {
  readonly nodetorchDataLoader: true;
  readonly port: import('node:worker_threads').MessagePort;
  /** Not 0 once nobody waits for batches any more. */
  readonly isEnding: Int32Array;
}
