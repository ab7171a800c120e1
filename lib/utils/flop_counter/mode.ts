// Counts floating-point operations while a function runs.
import { wrap } from '../../native/dispatch';
import { checkMethods } from '../../core/calls';
import { argumentError, TorchTypeError } from '../../core/errors';
import { compareByIdentity } from '../../core/identity';
import { type Call, signature } from '../../core/signature';
import { native } from '../../native';
import { settled } from '../../native/scope';
import type { FlopFormula } from './formulas';
import { GLOBAL, ModuleTracker } from './module_tracker';
import { type RegisteredFormula, checkTarget, flopRegistry } from './registry';
import { tableText } from './table';

/** Options of `torch.utils.flopCounter.FlopCounterMode`. */
export interface FlopCounterOptions {
  /** How deep the table goes into modules that are in modules. Default: 2. */
  depth?: number;
  /** Whether {@link FlopCounterMode.run} prints the table at its end. Default: `true`. */
  display?: boolean;
  /** Formulas of more operators, by name, for this counter alone. */
  customMapping?: Readonly<Record<string, FlopFormula>> | null;
}

const MODE = signature('FlopCounterMode', [], {
  depth: 2,
  display: true,
  customMapping: null,
} as Required<FlopCounterOptions>);

// Those that are running: an operator is told of once, to all of them.
const running: FlopCounterMode[] = [];

/** Gives what operators were called since the last time to the counters that are running. */
function settle(): void {
  for (const [name, pass, args, results] of native.recordedOperators()) {
    const operator = name.replace('::', '.');
    const given = args.map(wrapped);
    const out = results.map(wrapped);
    for (const counter of running) counter._count(operator, pass, given, out);
  }
}

// Formulas that look at tensors get them as handles.
function wrapped(value: unknown): unknown {
  return Array.isArray(value) ? value.map(wrapped) : wrap(value);
}

function listen(): void {
  const all = new Map(running.flatMap((counter) => [...counter._formulas]));
  const names = (raw: boolean): string[] =>
    [...all].filter(([, { getRaw }]) => getRaw === raw).map(([name]) => name.replace('.', '::'));
  native.recordOperators(running.length > 0 ? names(false) : null, names(true));
}

/**
 * Counts the floating-point operations of products, convolutions and attention while a function runs, backward
 * passes included, for each module and each operator.
 *
 * Differs from PyTorch: `torch.utils.flopCounter.FlopCounterMode` is no context manager: `run` counts what a function does.
 * Of `torch.cond` it counts the branch that is taken, and not the larger one.
 *
 * @example
 * const counter = new FlopCounterMode({ display: false });
 * counter.run(() => model(input).sum().backward());
 * counter.getTotalFlops();
 */
export class FlopCounterMode {
  readonly depth: number;
  readonly display: boolean;
  /** @internal */
  readonly _formulas: ReadonlyMap<string, RegisteredFormula>;
  readonly #tracker = new ModuleTracker(settle);
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(...args: Call<typeof MODE, [], [depth: number, display: boolean]>) {
    const [{ depth, display, customMapping }] = MODE.bind(args);
    if (!Number.isInteger(depth)) throw argumentError('FlopCounterMode', 'depth', 'a whole number', depth);
    this.depth = depth;
    this.display = display;
    const own = Object.entries(customMapping ?? {}).map(([name, formula]) => {
      checkTarget(name);
      if (typeof formula !== 'function') {
        throw argumentError('FlopCounterMode', `customMapping['${name}']`, 'a function', formula);
      }
      return [name, { formula, getRaw: false }] as const;
    });
    this._formulas = new Map([...flopRegistry, ...own]);
  }

  /** Runs `body` and counts what it does, from 0. Returns its result. A promise is refused. */
  run<T>(...args: [body: () => T]): T {
    const [body] = args;
    if (typeof body !== 'function') throw argumentError('FlopCounterMode.run', 'body', 'a function', body);
    if (running.includes(this)) throw new TorchTypeError('FlopCounterMode.run(): it is running already');
    let result: T;
    settle();
    this.#counts.clear();
    try {
      running.push(this);
      listen();
      this.#tracker.start();
      result = body();
    } finally {
      settle();
      running.splice(running.indexOf(this), 1);
      listen();
      this.#tracker.stop();
    }
    if (this.display) console.log(this.getTable());
    return settled('FlopCounterMode.run', result);
  }

  /** All operations; exact up to 2^53. */
  getTotalFlops(): number {
    return [...(this.#counts.get(GLOBAL)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  }
  /** The operations by module, `'Global'` for all, and by operator: `counts.get('Global').get('aten.mm')`. */
  getFlopCounts(): Map<string, Map<string, number>> {
    return new Map([...this.#counts].map(([name, counts]) => [name, new Map(counts)]));
  }
  /** The operations as a table of text. */
  getTable(...args: [depth?: number | null]): string {
    const [depth] = args;
    return tableText(this.#counts, depth ?? this.depth);
  }

  /** @internal */
  _count(operator: string, pass: number, args: unknown[], results: unknown[]): void {
    const found = this._formulas.get(operator);
    if (!found) return;
    const flops = found.formula(args, results.length === 1 ? results[0] : results);
    for (const parent of this.#tracker.parents(pass)) {
      let counts = this.#counts.get(parent);
      if (!counts) this.#counts.set(parent, (counts = new Map()));
      counts.set(operator, (counts.get(operator) ?? 0) + flops);
    }
  }
}
compareByIdentity(FlopCounterMode);
checkMethods(
  'FlopCounterMode',
  FlopCounterMode,
  'run(body)',
  'getTotalFlops()',
  'getFlopCounts()',
  'getTable(depth?)',
);
