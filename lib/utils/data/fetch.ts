// One batch of a dataset, in a worker thread as in the loader's own: a value, or a promise where something in it is one.
import { int64 } from '../../core/dtype';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/creation';
import { defaultCollate } from './collate';
import { TensorDataset } from './combined';
import { type DatasetLike, IterableDataset, beginAsync, beginSync } from './dataset';
import { isPromise, itemsOf } from './items';
import { Subset } from './subset';

/** What an iterable dataset gives behind its last item. */
export const END = Symbol('end of the dataset');

/** What makes a batch of items, or changes an item where there are no batches. */
export type CollateFn = (items: unknown) => unknown;

export interface FetcherOptions {
  readonly dataset: DatasetLike<unknown, unknown> | IterableDataset<unknown>;
  /** Whether an index is a list of keys. */
  readonly isBatched: boolean;
  readonly collateFn: CollateFn;
  readonly dropLast: boolean;
  /** Whether promises may be waited for. */
  readonly waits: boolean;
}

export interface Fetcher {
  /** The batch, a promise of it, or END. */
  fetch(index: unknown): unknown;
  /** Ends what the dataset is in the middle of. */
  close(): unknown;
}

export function makeFetcher(options: FetcherOptions): Fetcher {
  const { dataset } = options;
  return dataset instanceof IterableDataset
    ? new IterableFetcher(options, dataset)
    : new MapFetcher(options, dataset);
}

const then = (value: unknown, use: (value: never) => unknown): unknown =>
  isPromise(value) ? value.then(use as (value: unknown) => unknown) : use(value as never);

class MapFetcher implements Fetcher {
  constructor(
    readonly options: FetcherOptions,
    readonly dataset: DatasetLike<unknown, unknown>,
  ) {}

  fetch(index: unknown): unknown {
    const { isBatched, collateFn } = this.options;
    if (!isBatched) return then(this.dataset.get(index), collateFn);
    const keys = index as readonly unknown[];
    const whole = collateFn === defaultCollate ? batchOfRows(this.dataset, keys) : null;
    return whole ?? then(itemsOf(this.dataset, keys), collateFn);
  }

  close(): void {}
}

const ofTensors = TensorDataset.prototype as TensorDataset;
const ofSubset = Subset.prototype as Subset<unknown>;

// The rows of tensors at once, where that gives what stacking them one by one gives; else null.
function batchOfRows(dataset: DatasetLike<unknown, never>, keys: readonly unknown[]): Tensor[] | null {
  if (dataset instanceof Subset && dataset.get === ofSubset.get && dataset.getItems === ofSubset.getItems) {
    const { indices } = dataset;
    if (!areIndices(keys, indices.length)) return null;
    return batchOfRows(
      dataset.dataset as DatasetLike<unknown, never>,
      keys.map((key) => indices[key]),
    );
  }
  if (!(dataset instanceof TensorDataset) || dataset.get !== ofTensors.get || dataset.getItems) return null;
  const tensors = dataset.tensors as readonly Tensor[];
  if (!areIndices(keys, dataset.length) || !tensors.every(isPlain)) return null;
  const rows = tensor(BigInt64Array.from(keys, BigInt), { dtype: int64, device: 'cpu' });
  return tensors.map((one) => aten.indexSelect(one, 0, rows.to(one.device)));
}

const areIndices = (keys: readonly unknown[], length: number): keys is readonly number[] =>
  keys.length > 0 &&
  keys.every((key) => Number.isInteger(key) && (key as number) >= 0 && (key as number) < length);

const isPlain = (one: Tensor): boolean =>
  one.layout.name === 'strided' && one.isContiguous() && !one.requiresGrad && !one.isConj() && !one.isNeg();

class IterableFetcher implements Fetcher {
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  #isEnded = false;

  constructor(
    readonly options: FetcherOptions,
    dataset: IterableDataset<unknown>,
  ) {
    this.#iterator = options.waits ? beginAsync(dataset) : beginSync(dataset);
  }

  fetch(index: unknown): unknown {
    if (this.#isEnded) return END;
    const { isBatched, collateFn } = this.options;
    if (isBatched) return this.#collect([], (index as readonly unknown[]).length);
    return then(this.#iterator.next(), (next: IteratorResult<unknown>) =>
      next.done ? END : collateFn(next.value),
    );
  }

  #collect(items: unknown[], wanted: number): unknown {
    while (items.length < wanted && !this.#isEnded) {
      const next = this.#iterator.next();
      if (isPromise(next)) return this.#collectRest(items, wanted, next);
      this.#take(items, next);
    }
    return this.#finish(items, wanted);
  }

  async #collectRest(
    items: unknown[],
    wanted: number,
    pending: PromiseLike<IteratorResult<unknown>>,
  ): Promise<unknown> {
    this.#take(items, await pending);
    while (items.length < wanted && !this.#isEnded) this.#take(items, await this.#iterator.next());
    return this.#finish(items, wanted);
  }

  #take(items: unknown[], next: IteratorResult<unknown>): void {
    if (next.done) this.#isEnded = true;
    else items.push(next.value);
  }

  #finish(items: unknown[], wanted: number): unknown {
    const { dropLast, collateFn } = this.options;
    if (items.length === 0 || (dropLast && items.length < wanted)) return END;
    return collateFn(items);
  }

  close(): unknown {
    if (this.#isEnded) return undefined;
    this.#isEnded = true;
    return this.#iterator.return?.();
  }
}
