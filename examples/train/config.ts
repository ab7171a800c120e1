// What a run is told: the defaults, then a JSON file (--config), then flags (--save-every 20).
import fs from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';

export const defaults = {
  /** The folder of checkpoints, metrics and the trained weights. A run that finds some there goes on. */
  out: 'runs/digits',
  seed: 42,
  epochs: 12,
  /** Items of a batch; `accumulate` batches make one step. */
  batch: 32,
  accumulate: 2,
  lr: 4e-3,
  weightDecay: 0.05,
  /** Steps until the learning rate is reached. */
  warmup: 20,
  /** The longest that a gradient may be. */
  clip: 1,
  /** How much of the average stays at each step. */
  ema: 0.98,
  /** Whether the network computes in bfloat16. */
  bf16: true,
  workers: 2,
  /** Threads of an operator. The bits of a sum may depend on it, so a resumed run keeps it. */
  threads: 1,
  logEvery: 5,
  saveEvery: 20,
  /** How many of the last checkpoints stay beside the best one. */
  keep: 3,
};
export type Config = typeof defaults;

const flagOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function converted(key: string, value: unknown): unknown {
  if (!(key in defaults)) throw new TypeError(`there is no option '${key}'`);
  const wanted = typeof defaults[key as keyof Config];
  const given = wanted === 'number' && typeof value === 'string' ? Number(value) : value;
  if (typeof given !== wanted || Number.isNaN(given)) {
    throw new TypeError(`'${flagOf(key)}' must be a ${wanted}, and is ${JSON.stringify(value)}`);
  }
  return given;
}

/** Reads the command line of a program. */
export function readConfig(args: string[]): Config {
  const keys = Object.keys(defaults) as (keyof Config)[];
  const options: NonNullable<ParseArgsConfig['options']> = { config: { type: 'string' } };
  for (const key of keys) {
    options[flagOf(key)] = { type: typeof defaults[key] === 'boolean' ? 'boolean' : 'string' };
  }
  const { values } = parseArgs({ args, options, allowNegative: true }); // --no-bf16
  const file = values.config as string | undefined;
  const given = file ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
  for (const key of keys) given[key] = values[flagOf(key)] ?? given[key] ?? defaults[key];
  const known = Object.entries(given).map(([key, value]) => [key, converted(key, value)] as const);
  return Object.fromEntries(known) as Config;
}
