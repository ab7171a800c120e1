/** `torch.backends.xnnpack`: a library of kernels for phones. */
import { TorchError } from '../core/errors';
import { native } from '../native';

/** What {@link xnnpack} is. */
export interface Xnnpack {
  /** Whether this libtorch has it. To set it is a RuntimeError, as in Python. */
  readonly enabled: boolean;
}

/** `torch.backends.xnnpack` */
export const xnnpack: Xnnpack = {
  get enabled() {
    return native.processorFeatures().xnnpack;
  },
  // Its type refuses this; a program in JavaScript is told so.
  set enabled(_) {
    throw new TorchError('Assignment not supported');
  },
};
