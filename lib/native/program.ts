/** Graphs of operators that the addon runs without JavaScript: native/src/program. */
import type { Handle, ProgramDescription } from '../../typings/native';
import { wrap } from './dispatch';
import { native } from '.';

// A thread must not be in the middle of a kernel when the process ends: libtorch's own data goes then.
let endsBeforeExit = false;
/** Before work on another thread begins. */
export function endAwaitedBeforeExit(): void {
  if (endsBeforeExit) return;
  endsBeforeExit = true;
  process.once('exit', () => native.endAwaited());
}

/**
 * @example
 * const program = new Program({
 *   slots: 2,
 *   inputs: [0],
 *   nodes: [{ name: 'relu', operator: 'torch.ops.aten.relu.default', arguments: [{ slot: 0 }], outputs: [1] }],
 *   outputs: [{ slot: 1 }],
 * });
 * const [y] = program.run([x]);
 */
export class Program {
  readonly #handle: Handle;

  /** @throws TypeError that names the node where the description is wrong. */
  constructor(description: ProgramDescription) {
    this.#handle = native.programCreate(description);
  }

  run(inputs: readonly unknown[]): unknown[] {
    return wrap(native.programRun(this.#handle, inputs)) as unknown[];
  }

  /**
   * Runs on another thread, in the modes that are set here now. `inputs` must not be changed before the promise is
   * settled. Once `signal` is aborted, no further node is begun, and the promise rejects with the signal's reason.
   */
  async runAsync(inputs: readonly unknown[], signal?: AbortSignal | null): Promise<unknown[]> {
    signal?.throwIfAborted();
    endAwaitedBeforeExit();
    if (!signal) return wrap(await native.programRunAsync(this.#handle, inputs, null)) as unknown[];
    const cancel = native.makeCancel();
    const onAbort = (): void => native.cancel(cancel);
    const outputs = native.programRunAsync(this.#handle, inputs, cancel);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return wrap(await outputs) as unknown[];
    } catch (error) {
      if ((error as { kind?: string }).kind === 'CancelledError') signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
