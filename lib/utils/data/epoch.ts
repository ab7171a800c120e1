// One pass over a loader's keys: draws what Python's iterator draws, in its order, counts, and can be begun in the middle.
import { TorchError } from '../../core/errors';
import { warn } from '../../core/warn';
import type { Tensor } from '../../tensor';
import { type LoaderParts, isStateful } from './parts';
import { pinMemory, pins } from './pin_memory';
import { drawSeed } from './sampler';
import { type DataLoaderStateDict, type WorkerState, asAtStart, generatorsOf, statesOf } from './state';

// Keys of an iterable dataset: it has none.
const noKeys = { next: (): IteratorResult<unknown> => ({ done: false, value: undefined }) };

export class Epoch {
  readonly baseSeed: bigint;
  readonly generatorsAtStart: readonly Tensor[];
  numYielded = 0;
  isFinished = false;
  workers: WorkerState[] | null = null;
  lastWorker = -1;
  #keys!: Iterator<unknown>;
  readonly #pins: boolean;
  readonly #lengthAsked: number | null;

  /** `seed`: of workers that an earlier epoch has begun; null where this one draws it. */
  constructor(
    readonly parts: LoaderParts,
    readonly drewSeed: boolean,
    seed: bigint | null,
  ) {
    this.generatorsAtStart = statesOf(generatorsOf(parts));
    this.#pins = pins(parts.pinMemory);
    this.#lengthAsked = parts.lengthAsked;
    this.beginKeys();
    const drawn = drewSeed ? drawSeed(parts.generator) : null;
    this.baseSeed = seed ?? drawn!;
  }

  /** The epoch that `state` is in the middle of; `begin` is called with it before what a generator draws next. */
  static resume<T>(parts: LoaderParts, state: DataLoaderStateDict, begin: (epoch: Epoch) => T): T {
    return asAtStart(parts, state, () => {
      const epoch = new Epoch(parts, state.drew_seed, state.base_seed);
      epoch.numYielded = state.num_yielded;
      epoch.workers = state.workers;
      epoch.lastWorker = state.last_worker;
      if (parts.numWorkers > 0) epoch.beginKeys();
      if (!parts.isIterable) for (let i = 0; i < state.num_yielded; i++) epoch.nextKey();
      return begin(epoch);
    });
  }

  /** Begins the sampler. */
  beginKeys(): void {
    const { isIterable, sampler, batchSampler } = this.parts;
    this.#keys = isIterable ? noKeys : (batchSampler ?? sampler)[Symbol.iterator]();
  }

  nextKey(): IteratorResult<unknown> {
    const { isIterable, isBatched, batchSize } = this.parts;
    if (isIterable && isBatched)
      return { done: false, value: new Array<undefined>(batchSize!).fill(undefined) };
    return this.#keys.next();
  }

  /** A batch on its way to the loop. */
  handOut(data: unknown): unknown {
    this.numYielded++;
    const asked = this.#lengthAsked;
    if (asked !== null && this.parts.isIterable && this.numYielded > asked) {
      const name = this.parts.dataset.constructor.name;
      warn(
        `Length of IterableDataset ${name} was reported to be ${asked}(when accessing len(dataloader)), but ` +
          `${this.numYielded} samples have been fetched. ` +
          (this.parts.numWorkers === 0
            ? ''
            : 'For multiprocessing data-loading, this could be caused by not properly configuring the ' +
              'IterableDataset replica at each worker.'),
      );
    }
    return this.#pins ? pinMemory(data) : data;
  }

  finish(): void {
    this.isFinished = true;
    this.#keys.return?.();
  }

  /** Where it is: see `DataLoader.stateDict`. */
  stateDict(): DataLoaderStateDict {
    const { dataset, numWorkers, inOrder } = this.parts;
    // How many batches came says which ones they were only where they come in order.
    if (numWorkers > 1 && !inOrder && !this.isFinished) {
      throw new TorchError(
        'DataLoader.stateDict(): with inOrder: false batches come as they are ready, so no state in the middle of an epoch ' +
          'says which ones are left: take it between two epochs, or have inOrder: true',
        'NotImplementedError',
      );
    }
    return {
      num_yielded: this.isFinished ? 0 : this.numYielded,
      finished: this.isFinished,
      base_seed: this.baseSeed,
      drew_seed: this.drewSeed,
      generators_at_start: [...this.generatorsAtStart],
      generators: statesOf(generatorsOf(this.parts).slice(1)),
      dataset: numWorkers === 0 && isStateful(dataset) ? dataset.stateDict() : null,
      workers: this.workers && this.workers.map((worker) => ({ ...worker })),
      last_worker: this.lastWorker,
    };
  }
}
