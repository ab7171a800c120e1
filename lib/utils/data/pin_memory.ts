import { isAvailable } from '../../accelerator';
import { isMap, isPlainObject } from '../../core/realm';
import { warn } from '../../core/warn';
import { Tensor } from '../../tensor';

/** Whether batches are to be pinned: asked for, and of use. */
export function pins(isWanted: boolean): boolean {
  if (!isWanted) return false;
  if (isAvailable()) return true;
  warn(
    "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.",
  );
  return false;
}

/** The batch with its tensors in page-locked memory. */
export function pinMemory(data: unknown): unknown {
  if (data instanceof Tensor) return data.pinMemory();
  if (Array.isArray(data)) return data.map(pinMemory);
  if (isMap(data)) return new Map([...data].map(([key, value]) => [key, pinMemory(value)]));
  if (isPlainObject(data)) {
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, pinMemory(value)]));
  }
  const own = (data as { pinMemory?: unknown } | null | undefined)?.pinMemory;
  return typeof own === 'function' ? (own as () => unknown).call(data) : data;
}
