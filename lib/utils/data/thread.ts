// A worker thread of a loader: makes its dataset, then batches of it, one after the other, as it is told.
import { isMainThread, workerData } from 'node:worker_threads';
import { native } from '../../native';
import { setOwnGenerator } from '../../native/own_generator';
import { Generator } from '../../tensor/random';
import { END, type CollateFn, type Fetcher, type FetcherOptions, makeFetcher } from './fetch';
import { isStateful } from './parts';
import type { Order, Report, Setup, ThreadData } from './messages';
import { ENDING, discard, pack, unpack } from './packing';
import { findFunction, makeDataset } from './portable';
import { packError } from './worker_error';
import { setWorkerInfo } from './worker_info';

class Thread {
  readonly #generator = new Generator();
  #setup!: Setup;
  #options!: FetcherOptions;
  #fetcher: Fetcher | null = null;
  #problem: unknown;
  #epoch = 0;
  #isEnded = false;

  constructor(readonly data: ThreadData) {
    let last = Promise.resolve();
    data.port.on('message', (order: Order) => {
      last = last.then(() => this.#obey(order));
    });
  }

  async #obey(order: Order): Promise<void> {
    if (order === null) return this.#end();
    if ('setup' in order) return this.#begin(unpack(order.setup));
    if ('epoch' in order) return this.#beginAgain(order.epoch);
    if (this.#isEnded || Atomics.load(this.data.isEnding, 0) !== 0) return;
    const report = await this.#make(order.task, order.key);
    if (report) this.#send(report);
  }

  // Posting may fail, too: a batch can hold what does not cross threads.
  #send(report: Report): void {
    try {
      this.data.port.postMessage(report);
    } catch (error) {
      if (report.kind !== 'data') throw error;
      discard(report.data);
      discard(report.state);
      this.data.port.postMessage({
        kind: 'error',
        epoch: this.#epoch,
        task: report.task,
        error: packError(error),
      });
    }
  }

  async #begin(setup: Setup): Promise<void> {
    native.setNumThreads(1);
    this.#setup = setup;
    this.#send({ kind: 'ready', epoch: 0 });
    const { id, numWorkers, isBatched, dropLast, state } = setup;
    const seed = BigInt.asUintN(64, setup.baseSeed + BigInt(id));
    setOwnGenerator(this.#generator.manualSeed(seed));
    try {
      const dataset = (await makeDataset(setup.dataset)) as FetcherOptions['dataset'];
      setWorkerInfo({ id, numWorkers, seed, dataset });
      const collateFn = (await findFunction(setup.collateFn)) as CollateFn;
      const init = setup.workerInitFn && (await findFunction(setup.workerInitFn));
      await (init as ((id: number) => unknown) | null)?.(id);
      this.#options = { dataset, isBatched, collateFn, dropLast, waits: true };
      const skipped = this.#goBack(state);
      this.#fetcher = makeFetcher(this.#options);
      for (let i = 0; i < skipped; i++) await this.#fetcher.fetch(this.#noKeys());
    } catch (error) {
      this.#problem = error;
    }
  }

  /** Brings dataset and random numbers to where they were. How many batches are to be dropped, where that is the way. */
  #goBack(state: Setup['state']): number {
    const { dataset } = this.#options;
    const knowsPlace = isStateful(dataset) && state.dataset != null;
    if (knowsPlace) dataset.loadStateDict(state.dataset);
    const skipped = 'get' in dataset || knowsPlace ? 0 : state.num_yielded;
    const rng = skipped > 0 ? state.rng_at_start : state.rng;
    if (rng) this.#generator.setState(rng);
    return skipped;
  }

  #noKeys(): unknown {
    return this.#setup.isBatched ? new Array<undefined>(this.#setup.batchSize!).fill(undefined) : undefined;
  }

  async #beginAgain(epoch: number): Promise<void> {
    this.#epoch = epoch;
    this.#isEnded = false;
    try {
      await this.#fetcher?.close();
      if (this.#fetcher) this.#fetcher = makeFetcher(this.#options);
    } catch (error) {
      this.#problem = error;
    }
    this.#send({ kind: 'begun', epoch, state: this.#state() });
  }

  async #make(task: number, key: unknown): Promise<Report | null> {
    const epoch = this.#epoch;
    try {
      if (this.#problem !== undefined) throw this.#problem;
      const data = await this.#fetcher!.fetch(key);
      this.#isEnded = data === END;
      if (this.#isEnded) return { kind: 'end', epoch, task };
      return { kind: 'data', epoch, task, data: pack(data), state: this.#state() };
    } catch (error) {
      if (error === ENDING) return null;
      return { kind: 'error', epoch, task, error: packError(error) };
    }
  }

  #state(): unknown {
    const dataset = this.#options?.dataset;
    return pack({
      rng: this.#generator.getState(),
      dataset: isStateful(dataset ?? {}) ? (dataset as never as { stateDict(): unknown }).stateDict() : null,
    });
  }

  async #end(): Promise<void> {
    try {
      await this.#fetcher?.close();
    } finally {
      process.exit(0); // what the dataset has open must not keep the thread
    }
  }
}

const data = workerData as ThreadData | null;
if (!isMainThread && data?.nodetorchDataLoader) new Thread(data);
