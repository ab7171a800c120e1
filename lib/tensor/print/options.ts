// How tensors are printed: one set of options for the thread.
import { TorchTypeError, argumentError, checkFunction, checkOptions } from '../../core/errors';
import { bindArguments } from '../../core/calls';

/** How tensors are printed. */
export interface PrintOptions {
  /** Digits after the point, for floats. Default 4. */
  precision: number;
  /** A tensor with more elements is shortened. Default 1000. */
  threshold: number;
  /** Elements that a shortened dimension shows at either end. Default 3. */
  edgeitems: number;
  /** Characters in a line. Default 80. */
  linewidth: number;
  /** Scientific notation: always, never, or (null) where the values call for it. Default null. */
  sciMode: boolean | null;
}

/** A named set of options for printing. */
export type PrintProfile = 'default' | 'short' | 'full';

type Profile = Omit<PrintOptions, 'sciMode'>;

const standard: Profile = { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 };
const profiles: Readonly<Record<PrintProfile, Profile>> = {
  default: standard,
  short: { ...standard, precision: 2, edgeitems: 2 },
  full: { ...standard, threshold: Infinity },
};

/** @internal */
export let options: Readonly<PrintOptions> = { ...standard, sciMode: null };

const isCount = (value: number) => Number.isInteger(value) && value >= 0;
const isLimit = (value: number) => typeof value === 'number' && value >= 0;

// Checked here, so that printing never throws for an option. 99: toFixed() is asked for one digit more.
const checks: { [K in keyof PrintOptions]: [(value: PrintOptions[K]) => boolean, string] } = {
  precision: [(value) => isCount(value) && value <= 99, 'a whole number from 0 to 99'],
  threshold: [isLimit, 'a number, 0 or more'],
  edgeitems: [isCount, 'a whole number, 0 or more'],
  linewidth: [isLimit, 'a number, 0 or more'],
  sciMode: [(value) => value === null || typeof value === 'boolean', 'a boolean or null'],
};

/**
 * Sets how tensors are printed. What is left out stays as it is, but `sciMode`, which becomes null
 * as in PyTorch. `profile` sets all the rest; other options given with it win.
 *
 * @example
 * torch.setPrintoptions({ precision: 2 });
 * torch.setPrintoptions({ profile: 'full' }); // never shortened
 */
export function setPrintoptions(...args: [given?: Partial<PrintOptions> & { profile?: PrintProfile }]): void {
  const [given = {}] = bindArguments('setPrintoptions(given{}?)', args);
  checkOptions('setPrintoptions', given);
  const { profile, ...rest } = given;
  if (profile != null && !Object.hasOwn(profiles, profile)) {
    throw argumentError('setPrintoptions', 'profile', "'default', 'short' or 'full'", profile);
  }
  const next: Record<string, unknown> = { ...options, ...(profile ? profiles[profile] : {}), sciMode: null };
  for (const [name, value] of Object.entries(rest)) {
    const check = checks[name as keyof PrintOptions] as [(value: unknown) => boolean, string] | undefined;
    if (!check) throw new TorchTypeError(`setPrintoptions(): unknown option '${name}'`);
    if (value == null) continue;
    if (!check[0](value)) throw argumentError('setPrintoptions', name, check[1], value);
    next[name] = value;
  }
  options = next as unknown as PrintOptions;
}

/** A copy of the options, fit for {@link setPrintoptions}. */
export function getPrintoptions(...args: []): PrintOptions {
  bindArguments('getPrintoptions()', args);
  return { ...options };
}

/** Runs `body` with options as for {@link setPrintoptions}, and puts the old ones back. */
export function printoptions<T>(...args: [given: Parameters<typeof setPrintoptions>[0], body: () => T]): T {
  const [given, body] = bindArguments('printoptions(given{}, body)', args);
  checkFunction('printoptions', 'body', body);
  const before = options;
  try {
    setPrintoptions(given);
    return body();
  } finally {
    options = before;
  }
}
