// The numbers of a thread that is to draw its own: worker threads of a data loader. libtorch's default generator is one
// for the whole process.
import { isMainThread } from 'node:worker_threads';

type Call = (...args: unknown[]) => unknown;

// Kept where each copy of this package in the thread finds it.
const KEY = Symbol.for('nodetorch.ownGenerator');
const place = globalThis as { [KEY]?: object };

/** What operators of this thread draw from where no generator is given; null for the default one. */
export const ownGenerator = (): object | null => place[KEY] ?? null;

/** Has operators of this thread, which is not the main one, draw from `generator`. */
export function setOwnGenerator(generator: object): void {
  place[KEY] = generator;
}

// Operators that take a generator by name.
const drawing = new Set(
  [
    ...[
      'bernoulli',
      'bernoulli_',
      'binomial',
      'cauchy_',
      'exponential_',
      'geometric_',
      'log_normal_',
      'multinomial',
    ],
    ...[
      'normal',
      'normal_',
      'poisson',
      'rand',
      'rand_like',
      'randint',
      'randint_like',
      'randn',
      'randn_like',
    ],
    ...['random_', 'randperm', 'rrelu', 'rrelu_', 'uniform_'],
  ].map((name) => `aten::${name}`),
);

/** The operator `name` as the thread is to call it. */
export function withOwnGenerator(name: string, call: Call): Call {
  if (isMainThread || !drawing.has(name)) return call;
  return (...args) => {
    const generator = ownGenerator();
    if (!generator) return call(...args);
    while (args.length > 0 && args.at(-1) === undefined) args.pop();
    const last = args.at(-1);
    const isNamed =
      typeof last === 'object' && last !== null && Object.getPrototypeOf(last) === Object.prototype;
    if (!isNamed) return call(...args, { generator });
    const given = last as { generator?: object | null };
    return call(...args.slice(0, -1), { ...given, generator: given.generator ?? generator });
  };
}
