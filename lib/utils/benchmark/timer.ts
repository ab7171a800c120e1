// How long a function takes.
import { bindArguments } from '../../core/calls';
import { TorchError, TorchTypeError, checkFunction } from '../../core/errors';
import { callable } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { native } from '../../native';
import { Measurement } from './measurement';
import type { TaskSpec } from './task_spec';

/** Options of `torch.utils.benchmark.Timer`. */
export interface TimerOptions {
  /** Runs once before each measurement. */
  setup?: (() => void) | null;
  /** The time in seconds. Default: a clock that never goes back. */
  timer?: () => number;
  /** What is measured, in words. */
  label?: string | null;
  /** What tells this task from others of its label. */
  subLabel?: string | null;
  description?: string | null;
  env?: string | null;
  /** How many threads an operator may use meanwhile. Default: 1. */
  numThreads?: number;
}
const TIMER = signature('Timer', [callable<() => unknown>()('stmt')], {
  setup: null,
  timer: () => Number(process.hrtime.bigint()) / 1e9,
  label: null,
  subLabel: null,
  description: null,
  env: null,
  numThreads: 1,
} as Required<TimerOptions>);

const MOST_RUNS = 2 ** 31 - 1;

/** Options of `Timer.blockedAutorange`. */
export interface BlockedAutorangeOptions {
  /** Is told of each block: how many runs, and seconds. */
  callback?: ((number: number, time: number) => void) | null;
  /** Seconds of all blocks together. Default: 0.2. */
  minRunTime?: number;
}
const BLOCKED = signature('Timer.blockedAutorange', [], {
  callback: null,
  minRunTime: 0.2,
} as Required<BlockedAutorangeOptions>);

/** Options of `Timer.adaptiveAutorange`. */
export interface AdaptiveAutorangeOptions extends BlockedAutorangeOptions {
  /** The share of the median that the quartiles' distance must be under. Default: 0.1. */
  threshold?: number;
  /** Seconds after which it ends in any case. Default: 10. */
  maxRunTime?: number;
}
const ADAPTIVE = signature(
  'Timer.adaptiveAutorange',
  [],
  { threshold: 0.1, minRunTime: 0.01, maxRunTime: 10, callback: null } as Required<AdaptiveAutorangeOptions>,
  ['threshold'],
);

/**
 * Measures how long a function takes, after a warm-up and with the given number of threads: `torch.utils.benchmark.Timer`.
 * Work on a GPU is waited for only by a function that does so: `() => { f(x); torch.cuda.synchronize(); }`.
 *
 * Differs from PyTorch: `torch.utils.benchmark.Timer` times a function, not a text to compile, so it has no `globals`,
 * `globalSetup` and `language`.
 *
 * @throws TypeError for a `stmt` that is no function, or returns a promise.
 *
 * @example
 * const measured = new Timer(() => x.matmul(x), { label: 'matmul' }).blockedAutorange();
 * console.log(measured.median, String(measured));
 */
export class Timer {
  readonly #stmt: () => unknown;
  readonly #setup: (() => void) | null;
  readonly #timer: () => number;
  readonly #task: TaskSpec;

  constructor(...args: Call<typeof TIMER, [stmt: () => unknown]>) {
    const [stmt, { setup, timer, label, subLabel, description, env, numThreads }] = TIMER.bind(args);
    checkFunction('Timer', 'timer', timer);
    if (setup !== null) checkFunction('Timer', 'setup', setup);
    if (!Number.isInteger(numThreads) || numThreads < 1)
      throw new TorchError('Timer(): numThreads expects a positive integer');
    this.#stmt = stmt;
    this.#setup = setup;
    this.#timer = timer;
    const texts = { stmt: textOf(stmt), setup: setup === null ? '' : textOf(setup) };
    this.#task = { ...texts, label, subLabel, description, env, numThreads };
  }

  /** One measurement of `number` runs, after a hundredth as many for warming up. Default: a million. */
  timeit(...args: [number?: number]): Measurement {
    const [number = 1_000_000] = bindArguments('Timer.timeit(number?)', args);
    return this.#withThreads(() => {
      this.#time(Math.max(Math.floor(number / 100), 2));
      return new Measurement(number, [this.#time(number)], this.#task);
    });
  }

  /** Measurements of blocks of runs, as many as fill `minRunTime`. A block is long enough for the clock's own cost. */
  blockedAutorange(
    ...args: Call<
      typeof BLOCKED,
      [],
      [callback: ((number: number, time: number) => void) | null, minRunTime: number]
    >
  ): Measurement {
    const [{ callback, minRunTime }] = BLOCKED.bind(args);
    return this.#blocks(minRunTime, Infinity, callback, () => true);
  }

  /** As {@link Timer.blockedAutorange}, until the times are close to each other. */
  adaptiveAutorange(...args: Call<typeof ADAPTIVE, [], [threshold: number]>): Measurement {
    const [{ threshold, minRunTime, maxRunTime, callback }] = ADAPTIVE.bind(args);
    return this.#blocks(
      minRunTime,
      maxRunTime,
      callback,
      (number, times) =>
        times.length > 3 && new Measurement(number, times, this.#task).meetsConfidence(threshold),
    );
  }

  #blocks(
    minRunTime: number,
    maxRunTime: number,
    callback: ((number: number, time: number) => void) | null,
    isEnough: (number: number, times: number[]) => boolean,
  ): Measurement {
    return this.#withThreads(() => {
      const number = this.#blockSize(minRunTime);
      const times: number[] = [];
      for (let total = 0, enough = false; total < minRunTime || !enough;) {
        const time = this.#time(number);
        times.push(time);
        total += time;
        callback?.(number, time);
        enough = isEnough(number, times);
        if (total > maxRunTime) break;
      }
      return new Measurement(number, times, this.#task);
    });
  }

  // So many runs that the clock's own cost is a ten-thousandth of theirs. Warms up as well.
  #blockSize(minRunTime: number): number {
    const idle = [0, 1, 2, 3, 4].map(() => this.#time(0)).sort((a, b) => a - b)[2];
    for (let number = 1; ; number *= 10) {
      const time = this.#time(number);
      const isLong = idle / time <= 1e-4 && time >= minRunTime / 1000;
      if (isLong || time > minRunTime || number * 10 > MOST_RUNS) return number;
    }
  }

  #time(number: number): number {
    this.#setup?.();
    const stmt = this.#stmt;
    const start = this.#timer();
    for (let i = 0; i < number; i++) {
      const result = stmt() as { then?: unknown } | null | undefined;
      if (i === 0 && typeof result?.then === 'function') {
        (result as unknown as Promise<unknown>).then(undefined, () => {});
        throw new TorchTypeError('Timer(): stmt returned a promise; what is awaited cannot be timed so');
      }
    }
    return Math.max(this.#timer() - start, 1e-9); // no real operation takes less
  }

  #withThreads<T>(run: () => T): T {
    const before = native.getNumThreads();
    native.setNumThreads(this.#task.numThreads);
    try {
      return run();
    } finally {
      native.setNumThreads(before);
    }
  }
}

/** The body of `() => body`, or of `() => { body }`, as it is in the program. */
function textOf(run: () => unknown): string {
  const text = String(run);
  const [, body = text] = /^\(\s*\)\s*=>\s*([^]*)$/.exec(text) ?? [];
  return body.replace(/^\{\s*([^]*?);?\s*\}$/, '$1');
}
