/** `torch.backends.openmp`: how kernels share work among threads. */
import { bindArguments } from '../core/calls';
import { native } from '../native';

/** Whether this libtorch has it. */
export function isAvailable(...args: []): boolean {
  bindArguments('isAvailable()', args);
  return native.processorFeatures().openmp;
}
