/** `torch.backends.miopen`: a switch of MIOpen, AMD's library of convolutions. It does something on AMD's GPUs alone. */
import { checkMethods } from '../core/calls';
import { callable } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { settled } from '../native/scope';
import { getFlag, setFlag } from './flag';

/** What `setFlags` takes; null, or nothing, leaves the switch as it is. */
export interface MiopenFlags {
  immediate?: boolean | null;
}
const SET = signature('setFlags', [], { immediate: null } as Required<MiopenFlags>, ['immediate']);
const FLAGS = signature('flags', [callable<() => unknown>()('body')], {
  immediate: false,
} as Required<MiopenFlags>);

/** The switch of MIOpen: `torch.backends.miopen.immediate = true`. */
class Miopen {
  /** Whether algorithms are taken without a search. Default: `false`. */
  get immediate(): boolean {
    return getFlag('miopenImmediate');
  }
  set immediate(enabled: boolean) {
    setFlag('torch.backends.miopen.immediate', 'miopenImmediate', enabled);
  }
  /** Sets it where it is given, and returns what was set before. */
  setFlags(...args: Call<typeof SET, [], [immediate: boolean | null]>): [immediate: boolean] {
    const [{ immediate }] = SET.bind(args);
    const before = this.immediate;
    if (immediate !== null) this.immediate = immediate;
    return [before];
  }
  /**
   * Runs `body` with the flag, by default off, and puts back what was set. A promise is refused.
   *
   * Differs from PyTorch: `torch.backends.miopen.flags` takes the body of the `with` block as a function.
   */
  flags<T>(...args: Call<typeof FLAGS, [body: () => T]>): T {
    const [body, { immediate }] = FLAGS.bind(args);
    const before = this.setFlags(immediate);
    try {
      return settled('flags', (body as () => T)());
    } finally {
      this.setFlags(...before);
    }
  }
}
checkMethods('miopen', Miopen);

/** `torch.backends.miopen` */
export const miopen: Miopen = new Miopen();
export type { Miopen };
