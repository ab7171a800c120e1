/** `torch.backends.nnpack`: a library of convolutions. */
import { bindArguments } from '../core/calls';
import { callable } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { operator } from '../native/dispatch';
import { settled } from '../native/scope';
import { getFlag, setFlag } from './flag';

const available = operator('aten::_nnpack_available', '');
const FLAGS = signature('flags', [callable<() => unknown>()('body')], { enabled: false });

/** Whether this libtorch has it, and the processor can run it. */
export function isAvailable(...args: []): boolean {
  bindArguments('isAvailable()', args);
  return available() as boolean;
}
/** Sets whether it may be used, and returns what was set before. */
export function setFlags(...args: [enabled: boolean]): [boolean] {
  const [enabled] = bindArguments('setFlags(enabled)', args);
  const before = getFlag('nnpack');
  setFlag('setFlags', 'nnpack', enabled);
  return [before];
}
/**
 * Runs `body` with the flag, by default off, and puts back what was set. A promise is refused.
 *
 * Differs from PyTorch: `torch.backends.nnpack.flags` takes the body of the `with` block as a function.
 */
export function flags<T>(...args: Call<typeof FLAGS, [body: () => T]>): T {
  const [body, { enabled }] = FLAGS.bind(args);
  const before = setFlags(enabled);
  try {
    return settled('flags', (body as () => T)());
  } finally {
    setFlags(...before);
  }
}
