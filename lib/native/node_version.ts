import { isMainThread } from 'node:worker_threads';
import { TorchError } from '../core/errors';
import { warn } from '../core/warn';

// The releases with which test/install runs the prebuilt addon. What of Node-API it uses for finalizers inside of
// garbage collection is experimental, so a later Node may have changed it.
const OLDEST = 20;
const NEWEST = 26;

/** Throws where Node is too old for the addon, and warns where it is newer than what has been tried. */
export function checkNodeVersion(): void {
  const major = parseInt(process.versions.node, 10);
  if (major < OLDEST) {
    const message = `nodetorch needs Node ${OLDEST} or later, and this is Node ${process.version}.`;
    throw Object.assign(new TorchError(message, 'ImportError'), { code: 'ERR_NODETORCH_NODE' });
  }
  if (major > NEWEST && isMainThread) {
    warn(`nodetorch has been tried with Node ${OLDEST} to ${NEWEST}, and not with Node ${process.version}.`);
  }
}
