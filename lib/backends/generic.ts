// Switches of all libraries together: torch.backends.set_flags, torch.backends.flags.
import { callable } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { settled } from '../native/scope';
import { type Fp32Precision, getPrecision, setPrecision } from './fp32_precision';

interface GenericFlags {
  /** Default: `'none'`. */
  fp32Precision?: Fp32Precision | null;
}
const SET = signature('setFlags', [], { fp32Precision: 'none' } as Required<GenericFlags>, ['fp32Precision']);
const FLAGS = signature('flags', [callable<() => unknown>()('body')], {
  fp32Precision: 'none',
} as Required<GenericFlags>);

/**
 * Sets how exactly kernels compute with float32 where their library leaves it open, and returns what was set before:
 * `torch.backends.set_flags`, and Python's assignment to `torch.backends.fp32_precision`. Null changes nothing.
 */
export function setFlags(
  ...args: Call<typeof SET, [], [fp32Precision: Fp32Precision | null]>
): [Fp32Precision] {
  const [{ fp32Precision }] = SET.bind(args);
  const before = getPrecision('generic', 'all');
  if (fp32Precision !== null) setPrecision('setFlags', 'generic', 'all', fp32Precision);
  return [before];
}

/**
 * Runs `body` with the flags, and puts back what was set. A promise is refused.
 *
 * Differs from PyTorch: `torch.backends.flags` takes the body of the `with` block as a function.
 */
export function flags<T>(...args: Call<typeof FLAGS, [body: () => T]>): T {
  const [body, { fp32Precision }] = FLAGS.bind(args);
  const before = setFlags(fp32Precision);
  try {
    return settled('flags', (body as () => T)());
  } finally {
    setFlags(...before);
  }
}
