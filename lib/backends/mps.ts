/** `torch.backends.mps`: the GPUs of Apple. */
import { bindArguments } from '../core/calls';
import { native } from '../native';

/** Whether this libtorch has them, and there is one. */
export function isAvailable(...args: []): boolean {
  bindArguments('isAvailable()', args);
  return native.processorFeatures().mps;
}
