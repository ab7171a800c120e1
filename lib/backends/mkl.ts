/** `torch.backends.mkl`: Intel's library of linear algebra. */
import { bindArguments } from '../core/calls';
import { native } from '../native';
import { whileVerbose } from './verbose';

/** Levels of {@link verbose}. */
export const VERBOSE_OFF = 0;
/** Prints what is computed. */
export const VERBOSE_ON = 1;

/** Whether this libtorch has it. */
export function isAvailable(...args: []): boolean {
  bindArguments('isAvailable()', args);
  return native.processorFeatures().mkl;
}

/**
 * Runs `body` while the library prints what it computes to the standard output. A promise is refused.
 *
 * Differs from PyTorch: `torch.backends.mkl.verbose` takes the body of the `with` block as a function.
 */
export function verbose<T>(...args: [enable: number, body: () => T]): T {
  const [enable, body] = bindArguments('verbose(enable, body)', args);
  return whileVerbose('mkl', VERBOSE_ON, enable, body);
}
