// Gathers single requests for a few milliseconds into one batch: a model answers 32 at once nearly as fast as one.
import torch, { type Tensor } from 'nodetorch';

export interface BatcherOptions {
  /** Samples of a batch. */
  largest: number;
  /** How long the first of a batch waits for others, in milliseconds. */
  wait: number;
  /** How many may wait; what comes beyond is refused, since it would only be answered too late. */
  queue: number;
}

/** There is more to do than is done: try again later. */
export class Overloaded extends Error {}

interface Waiting {
  sample: Tensor;
  resolve(result: Tensor): void;
  reject(error: unknown): void;
}

export class Batcher {
  readonly #queue: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #isClosed = false;

  constructor(
    private readonly run: (batch: Tensor) => Promise<Tensor>,
    private readonly options: BatcherOptions,
  ) {}

  /** The result for one sample, which has no dimension for the batch. */
  submit(sample: Tensor): Promise<Tensor> {
    if (this.#isClosed) return Promise.reject(new Overloaded('the server is about to end'));
    if (this.#queue.length >= this.options.queue)
      return Promise.reject(new Overloaded('too many requests wait'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ sample, resolve, reject });
      this.#schedule();
    });
  }

  /** Ends when all that was submitted has its answer; nothing more is taken. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#queue.length > 0 || this.#running) {
      this.#begin();
      await this.#running;
    }
  }

  #schedule(): void {
    if (this.#running) return; // what waits is the next batch
    if (this.#queue.length >= this.options.largest) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), this.options.wait);
  }

  #begin(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#running || this.#queue.length === 0) return;
    this.#running = this.#answer(this.#queue.splice(0, this.options.largest)).finally(() => {
      this.#running = null;
      if (this.#queue.length > 0) this.#begin();
    });
  }

  async #answer(batch: Waiting[]): Promise<void> {
    try {
      const results = await this.run(torch.stack(batch.map(({ sample }) => sample)));
      torch.unbind(results).forEach((result, i) => batch[i].resolve(result));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
