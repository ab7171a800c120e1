// A compiled model in a process of its own: what ends that one is an error here.
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import path from 'node:path';
import { TorchError, TorchTypeError } from '../core/errors';
import type { Tensor } from '../tensor';
import { withoutStack } from './native_model';
import { type Packed, packed, unpacked } from './transport';

/** To the child, and from it. */
export interface Request {
  id: number;
  inputs: Packed[];
}
export interface Reply {
  id: number;
  outputs?: Packed[];
  error?: { message: string; kind: string };
}
export interface Start {
  file: string;
  model: string;
  runners: number;
  device: number;
  threads: number;
}

// This file lies one folder below the root, as the bundle of all modules does: the path holds for both.
const childFile = (): string => path.join(__dirname, `../inductor/child${path.extname(__filename)}`);

interface Waiting {
  /** Who was asked. */
  child: ChildProcess;
  resolve: (outputs: Tensor[]) => void;
  reject: (error: unknown) => void;
}

export class IsolatedModel {
  #child: ChildProcess | null = null;
  #next = 0;
  readonly #waiting = new Map<number, Waiting>();

  constructor(
    private readonly start: Start,
    private readonly options: ForkOptions,
  ) {}

  /** A process that has ended is begun anew. */
  run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const child = (this.#child ??= this.#begin());
    const id = this.#next++;
    const result = new Promise<Tensor[]>((resolve, reject) =>
      this.#waiting.set(id, { child, resolve, reject }),
    );
    child.ref();
    child.channel?.ref();
    const request: Request = { id, inputs: inputs.map(packed) };
    child.send(request, (error) => error && this.#settle(id, (one) => one.reject(error)));
    return result;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  #begin(): ChildProcess {
    const child = fork(childFile(), [JSON.stringify(this.start)], {
      ...this.options,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    child.stderr?.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-2000)));
    (child.stderr as unknown as { unref?: () => void }).unref?.();
    child.on('message', (reply: Reply) => this.#receive(reply));
    const end = (how: string): void => {
      if (this.#child === child) this.#child = null;
      const error = new TorchError(
        `the process of the compiled model ended ${how}${said && `: ${said.trim()}`}`,
      );
      for (const [id, one] of [...this.#waiting]) {
        if (one.child === child) this.#settle(id, () => one.reject(error));
      }
    };
    child.on('error', (error) => end(`: ${error.message}`));
    child.on('close', (code, signal) =>
      end(signal ? `by the signal ${signal}` : `with the exit code ${code}`),
    );
    return child;
  }

  #receive({ id, outputs, error }: Reply): void {
    this.#settle(id, ({ resolve, reject }) => {
      if (outputs) resolve(outputs.map(unpacked));
      else if (error?.kind === 'TypeError') reject(new TorchTypeError(error.message));
      else reject(withoutStack(new TorchError(error?.message ?? '', error?.kind)));
    });
  }

  #settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    // A process that has nothing to do does not keep this one up.
    if (this.#waiting.size === 0) {
      this.#child?.unref();
      this.#child?.channel?.unref();
    }
    if (waiting) settle(waiting);
  }
}
