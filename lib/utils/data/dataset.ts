// What data loaders read: datasets that know their items by key, and those that are only iterated over.
import { TorchError } from '../../core/errors';

/** Whatever has a number of items, such as a dataset. */
export interface Sized {
  readonly length: number;
}

/** What a loader takes for a dataset of items by key. It needs no `length` where a sampler has the keys. */
export interface DatasetLike<Item, Key = number> {
  readonly length?: number;
  get(index: Key): Item | PromiseLike<Item>;
  getItems?(indices: readonly Key[]): readonly Item[] | PromiseLike<readonly Item[]>;
}

/**
 * Items by their keys, which are whole numbers from 0 unless a sampler gives others (`torch.utils.data.Dataset`).
 *
 * A subclass has `length` and `get(index)`, which stand for Python's `__len__` and `__getitem__`, and may have
 * `getItems(indices)`, Python's `__getitems__`, which gives the items of a whole batch at once. Both may return a promise;
 * such a dataset is read by `for await` alone.
 *
 * @example
 * class Squares extends Dataset<[number, number]> {
 *   readonly length = 10;
 *   get(index: number): [number, number] {
 *     return [index, index ** 2];
 *   }
 * }
 */
export abstract class Dataset<Item, Key = number> implements DatasetLike<Item, Key> {
  /** How many items there are. */
  abstract readonly length: number;

  /** The item of a key. */
  abstract get(index: Key): Item | PromiseLike<Item>;

  /** The items of several keys, where that is faster than one after the other. */
  getItems?(indices: readonly Key[]): readonly Item[] | PromiseLike<readonly Item[]>;
}

/** What can be iterated over: an array, a generator, a stream of Node. */
export type AnyIterable<Item> = Iterable<Item> | AsyncIterable<Item>;

/**
 * Items in the order in which they come, as from a stream (`torch.utils.data.IterableDataset`). A subclass has
 * `[Symbol.iterator]` or, read by `for await` alone, `[Symbol.asyncIterator]`; and `length` where it knows that.
 *
 * Each worker thread of a loader has such a dataset of its own, and gives all of its items unless the dataset asks
 * {@link getWorkerInfo} for its part.
 *
 * @example
 * class Lines extends IterableDataset<string> {
 *   override async *[Symbol.asyncIterator]() {
 *     yield* createInterface(createReadStream('lines.txt'));
 *   }
 * }
 */
export class IterableDataset<Item> {
  /**
   * A dataset of what `source` gives. A function is called for each epoch; anything else is iterated over again, which a
   * generator or a stream does only once.
   */
  static from<Item>(source: AnyIterable<Item> | (() => AnyIterable<Item>)): IterableDataset<Item> {
    return new IterableOf(source);
  }

  /** Begins anew. */
  [Symbol.iterator]?(): Iterator<Item>;

  /** Begins anew, where items have to be waited for. */
  [Symbol.asyncIterator]?(): AsyncIterator<Item>;
}

class IterableOf<Item> extends IterableDataset<Item> {
  readonly #source: AnyIterable<Item> | (() => AnyIterable<Item>);

  constructor(source: AnyIterable<Item> | (() => AnyIterable<Item>)) {
    super();
    this.#source = source;
  }

  #open(): AnyIterable<Item> {
    return typeof this.#source === 'function' ? this.#source() : this.#source;
  }

  override [Symbol.iterator](): Iterator<Item> {
    return beginSync(this.#open());
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    yield* this.#open();
  }
}

/** The error of what has to be waited for in a loop that does not wait. */
export const needsAwait = (reason: string): TorchError =>
  new TorchError(`DataLoader: ${reason}: write \`for await (const batch of loader)\``);

const noIterator = (): TorchError =>
  new TorchError(
    'Subclasses of IterableDataset should implement [Symbol.iterator] or [Symbol.asyncIterator]',
    'NotImplementedError',
  );

type Source<Item> = Partial<Iterable<Item> & AsyncIterable<Item>>;

/** Iterates in a loop that does not wait. */
export function beginSync<Item>(source: Source<Item>): Iterator<Item> {
  const begin = source[Symbol.iterator];
  if (begin) return begin.call(source);
  throw source[Symbol.asyncIterator]
    ? needsAwait('the items of the dataset come asynchronously')
    : noIterator();
}

/** Iterates in a loop that waits. */
export function beginAsync<Item>(source: Source<Item>): Iterator<Item> | AsyncIterator<Item> {
  return source[Symbol.asyncIterator]?.() ?? beginSync(source);
}
