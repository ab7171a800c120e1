// A collective that has begun.
import { bindArguments } from '../core/calls';
import { TorchTypeError } from '../core/errors';
import { native } from '../native';
import type { Handle } from '../../typings/native';
import { checkTimeout } from './store';

/**
 * A collective that has begun: `await work`, which leaves the event loop free, or `work.wait()`, which blocks this thread
 * as Python's does. Until one of them is done, the tensors of the collective are neither to be read nor to be changed.
 *
 * A Work that nobody waits for says nothing of its error.
 *
 * Differs from PyTorch: `torch.distributed.allReduce` and the other collectives have no `async_op`: each returns a `Work`.
 */
export class Work<T = void> implements PromiseLike<T> {
  /** @internal */
  readonly handle: Handle | null;
  readonly #finish: () => T;
  #promise: Promise<T> | null = null;
  #result: { value: T } | null = null;

  /** @internal `handle` null: it is done. `finish`: what is left to do, once. */
  constructor(handle: Handle | null, finish: () => T) {
    if (typeof finish !== 'function') throw new TorchTypeError('Work: No constructor defined!');
    this.handle = handle;
    this.#finish = finish;
  }

  #complete(): T {
    this.#result ??= { value: this.#finish() };
    return this.#result.value;
  }

  /** What `await` calls. */
  then<A = T, B = never>(
    onDone?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#promise ??=
      this.#result || this.handle === null
        ? (Promise.resolve() as Promise<never>)
        : (native.workDone(this.handle) as Promise<never>);
    return this.#promise.then(() => this.#complete()).then(onDone, onError);
  }

  /**
   * Blocks this thread until it is done, no longer than `timeout` milliseconds.
   *
   * @throws TorchError that names collective, rank and what happened. The group cannot be used afterwards.
   */
  wait(...args: [timeout?: number]): boolean {
    const [timeout] = bindArguments('Work.wait(timeout?)', args);
    if (timeout !== undefined) checkTimeout('Work.wait', timeout);
    if (this.handle !== null && this.#result === null) native.workWait(this.handle, Math.ceil(timeout ?? 0));
    this.#complete();
    return true;
  }

  /** Whether it is done, well or not. A `send` or `recv` is done when somebody has waited for it. */
  isCompleted(...args: []): boolean {
    bindArguments('Work.isCompleted()', args);
    return this.#result !== null || this.handle === null || native.workIsCompleted(this.handle);
  }
}
