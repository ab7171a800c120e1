// Where a loader is, as data that a checkpoint keeps.
import { TorchError, valueError } from '../../core/errors';
import { isMap } from '../../core/realm';
import type { Tensor } from '../../tensor';
import { type Generator, defaultGenerator } from '../../tensor/random';
import type { LoaderParts } from './parts';

/** Where a worker was when it had made the last batch that was handed out. */
export interface WorkerState {
  /** The state of its random numbers; null where it had made none. */
  rng: Tensor | null;
  /** The same when the epoch began; null where they were seeded then. */
  rng_at_start: Tensor | null;
  /** What the dataset's own `stateDict` gave. */
  dataset: unknown;
  /** How many of its batches were handed out. */
  num_yielded: number;
}

/** What `DataLoader.stateDict` gives. */
export interface DataLoaderStateDict {
  /** How many batches of the epoch were handed out. */
  num_yielded: number;
  /** Whether no epoch is under way. */
  finished: boolean;
  /** What the epoch's workers were seeded with; null where there was no epoch. */
  base_seed: bigint | null;
  /** Whether the epoch drew that itself, and not one before with the same workers. */
  drew_seed: boolean;
  /** The states of the generators when the epoch began: the default one, then the loader's and its samplers'. */
  generators_at_start: Tensor[];
  /** The same now, without the default one. */
  generators: Tensor[];
  /** What the dataset's own `stateDict` gave. */
  dataset: unknown;
  /** One of each worker thread. */
  workers: WorkerState[] | null;
  /** The worker whose batch came last. */
  last_worker: number;
}

/** The default generator, then those that the loader and its samplers were given. */
export function generatorsOf(parts: LoaderParts): Generator[] {
  const holders = [parts, parts.sampler, parts.batchSampler] as ({ generator?: Generator | null } | null)[];
  const inner = (parts.batchSampler as { sampler?: { generator?: Generator | null } } | null)?.sampler;
  const own = [...holders, inner].flatMap((holder) => holder?.generator ?? []);
  return [...new Set([defaultGenerator(), ...own])];
}

export const statesOf = (generators: readonly Generator[]): Tensor[] =>
  generators.map((generator) => generator.getState());

export function setStates(generators: readonly Generator[], states: readonly Tensor[]): void {
  if (generators.length !== states.length) {
    throw valueError(`the state has ${states.length} generators, and the loader ${generators.length}`);
  }
  generators.forEach((generator, i) => generator.setState(states[i]));
}

/** Runs `begin` with the generators as they were when the epoch of `state` began, and the default one as it is now after it. */
export function asAtStart<T>(parts: LoaderParts, state: DataLoaderStateDict, begin: () => T): T {
  const generators = generatorsOf(parts);
  const [first, ...own] = generators;
  const before = first.getState();
  setStates(generators, state.generators_at_start);
  try {
    return begin();
  } finally {
    first.setState(before);
    setStates(own, state.generators);
  }
}

const record = (value: unknown): Record<string, unknown> =>
  isMap(value) ? (Object.fromEntries(value) as Record<string, unknown>) : (value as Record<string, unknown>);

/** A state as `stateDict` or `torch.load` gave it. */
export function readState(parts: LoaderParts, given: unknown): DataLoaderStateDict {
  const state = record(given);
  if (typeof state !== 'object' || state === null || !('num_yielded' in state)) {
    throw new TorchError("DataLoader.loadStateDict(): not what a loader's stateDict gives", 'TypeError');
  }
  const workers = (state.workers as unknown[] | null)?.map((one) => {
    const worker = record(one) as unknown as WorkerState;
    return { ...worker, num_yielded: Number(worker.num_yielded) };
  });
  if (!state.finished && (workers?.length ?? 0) !== parts.numWorkers) {
    throw valueError(
      `the state is of ${workers?.length ?? 0} workers, and the loader has ${parts.numWorkers}`,
    );
  }
  return {
    ...(state as unknown as DataLoaderStateDict),
    num_yielded: Number(state.num_yielded),
    last_worker: Number(state.last_worker),
    base_seed: state.base_seed === null ? null : BigInt(state.base_seed as number),
    workers: workers ?? null,
  };
}
