/** `torch.backends.opt_einsum`: a package of Python's that is not there, and so what PyTorch says without it. */
import { checkMethods } from '../core/calls';
import { valueError } from '../core/errors';
import { callable } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { settled } from '../native/scope';

interface OptEinsumFlags {
  enabled?: boolean | null;
  strategy?: 'auto' | 'greedy' | 'optimal' | null;
}
const none = { enabled: null, strategy: null } as Required<OptEinsumFlags>;
const SET = signature('setFlags', [], none, ['enabled', 'strategy']);
const FLAGS = signature('flags', [callable<() => unknown>()('body')], none);

/** Whether and how `torch.einsum` looks for the best order of its products: not at all, from left to right. */
class OptEinsum {
  /** Whether there is such a package: `false`. */
  isAvailable(): boolean {
    return false;
  }
  /** The package: null. */
  getOptEinsum(): null {
    return null;
  }
  /** `false`. Throws a ValueError for `true`. */
  get enabled(): boolean {
    return false;
  }
  set enabled(enabled: boolean) {
    if (!enabled) return;
    throw valueError(
      'opt_einsum is not available, so setting `enabled` to true will not reap the benefits of calculating an optimal ' +
        'path for einsum. torch.einsum will fall back to contracting from left to right.',
    );
  }
  /** Null. Throws a ValueError for a strategy. */
  get strategy(): OptEinsumFlags['strategy'] {
    return null;
  }
  set strategy(strategy: OptEinsumFlags['strategy']) {
    if (strategy === null) return;
    throw valueError(
      `opt_einsum is not available, so setting \`strategy\` to ${String(strategy)} will not be meaningful. ` +
        'torch.einsum will bypass path calculation and simply contract from left to right.',
    );
  }
  /** Sets what is given, and returns what was set before. */
  setFlags(...args: Call<typeof SET, [], [enabled: boolean | null]>): [enabled: boolean, strategy: null] {
    const [{ enabled, strategy }] = SET.bind(args);
    if (enabled !== null) this.enabled = enabled;
    this.strategy = strategy;
    return [false, null];
  }
  /**
   * Runs `body` with the flags. A promise is refused.
   *
   * Differs from PyTorch: `torch.backends.optEinsum.flags` takes the body of the `with` block as a function.
   */
  flags<T>(...args: Call<typeof FLAGS, [body: () => T]>): T {
    const [body, wanted] = FLAGS.bind(args);
    this.setFlags(wanted);
    return settled('flags', (body as () => T)());
  }
}
checkMethods('optEinsum', OptEinsum, 'isAvailable()', 'getOptEinsum()');

/** `torch.backends.opt_einsum` */
export const optEinsum: OptEinsum = new OptEinsum();
export type { OptEinsum };
