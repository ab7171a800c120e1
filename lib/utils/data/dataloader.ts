import { bindArguments, checkMethods } from '../../core/calls';
import { TorchError } from '../../core/errors';
import { compareByIdentity } from '../../core/identity';
import { object } from '../../core/kinds';
import { signature } from '../../core/signature';
import type { Generator } from '../../tensor/random';
import type { Collated, Converted } from './collate';
import { type DatasetLike, type IterableDataset, needsAwait } from './dataset';
import { Epoch } from './epoch';
import { type DataLoaderOptions, LOADER, type UnbatchedOptions, partsOf } from './options';
import type { LoaderParts } from './parts';
import type { SamplerLike } from './sampler';
import { AsyncIterator_, SyncIterator } from './single_iterator';
import { type DatasetSource, lengthOf } from './source';
import { type DataLoaderStateDict, generatorsOf, readState, setStates, statesOf } from './state';
import { WorkerIterator } from './worker_iterator';

const DATA_LOADER = signature('DataLoader', [object<DatasetSource<unknown, unknown>>()('dataset')], LOADER, [
  'batchSize',
  'shuffle',
  'sampler',
  'batchSampler',
  'numWorkers',
  'collateFn',
  'pinMemory',
  'dropLast',
  'timeout',
  'workerInitFn',
]);

/** A {@link DataLoader}. */
class Loader<Item, Batch> implements AsyncIterable<Batch> {
  readonly #parts: LoaderParts;
  #epoch: Epoch | null = null;
  #resumed: DataLoaderStateDict | null = null;
  #persistent: WorkerIterator<Batch> | null = null;

  constructor(...args: unknown[]) {
    const [dataset, options] = DATA_LOADER.bind(args);
    this.#parts = partsOf(dataset, options);
  }

  /** The dataset: what was given, or what stands for an array or a tensor. */
  get dataset(): DatasetLike<Item> | IterableDataset<Item> {
    return this.#parts.dataset as DatasetLike<Item>;
  }
  /** Items in a batch; null where there are no batches, or a `batchSampler` decides. */
  get batchSize(): number | null {
    return this.#parts.batchSize;
  }
  /** Whether a last batch that is shorter is left out. */
  get dropLast(): boolean {
    return this.#parts.dropLast;
  }
  /** What gives the keys of the items. */
  get sampler(): SamplerLike<unknown> {
    return this.#parts.sampler;
  }
  /** What gives the keys of each batch; null where there are no batches. */
  get batchSampler(): SamplerLike<readonly unknown[]> | null {
    return this.#parts.batchSampler;
  }
  /** How many worker threads there are. */
  get numWorkers(): number {
    return this.#parts.numWorkers;
  }
  /** What the loader was given for its random numbers. */
  get generator(): Generator | null {
    return this.#parts.generator;
  }

  /**
   * How many batches an epoch has: of an iterable dataset, what its `length` promises.
   *
   * @throws TypeError where the dataset or the sampler has no length.
   */
  get length(): number {
    const { isIterable, dataset, batchSize, dropLast, batchSampler, sampler } = this.#parts;
    if (!isIterable) return lengthOf(batchSampler ?? sampler);
    const length = lengthOf(dataset);
    this.#parts.lengthAsked = length;
    if (batchSize === null) return length;
    return dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
  }

  /**
   * Begins an epoch of a loop that does not wait.
   *
   * @throws RuntimeError where there are workers, or the dataset is read asynchronously: those need `for await`.
   */
  [Symbol.iterator](): IterableIterator<Batch> {
    if (this.#parts.numWorkers > 0)
      throw needsAwait(`batches of worker threads (numWorkers > 0) must be waited for`);
    return this.#begin((epoch, state) => new SyncIterator<Batch>(epoch, state));
  }

  /** Begins an epoch of a loop that waits: `for await (const batch of loader)`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Batch> {
    if (this.#parts.numWorkers === 0) {
      return this.#begin((epoch, state) => new AsyncIterator_<Batch>(epoch, state));
    }
    return this.#beginWorkers();
  }

  #begin<T>(make: (epoch: Epoch, state: DataLoaderStateDict | null) => T): T {
    const parts = this.#parts;
    if (parts.timeout !== 0) {
      throw new TorchError('_SingleProcessDataLoaderIter requires timeout == 0', 'AssertionError');
    }
    const state = this.#takeState();
    const begin = (epoch: Epoch): T => {
      this.#epoch = epoch;
      return make(epoch, state);
    };
    return state ? Epoch.resume(parts, state, begin) : begin(new Epoch(parts, true, null));
  }

  /** The state to go on from; null where an epoch begins. */
  #takeState(): DataLoaderStateDict | null {
    const state = this.#resumed;
    this.#resumed = null;
    return state && !state.finished ? state : null;
  }

