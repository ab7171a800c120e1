// The worker threads of a loader: begins them, carries messages, notices when one dies, ends them.
import { MessageChannel, type MessagePort, Worker, receiveMessageOnPort } from 'node:worker_threads';
import { TorchError } from '../../core/errors';
import { native } from '../../native';
import { workerFile } from '../worker_file';
import type { Order, Report, Setup, ThreadData } from './messages';
import { discard, pack } from './packing';
import type { LoaderParts } from './parts';
import { functionRecipe, recipeOf } from './portable';
import type { WorkerState } from './state';

/** How long workers may take to end by themselves. Python's MP_STATUS_CHECK_INTERVAL. */
const GRACE_MS = 5000;

interface Member {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly exit: Promise<void>;
  /** Whether it has been told to end. */
  isEnding: boolean;
}

export type Received = Report & { readonly worker: number };

export class WorkerPool {
  readonly #members: Member[] = [];
  readonly #arrived: Received[] = [];
  readonly #isEnding = new Int32Array(new SharedArrayBuffer(4));
  #failure: Error | null = null;
  #wake: (() => void) | null = null;
  #closing: Promise<void> | null = null;

  constructor(parts: LoaderParts, baseSeed: bigint, states: readonly WorkerState[]) {
    const { numWorkers, isBatched, batchSize, dropLast, workerInitFn } = parts;
    const shared = {
      numWorkers,
      baseSeed,
      dataset: recipeOf(parts.dataset),
      isBatched,
      batchSize,
      dropLast,
      collateFn: functionRecipe('collateFn', parts.collateFn),
      workerInitFn: workerInitFn && functionRecipe('workerInitFn', workerInitFn),
    };
    native.getNumThreads(); // settles this thread's number, before workers take 1 for theirs
    for (let id = 0; id < numWorkers; id++) {
      const setup: Setup = { id, ...shared, state: states[id] };
      this.#members.push(this.#start(id, parts));
      this.post(id, { setup: pack(setup) });
    }
  }

  #start(id: number, parts: LoaderParts): Member {
    const { port1: port, port2 } = new MessageChannel();
    const data: ThreadData = { nodetorchDataLoader: true, port: port2, isEnding: this.#isEnding };
    const worker = new Worker(workerFile(), {
      name: 'pt_data_worker',
      ...parts.workerOptions,
      workerData: data,
      transferList: [port2],
    });
    port.on('message', (report: Report) => this.#receive(id, report));
    worker.on('error', (error) => this.#fail(id, error));
    const exit = new Promise<void>((resolve) => {
      worker.on('exit', (code) => {
        this.#poll(id);
        port.close();
        if (!member.isEnding) this.#fail(id, null, code);
        resolve();
      });
    });
    const member: Member = { worker, port, exit, isEnding: false };
    worker.unref();
    port.unref();
    return member;
  }

  #fail(id: number, cause: Error | null, code?: number): void {
    const how = cause ? `: ${cause.message}` : ` with exit code ${code}`;
    const failure = new TorchError(`DataLoader worker ${id} exited unexpectedly${how}`);
    this.#failure ??= cause ? Object.assign(failure, { cause }) : failure;
    this.#wake?.();
  }

  #receive(worker: number, report: Report): void {
    // A worker that takes one thread for its operators has made that the process's number for threads that begin later.
    if (report.kind === 'ready') return native.setNumThreads(native.getNumThreads());
    this.#arrived.push({ worker, ...report });
    this.#wake?.();
  }

  /** Takes what has come already, without waiting for the event loop. */
  #poll(id: number): void {
    const { port } = this.#members[id];
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      this.#receive(id, next.message as Report);
    }
  }

  post(id: number, order: Order): void {
    this.#members[id].port.postMessage(order);
  }

  /** Tells one worker that there is nothing more to do. */
  end(id: number): void {
    this.#members[id].isEnding = true;
    this.post(id, null);
  }

  /**
   * The next message of any worker.
   *
   * @throws RuntimeError where a worker has died, or none comes in `timeout` seconds; the reason of `signal`.
   */
  async receive(timeout: number, signal: AbortSignal | null): Promise<Received> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#arrived.length === 0) this.#members.forEach((_, id) => this.#poll(id));
      const next = this.#arrived.shift();
      if (next) return next;
      if (this.#failure) throw this.#failure;
      await this.#arrival(timeout, signal);
    }
  }

  // While somebody waits, the workers keep the process alive; otherwise they do not.
  async #arrival(timeout: number, signal: AbortSignal | null): Promise<void> {
    for (const { worker, port } of this.#members) {
      worker.ref();
      port.ref();
    }
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        onAbort = resolve;
        signal?.addEventListener('abort', resolve as () => void, { once: true });
        if (timeout === 0) return;
        const late = (): void => reject(new TorchError(`DataLoader timed out after ${timeout} seconds`));
        timer = setTimeout(late, timeout * 1000);
      });
    } finally {
      this.#wake = null;
      clearTimeout(timer);
      if (onAbort) signal?.removeEventListener('abort', onAbort);
      for (const { worker, port } of this.#members) {
        worker.unref();
        port.unref();
      }
    }
  }

  /** Ends all workers, in the middle of a batch where they may not take their time. */
  close(mayFinish: boolean): Promise<void> {
    return (this.#closing ??= this.#close(mayFinish));
  }

  async #close(mayFinish: boolean): Promise<void> {
    Atomics.store(this.#isEnding, 0, 1);
    for (const [id, member] of this.#members.entries()) {
      member.worker.ref();
      if (!member.isEnding) this.end(id);
    }
    const terminate = (): void => this.#members.forEach(({ worker }) => void worker.terminate());
    const timer = setTimeout(terminate, mayFinish ? GRACE_MS : 0);
    await Promise.all(this.#members.map(({ exit }) => exit));
    clearTimeout(timer);
    for (const report of this.#arrived.splice(0)) drop(report);
  }
}

/** Frees the tensors of a message that nobody reads. */
export function drop(report: Report): void {
  if (report.kind === 'data') discard(report.data);
  if (report.kind === 'data' || report.kind === 'begun') discard(report.state);
}
