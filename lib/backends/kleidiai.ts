/** `torch.backends.kleidiai`: Arm's library of products with integers. */
import { bindArguments } from '../core/calls';
import { native } from '../native';

/** Whether this libtorch has it. */
export function isAvailable(...args: []): boolean {
  bindArguments('isAvailable()', args);
  return native.processorFeatures().kleidiai;
}
