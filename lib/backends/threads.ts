// The threads that kernels of the CPU work with.
import { bindArguments } from '../core/calls';
import { TorchError } from '../core/errors';
import { native } from '../native';

/**
 * Threads that one operator may use on the CPU.
 *
 * Differs from PyTorch: `torch.getNumThreads` is at first no more than the CPU quota of the container, rounded down, unless
 * `OMP_NUM_THREADS` or `MKL_NUM_THREADS` is set; Python's takes as many threads as there are cores.
 */
export function getNumThreads(...args: []): number {
  bindArguments('getNumThreads()', args);
  return native.getNumThreads();
}
/** Threads that one operator may use on the CPU. */
export function setNumThreads(...args: [count: number]): void {
  const [count] = bindArguments('setNumThreads(count)', args);
  if (!Number.isInteger(count))
    throw new TorchError(`setNumThreads expects an int, but got ${String(count)}`);
  if (count <= 0) throw new TorchError('setNumThreads expects a positive integer');
  native.setNumThreads(count);
}
/** Threads that run independent operators at the same time, as TorchScript's `fork` does. */
export function getNumInteropThreads(...args: []): number {
  bindArguments('getNumInteropThreads()', args);
  return native.getNumInteropThreads();
}
/** Sets the count of {@link getNumInteropThreads}; once, and before parallel work has begun. */
export function setNumInteropThreads(...args: [count: number]): void {
  const [count] = bindArguments('setNumInteropThreads(count)', args);
  native.setNumInteropThreads(count);
}
