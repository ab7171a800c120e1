/** `torch.backends.mkldnn`: switches of oneDNN, Intel's library of convolutions, products and recurrent networks. */
import { checkMethods } from '../core/calls';
import { callable } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { settled } from '../native/scope';
import { getFlag, setFlag } from './flag';
import {
  type Fp32Precision,
  type HasFp32Precision,
  definePrecision,
  getPrecision,
  setPrecision,
} from './fp32_precision';
import { whileVerbose } from './verbose';

/** What `setFlags` takes; null, or nothing, leaves a switch as it is. */
export interface MkldnnFlags {
  enabled?: boolean | null;
  deterministic?: boolean | null;
  /** Default: `'none'`. */
  fp32Precision?: Fp32Precision | null;
}
type AllFlags = Required<MkldnnFlags>;
const SET = signature(
  'setFlags',
  [],
  { enabled: null, deterministic: null, fp32Precision: 'none' } as AllFlags,
  ['enabled', 'deterministic', 'fp32Precision'],
);
const FLAGS = signature('flags', [callable<() => unknown>()('body')], {
  enabled: false,
  deterministic: false,
  fp32Precision: 'none',
} as AllFlags);

/** The switches of oneDNN: `torch.backends.mkldnn.enabled = false`. */
class Mkldnn {
  readonly VERBOSE_OFF = 0;
  readonly VERBOSE_ON = 1;
  /** Also tells of kernels that are made. */
  readonly VERBOSE_ON_CREATION = 2;
  /** Precision of products, convolutions, and recurrent networks. */
  readonly matmul = definePrecision({}, 'torch.backends.mkldnn.matmul', 'mkldnn', 'matmul');
  readonly conv = definePrecision({}, 'torch.backends.mkldnn.conv', 'mkldnn', 'conv');
  readonly rnn = definePrecision({}, 'torch.backends.mkldnn.rnn', 'mkldnn', 'rnn');

  /** Whether this libtorch has it. */
  isAvailable(): boolean {
    return native.processorFeatures().mkldnn;
  }
  /** Whether it may be used. Default: `true`. */
  get enabled(): boolean {
    return getFlag('mkldnn');
  }
  set enabled(enabled: boolean) {
    setFlag('torch.backends.mkldnn.enabled', 'mkldnn', enabled);
  }
  /** Whether only algorithms that give the same bits each time are used. Default: `false`. */
  get deterministic(): boolean {
    return getFlag('mkldnnDeterministic');
  }
  set deterministic(enabled: boolean) {
    setFlag('torch.backends.mkldnn.deterministic', 'mkldnnDeterministic', enabled);
  }

  /** Sets what is given, and returns what was set before. */
  setFlags(
    ...args: Call<typeof SET, [], [enabled: boolean | null, deterministic: boolean | null]>
  ): [enabled: boolean, deterministic: boolean, fp32Precision: Fp32Precision] {
    const [{ enabled, deterministic, fp32Precision }] = SET.bind(args);
    const before = [this.enabled, this.deterministic, getPrecision('mkldnn', 'all')] as const;
    if (enabled !== null) this.enabled = enabled;
    if (deterministic !== null) this.deterministic = deterministic;
    if (fp32Precision !== null) setPrecision('setFlags', 'mkldnn', 'all', fp32Precision);
    return [...before];
  }
  /**
   * Runs `body` with the flags, by default with the library off, and puts back what was set. A promise is refused.
   *
   * Differs from PyTorch: `torch.backends.mkldnn.flags` takes the body of the `with` block as a function.
   */
  flags<T>(...args: Call<typeof FLAGS, [body: () => T]>): T {
    const [body, wanted] = FLAGS.bind(args);
    const [enabled, deterministic, fp32Precision] = this.setFlags({ enabled: null, fp32Precision: null });
    try {
      this.setFlags(wanted);
      return settled('flags', (body as () => T)());
    } finally {
      this.setFlags({ enabled, deterministic, fp32Precision });
    }
  }
  /**
   * Runs `body` while the library prints what it computes to the standard output. A promise is refused.
   *
   * Differs from PyTorch: `torch.backends.mkldnn.verbose` takes the body of the `with` block as a function.
   */
  verbose<T>(level: number, body: () => T): T {
    return whileVerbose('mkldnn', this.VERBOSE_ON_CREATION, level, body);
  }
}
checkMethods('mkldnn', Mkldnn, 'isAvailable()', 'verbose(level, body)');

/** `torch.backends.mkldnn`. Setting its own `fp32Precision` sets that of all libraries, as in PyTorch. */
export const mkldnn: Mkldnn & HasFp32Precision = definePrecision(
  new Mkldnn(),
  'torch.backends.mkldnn',
  'mkldnn',
  'all',
  'generic',
);
export type { Mkldnn };
