import { bindArguments } from '../core/calls';
import { TorchError } from '../core/errors';
import { native } from '../native';

/**
 * Whether libtorch has its distributed library, which is known of Linux alone.
 */
export function isAvailable(...args: []): boolean {
  bindArguments('isAvailable()', args);
  return native.hasDistributed();
}

/** Whether the backend that talks over TCP is there. */
export function isGlooAvailable(...args: []): boolean {
  bindArguments('isGlooAvailable()', args);
  return native.hasDistributed();
}

/** @throws TorchError where there is no torch.distributed. */
export function checkAvailable(): void {
  if (native.hasDistributed()) return;
  throw new TorchError(
    `torch.distributed is not available on ${process.platform}: the libtorch of Linux alone has all of it`,
  );
}
