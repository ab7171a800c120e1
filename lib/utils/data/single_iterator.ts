// Iterators of a loader without worker threads: for a loop that does not wait, and for one that does.
import { type Epoch } from './epoch';
import { needsAwait } from './dataset';
import { END, type Fetcher, makeFetcher } from './fetch';
import { isPromise } from './items';
import { isStateful } from './parts';
import type { DataLoaderStateDict } from './state';

const done = <T>(): IteratorResult<T, undefined> => ({ done: true, value: undefined });

/** Makes the fetcher of an epoch, and begins the dataset where `state` says that it was. */
function fetcherOf(
  epoch: Epoch,
  state: DataLoaderStateDict | null,
  waits: boolean,
): [Fetcher, skipped: number] {
  const { parts } = epoch;
  const hasState = state !== null && isStateful(parts.dataset) && state.dataset != null;
  if (hasState) (parts.dataset as { loadStateDict(state: unknown): void }).loadStateDict(state.dataset);
  const fetcher = makeFetcher({ ...parts, waits });
  return [fetcher, state !== null && parts.isIterable && !hasState ? state.num_yielded : 0];
}

/** Of `for (const batch of loader)`. */
export class SyncIterator<Batch> implements IterableIterator<Batch> {
  readonly #epoch: Epoch;
  readonly #fetcher: Fetcher;

  constructor(epoch: Epoch, state: DataLoaderStateDict | null) {
    this.#epoch = epoch;
    const [fetcher, skipped] = fetcherOf(epoch, state, false);
    this.#fetcher = fetcher;
    for (let i = 0; i < skipped; i++) this.#fetch(epoch.nextKey().value);
  }

  [Symbol.iterator](): this {
    return this;
  }

  #fetch(key: unknown): unknown {
    const data = this.#fetcher.fetch(key);
    if (!isPromise(data)) return data;
    data.then(undefined, () => undefined);
    throw needsAwait('the dataset or collateFn gives a promise');
  }

  next(): IteratorResult<Batch, undefined> {
    const epoch = this.#epoch;
    if (epoch.isFinished) return done();
    const key = epoch.nextKey();
    const data = key.done ? END : this.#fetch(key.value);
    if (data !== END) return { done: false, value: epoch.handOut(data) as Batch };
    epoch.finish();
    return done();
  }

  return(): IteratorResult<Batch, undefined> {
    this.#fetcher.close();
    return done();
  }
}

/** Of `for await (const batch of loader)`. */
export class AsyncIterator_<Batch> implements AsyncIterableIterator<Batch> {
  readonly #epoch: Epoch;
  readonly #fetcher: Fetcher;
  #skipped: number;
  #isClosed = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(epoch: Epoch, state: DataLoaderStateDict | null) {
    this.#epoch = epoch;
    [this.#fetcher, this.#skipped] = fetcherOf(epoch, state, true);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** One batch after the other, even for who does not wait for the last. */
  next(): Promise<IteratorResult<Batch, undefined>> {
    const result = this.#last.then(() => this.#next());
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #next(): Promise<IteratorResult<Batch, undefined>> {
    const epoch = this.#epoch;
    const { signal } = epoch.parts;
    if (this.#isClosed || epoch.isFinished) return done();
    try {
      signal?.throwIfAborted();
      for (; this.#skipped > 0; this.#skipped--) await this.#fetcher.fetch(epoch.nextKey().value);
      const key = epoch.nextKey();
      const data = key.done ? END : await this.#fetcher.fetch(key.value);
      signal?.throwIfAborted();
      if (data !== END) return { done: false, value: epoch.handOut(data) as Batch };
    } catch (error) {
      await this.#close();
      throw error;
    }
    epoch.finish();
    return done();
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#fetcher.close();
  }

  async return(): Promise<IteratorResult<Batch, undefined>> {
    await this.#close();
    return done();
  }
}
