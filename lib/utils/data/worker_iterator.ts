// Of `for await (const batch of loader)` with worker threads. Which worker gets which keys, and in which order batches
// come, is Python's: in turn, each up to `prefetchFactor` batches ahead.
import { Epoch } from './epoch';
import { unpack } from './packing';
import type { DataLoaderStateDict, WorkerState } from './state';
import { type Received, WorkerPool, drop } from './worker_pool';
import { unpackError } from './worker_error';

interface Task {
  readonly worker: number;
  /** What came before its turn. */
  report?: Received;
}
type Result<Batch> = IteratorResult<Batch, undefined>;
const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };

// Workers of a loop that nobody goes on with.
const forgotten = new FinalizationRegistry<WorkerPool>((pool) => void pool.close(true));

export class WorkerIterator<Batch> implements AsyncIterableIterator<Batch> {
  readonly #pool: WorkerPool;
  #epoch: Epoch;
  #number = 0; // of the epoch, among those of these workers
  readonly #tasks = new Map<number, Task>();
  #sent = 0; // number of the next task
  #next = 0; // number of the task whose batch comes next
  #turn = 0; // worker that is asked next
  #active: boolean[] = [];
  #counts: number[] = []; // each worker's tasks that have not been handed out
  #isClosed = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(epoch: Epoch, state: DataLoaderStateDict | null) {
    this.#epoch = epoch;
    // Where a state is of an epoch that has ended, the workers go on from there to the beginning of the next one.
    epoch.workers ??= state?.workers?.map(atStart) ?? Array.from({ length: epoch.parts.numWorkers }, noState);
    this.#pool = new WorkerPool(epoch.parts, epoch.baseSeed, epoch.workers);
    forgotten.register(this, this.#pool, this);
    this.#prime((epoch.lastWorker + 1) % epoch.parts.numWorkers);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether its workers live. */
  get isUsable(): boolean {
    return !this.#isClosed;
  }

  /** Begins another epoch with the same workers. */
  beginAgain(): Epoch {
    const { parts, baseSeed, workers } = this.#epoch;
    this.#number++;
    for (const { report } of this.#tasks.values()) if (report) drop(report);
    this.#tasks.clear();
    this.#sent = this.#next = 0;
    const epoch = new Epoch(parts, false, baseSeed);
    epoch.workers = workers!.map(atStart);
    this.#epoch = epoch;
    for (let id = 0; id < parts.numWorkers; id++) this.#pool.post(id, { epoch: this.#number });
    this.#prime(0);
    return epoch;
  }

  #prime(turn: number): void {
    const { numWorkers, prefetchFactor } = this.#epoch.parts;
    this.#turn = turn;
    this.#active = new Array<boolean>(numWorkers).fill(true);
    this.#counts = new Array<number>(numWorkers).fill(0);
    for (let i = 0; i < prefetchFactor * numWorkers; i++) this.#sendTask();
  }

  #sendTask(): void {
    const key = this.#epoch.nextKey();
    if (key.done) return;
    const worker = this.#findWorker();
    if (worker < 0) return;
    this.#pool.post(worker, { task: this.#sent, key: key.value });
    this.#tasks.set(this.#sent++, { worker });
    this.#counts[worker]++;
  }

  /** The next worker in turn that has something to give; -1 where there is none. */
  #findWorker(): number {
    const { numWorkers, prefetchFactor, inOrder } = this.#epoch.parts;
    const most = Math.floor((prefetchFactor * numWorkers) / this.#active.filter(Boolean).length);
    for (let i = 0; i < numWorkers; i++) {
      const worker = this.#turn;
      this.#turn = (worker + 1) % numWorkers;
      if (this.#active[worker] && (inOrder || this.#counts[worker] < most)) return worker;
    }
    return -1;
  }

  /** One batch after the other, even for who does not wait for the last. */
  next(): Promise<Result<Batch>> {
    const result = this.#last.then(() => this.#nextBatch());
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #nextBatch(): Promise<Result<Batch>> {
    if (this.#isClosed || this.#epoch.isFinished) return DONE;
    let report: Received | null;
    try {
      report = await this.#nextReport();
    } catch (error) {
      await this.#close(false);
      throw error;
    }
    const { persistentWorkers } = this.#epoch.parts;
    if (report?.kind === 'data') return { done: false, value: this.#handOut(report) };
    this.#epoch.finish();
    if (!persistentWorkers) await this.#close(true);
    if (report?.kind === 'error') throw unpackError(report.error, report.worker);
    return DONE;
  }

  /** What the next task in turn gave; null at the end of the epoch. */
  async #nextReport(): Promise<Received | null> {
    const { timeout, signal, inOrder, persistentWorkers } = this.#epoch.parts;
    for (;;) {
      this.#skip();
      if (this.#next === this.#sent) return null;
      const early = this.#tasks.get(this.#next)!.report;
      if (early) return this.#take(early, this.#next++);
      const report = await this.#pool.receive(timeout, signal);
      if (report.epoch !== this.#number) {
        drop(report);
        continue;
      }
      if (report.kind === 'begun') {
        this.#epoch.workers![report.worker] = atStart({ ...noState(), ...unpack<WorkerState>(report.state) });
        continue;
      }
      if (report.kind === 'ready') continue;
      if (report.kind === 'end') {
        this.#active[report.worker] = false;
        if (!persistentWorkers) this.#pool.end(report.worker);
        this.#sendTask();
      } else if (report.task === this.#next) return this.#take(report, this.#next++);
      else if (!inOrder) return this.#take(report, report.task);
      else this.#tasks.get(report.task)!.report = report;
    }
  }

  /** Passes over the tasks of workers that have nothing more to give. */
  #skip(): void {
    for (; this.#next < this.#sent; this.#next++) {
      const task = this.#tasks.get(this.#next);
      if (task && (task.report || this.#active[task.worker])) return;
      this.#tasks.delete(this.#next);
    }
  }

  #take(report: Received, task: number): Received {
    this.#tasks.delete(task);
    this.#counts[report.worker]--;
    this.#sendTask();
    return report;
  }

  #handOut(report: Received & { kind: 'data' }): Batch {
    const { worker, data, state } = report;
    const before = this.#epoch.workers![worker];
    const num_yielded = before.num_yielded + 1;
    this.#epoch.workers![worker] = { ...before, ...unpack<WorkerState>(state), num_yielded };
    this.#epoch.lastWorker = worker;
    return this.#epoch.handOut(unpack(data)) as Batch;
  }

  async #close(mayFinish: boolean): Promise<void> {
    if (!this.#isClosed) forgotten.unregister(this);
    this.#isClosed = true;
    for (const { report } of this.#tasks.values()) if (report) drop(report);
    this.#tasks.clear();
    await this.#pool.close(mayFinish);
  }

  /** Ends the workers. */
  close(): Promise<void> {
    return this.#close(true);
  }

  async return(): Promise<Result<Batch>> {
    if (!this.#epoch.parts.persistentWorkers) await this.#close(true);
    return DONE;
  }
}

const noState = (): WorkerState => ({ rng: null, rng_at_start: null, dataset: null, num_yielded: 0 });
const atStart = (state: WorkerState): WorkerState => ({ ...state, rng_at_start: state.rng, num_yielded: 0 });
