// What stands on the command line.
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A wrong command line. */
export class UsageError extends Error {}

export interface Command {
  /** Shown by --help. */
  readonly usage: string;
  /** Returns the exit code. */
  run(argv: readonly string[]): number | Promise<number>;
}

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = {
  [K in keyof T]?: T[K] extends { type: 'boolean' }
    ? boolean
    : T[K] extends { multiple: true }
      ? string[]
      : string;
};

/** Options, and exactly as many other arguments as there are `names`. */
export function parse<T extends Options>(
  argv: readonly string[],
  options: T,
  names: readonly string[],
): { values: Values<T>; positionals: string[] } {
  const parsed = withUsageError(() =>
    parseArgs({ args: [...argv], options, allowPositionals: true, strict: true }),
  );
  const { positionals } = parsed;
  if (positionals.length < names.length) throw new UsageError(`${names[positionals.length]} is missing`);
  if (positionals.length > names.length) {
    throw new UsageError(`one argument too many: '${positionals[names.length]}'`);
  }
  return { values: parsed.values as Values<T>, positionals };
}

function withUsageError<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    // Its first sentence; more of them give advice.
    throw new UsageError((error as Error).message.split(/\.\s/)[0], { cause: error });
  }
}

/** A number of an option, at least 0. */
export function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new UsageError(`--${name} must be a number, not '${text}'`);
  return value;
}