  #beginWorkers(): WorkerIterator<Batch> {
    const parts = this.#parts;
    const known = this.#resumed; // with the workers' random numbers, for those who live on
    const state = this.#takeState();
    if (this.#persistent?.isUsable && !known) {
      this.#epoch = this.#persistent.beginAgain();
      return this.#persistent;
    }
    const begin = (epoch: Epoch): WorkerIterator<Batch> => {
      this.#epoch = epoch;
      return new WorkerIterator<Batch>(epoch, state ?? (parts.persistentWorkers ? known : null));
    };
    let iterator: WorkerIterator<Batch>;
    if (state) iterator = Epoch.resume(parts, state, begin);
    else {
      const seed = parts.persistentWorkers && known ? known.base_seed : null;
      const epoch = new Epoch(parts, seed === null, seed);
      if (seed === null) epoch.beginKeys();
      iterator = begin(epoch);
    }
    if (parts.persistentWorkers) this.#persistent = iterator;
    return iterator;
  }

  /**
   * Where the loader is, for a checkpoint, as torchdata's `StatefulDataLoader` has it: the epoch and how many of its batches
   * were handed out, its generators, its workers, and the dataset's own `stateDict()` where it has one. `torch.save` writes
   * it. The state of the default generator is the program's to keep, by `torch.getRngState()`.
   *
   * @throws NotImplementedError in the middle of an epoch of several workers with `inOrder: false`. torchdata gives a state
   * there, and a warning that it may not lead to the same batches.
   */
  stateDict(): DataLoaderStateDict {
    const resumed = this.#resumed; // nothing has been read since
    if (resumed) return resumed;
    if (this.#epoch) return this.#epoch.stateDict();
    const generators = statesOf(generatorsOf(this.#parts));
    return {
      num_yielded: 0,
      finished: true,
      base_seed: null,
      drew_seed: false,
      generators_at_start: generators,
      generators: generators.slice(1),
      dataset: null,
      workers: null,
      last_worker: -1,
    };
  }

  /**
   * Has the next loop go on where a loader of the same options was when it gave this state: with the very next batch. What
   * `torch.load` read is taken as well. A dataset without a `stateDict` is read from the beginning where it is iterable, and
   * what was handed out is dropped.
   *
   * @throws ValueError where the loader has other workers or generators.
   */
  loadStateDict(...args: [stateDict: DataLoaderStateDict | ReadonlyMap<string, unknown>]): void {
    const [stateDict] = bindArguments('DataLoader.loadStateDict(stateDict{})', args);
    const state = readState(this.#parts, stateDict);
    setStates(generatorsOf(this.#parts).slice(1), state.generators);
    this.#resumed = state;
    void this.close();
  }

  /** Ends workers that live on for the next epoch (`persistentWorkers`). The end of the process does so by itself. */
  async close(): Promise<void> {
    const persistent = this.#persistent;
    this.#persistent = null;
    await persistent?.close();
  }
}
Object.defineProperty(Loader, 'name', { value: 'DataLoader' });
compareByIdentity(Loader);
checkMethods('DataLoader', Loader, 'stateDict()', 'close()');

/** How a {@link DataLoader} is made: what a batch is follows from the options. */
export interface DataLoaderConstructor {
  /** The items one by one. */
  new <Item, Key = number>(
    dataset: DatasetSource<Item, Key>,
    options: UnbatchedOptions<Item, unknown, Key> & { collateFn?: null },
  ): DataLoader<Item, Converted<Item>>;
  /** The items one by one, changed by `collateFn`. */
  new <Item, Batch, Key = number>(
    dataset: DatasetSource<Item, Key>,
    options: UnbatchedOptions<Item, Batch, Key>,
  ): DataLoader<Item, Batch>;
  /** Batches of items. */
  new <Item, Batch = Collated<Item>, Key = number>(
    dataset: DatasetSource<Item, Key>,
    options?: DataLoaderOptions<Item, Batch, Key>,
  ): DataLoader<Item, Batch>;
  /** Batches of items, with the first options by position. */
  new <Item, Batch = Collated<Item>, Key = number>(
    dataset: DatasetSource<Item, Key>,
    batchSize: number,
    shuffle?: boolean | DataLoaderOptions<Item, Batch, Key>,
    options?: DataLoaderOptions<Item, Batch, Key>,
  ): DataLoader<Item, Batch>;
}

/**
 * Batches of a dataset, for a loop (`torch.utils.data.DataLoader`). Each `for` or `for await` is an epoch. The order that a
 * seed gives is Python's, with and without workers, as is the state of the random numbers afterwards.
 *
 * Differs from PyTorch: `torch.utils.data.DataLoader` has threads for workers, not processes: dataset, `collateFn` and
 * `workerInitFn` are exports of a module (`workerDataset`, `workerFunction`), and the dataset is made anew in each. A worker
 * has random numbers of its own, seeded as Python's, for operators that take a generator; others, such as dropout, draw from
 * the process's. There is no `multiprocessingContext`.
 *
 * @example
 * const loader = new DataLoader(new TensorDataset(x, y), { batchSize: 64, shuffle: true });
 * for (const [inputs, targets] of loader) step(inputs, targets);
 *
 * @throws ValueError for options that exclude each other.
 */
export const DataLoader: DataLoaderConstructor = Loader as DataLoaderConstructor;
/** Batches of type `Batch` of a dataset of `Item`s. */
export type DataLoader<Item, Batch = Collated<Item>> = Loader<Item, Batch>;
