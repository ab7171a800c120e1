// A compiled model in a process of its own: what ends that one is an error here.
import { type ForkOptions, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TorchError, TorchTypeError } from '../core/errors';
import type { Tensor } from '../tensor';
import { type Block, Memory } from './memory';
import { withoutStack } from './native_model';
import { type Part, checkParts, layout, partOf, readParts, writeParts } from './transport';

/** To the child: tensors, which it finds in the block; without them, the room that their results asked for. */
export interface Request {
  id: number;
  block: Block;
  inputs?: Part[];
}
/** From it: what it has written into the block, or what waits for a larger one. */
export interface Reply {
  id: number;
  outputs?: Part[];
  waits?: boolean;
  error?: { message: string; kind: string };
}
export interface Start {
  file: string;
  model: string;
  runners: number;
  device: number;
  threads: number;
  /** What it unpacks the package into, and removes if nothing ends it before. */
  folder: string;
}
/** What the parent knows of the results. */
export interface Expected {
  outputs: number;
  device: string;
}

/** The child's descriptor of the memory: the next one behind those of `stdio`. */
export const MEMORY = 4;
const LAST_WORDS = 2000; // characters
const GRACE = 1000; // milliseconds for them, where another process has its stderr, too

// This file lies one folder below the root, as the bundle of all modules does: the path holds for both.
const childFile = (): string => path.join(__dirname, `../inductor/child${path.extname(__filename)}`);

interface Run {
  block: Block;
  /** Whether it has asked for room. */
  hasWaited: boolean;
  resolve: (outputs: Tensor[]) => void;
  reject: (error: unknown) => void;
}

export class IsolatedModel {
  #process: ModelProcess | null = null;

  constructor(
    private readonly start: Omit<Start, 'folder'>,
    private readonly options: ForkOptions,
    private readonly expected: Expected,
  ) {}

  /** A process that has ended is begun anew. */
  run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    if (!this.#process?.lives) this.#process = new ModelProcess(this.start, this.options, this.expected);
    return this.#process.run(inputs);
  }

  close(): void {
    this.#process?.kill();
    this.#process = null;
  }
}

class ModelProcess {
  lives = true;
  readonly #memory = new Memory();
  readonly #child: ReturnType<typeof fork>;
  readonly #runs = new Map<number, Run>();
  #next = 0;
  #lastWords = '';
  /** Of the results before. */
  #size = 0;

  constructor(
    given: Omit<Start, 'folder'>,
    options: ForkOptions,
    private readonly expected: Expected,
  ) {
    const folder = path.join(os.tmpdir(), `nodetorch-inductor-${randomUUID()}`);
    const start: Start = { ...given, folder };
    try {
      this.#child = fork(childFile(), [JSON.stringify(start)], {
        ...options,
        serialization: 'json', // a string, whatever the child sends
        stdio: ['ignore', 'ignore', 'pipe', 'ipc', this.#memory.fd],
      });
    } catch (error) {
      this.#memory.close();
      throw error;
    }
    const { stderr } = this.#child;
    stderr?.on(
      'data',
      (text: Buffer) => (this.#lastWords = (this.#lastWords + text.toString()).slice(-LAST_WORDS)),
    );
    (stderr as unknown as { unref?: () => void } | null)?.unref?.();
    this.#child.on('message', (reply: Reply) => this.#receive(reply));
    this.#child.on('error', (error) => this.#end(`: ${error.message}`));
    const how = (code: number | null, signal: NodeJS.Signals | null): string =>
      signal ? ` by the signal ${signal}` : ` with the exit code ${code}`;
    this.#child.on('close', (code, signal) => this.#end(how(code, signal)));
    this.#child.on('exit', (code, signal) => {
      this.lives = false;
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      const timer = setTimeout(() => this.#end(how(code, signal)), GRACE);
      if (this.#runs.size === 0) timer.unref();
      this.#child.once('close', () => clearTimeout(timer));
    });
    this.#child.on('disconnect', () => this.kill()); // it answers no more
  }

  run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const id = this.#next++;
    const parts = inputs.map(partOf);
    const { size } = layout(parts);
    const block = this.#memory.take(Math.max(size, this.#size), mostBytes());
    const result = new Promise<Tensor[]>((resolve, reject) =>
      this.#runs.set(id, { block, hasWaited: false, resolve, reject }),
    );
    this.#child.ref();
    this.#child.channel?.ref();
    try {
      writeParts(this.#memory.fd, block.at, inputs);
      this.#send({ id, block, inputs: parts });
    } catch (error) {
      this.#settle(id, ({ reject }) => reject(error));
    }
    return result;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(request: Request): void {
    this.#child.send(request, (error) => error && this.kill()); // its end rejects all
  }

  // Nothing in it is trusted.
  #receive(reply: Reply | null): void {
    const id = reply?.id ?? -1;
    const run = this.#runs.get(id);
    if (!reply || !run) return;
    try {
      const { error, outputs, waits } = reply;
      if (error != null) throw errorOf(error);
      const parts = checkParts(outputs, this.expected.outputs, this.expected.device);
      const { size } = layout(parts);
      if (waits === true) return this.#makeRoom(id, run, size);
      if (!(size <= run.block.size))
        throw new TorchError(`the process of the compiled model has no room for ${size} bytes`);
      this.#size = size;
      const tensors = readParts(this.#memory.fd, run.block.at, parts);
      this.#settle(id, ({ resolve }) => resolve(tensors));
    } catch (error) {
      this.#settle(id, ({ reject }) => reject(error));
    }
  }

  #makeRoom(id: number, run: Run, size: number): void {
    if (run.hasWaited) throw new TorchError('the process of the compiled model asked for room again');
    run.hasWaited = true;
    this.#memory.give(run.block);
    run.block = this.#memory.take(size, mostBytes());
    this.#send({ id, block: run.block });
  }

  #end(how: string): void {
    this.lives = false;
    this.#child.stderr?.destroy();
    const words = this.#lastWords && `: ${this.#lastWords.trim()}`;
    const error = new TorchError(`the process of the compiled model ended${how}${words}`);
    for (const id of [...this.#runs.keys()]) this.#settle(id, ({ reject }) => reject(error));
    this.#memory.close();
  }

  #settle(id: number, settle: (run: Run) => void): void {
    const run = this.#runs.get(id);
    if (!run) return;
    this.#runs.delete(id);
    this.#memory.give(run.block);
    // A process that has nothing to do does not keep this one up.
    if (this.#runs.size === 0) {
      this.#child.unref();
      this.#child.channel?.unref();
    }
    settle(run);
  }
}

// What the system lets this process have, where it says so.
const mostBytes = (): number => {
  const { constrainedMemory } = process as { constrainedMemory?: () => number | undefined };
  return Math.min(os.totalmem(), constrainedMemory?.call(process) || Infinity);
};

function errorOf({ message, kind }: { message: unknown; kind: unknown }): unknown {
  if (kind === 'TypeError') return new TorchTypeError(String(message));
  return withoutStack(new TorchError(String(message), typeof kind === 'string' ? kind : 'RuntimeError'));
}
