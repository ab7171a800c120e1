import { bindArguments } from '../../core/calls';

/** What {@link getWorkerInfo} tells in a worker thread. */
export interface WorkerInfo {
  /** Which worker this is, from 0. */
  readonly id: number;
  /** How many workers the loader has. */
  readonly numWorkers: number;
  /** What this thread's random numbers were seeded with: the loader's base seed plus `id`. */
  readonly seed: bigint;
  /** This thread's own dataset. */
  readonly dataset: unknown;
}

// Kept where each copy of this package in the thread finds it: a dataset's module may have loaded another one.
const KEY = Symbol.for('nodetorch.workerInfo');
const place = globalThis as { [KEY]?: WorkerInfo };

/**
 * About the worker thread of a {@link DataLoader} that this is called in: which one it is, of how many; null elsewhere
 * (`torch.utils.data.get_worker_info`). An iterable dataset asks it for the part that is its own.
 *
 * @example
 * const { id, numWorkers } = getWorkerInfo() ?? { id: 0, numWorkers: 1 };
 * for (let i = id; i < files.length; i += numWorkers) yield* readLines(files[i]);
 */
export function getWorkerInfo(...args: []): WorkerInfo | null {
  bindArguments('getWorkerInfo()', args);
  return place[KEY] ?? null;
}

/** Says which worker this thread is. */
export function setWorkerInfo(info: WorkerInfo): void {
  place[KEY] = info;
}
