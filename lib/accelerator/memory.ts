// The memory of the accelerator's devices. Python's torch.accelerator.memory.
import { bindArguments } from '../core/calls';
import { native } from '../native';
import { type AcceleratorDevice, indexOf } from './device';

/** Gives cached memory back to the device. Without an accelerator, or before its first tensor, nothing happens. */
export function emptyCache(...args: []): void {
  bindArguments('emptyCache()', args);
  if (native.isAllocatorInitialized()) native.emptyCache();
}

/** Gives cached page-locked memory back to the system. */
export function emptyHostCache(...args: []): void {
  bindArguments('emptyHostCache()', args);
  if (native.accelerator() !== null) native.emptyHostCache();
}

/**
 * Numbers of the device's allocator, by name in sorted order: `allocated_bytes.all.current` and the like, with PyTorch's
 * names; empty before the first tensor.
 */
export function memoryStats(...args: [deviceIndex?: AcceleratorDevice]): Map<string, number> {
  const [device] = bindArguments('memoryStats(deviceIndex?)', args);
  if (!native.isAllocatorInitialized()) return new Map();
  const stats = Object.entries(native.deviceStats(indexOf('memoryStats', device)));
  return new Map(stats.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const stat = (fn: string, device: AcceleratorDevice | undefined, name: string): number =>
  native.isAllocatorInitialized() ? native.deviceStats(indexOf(fn, device))[name] : 0;

/** Bytes used by tensors, now. */
export function memoryAllocated(...args: [deviceIndex?: AcceleratorDevice]): number {
  const [device] = bindArguments('memoryAllocated(deviceIndex?)', args);
  return stat('memoryAllocated', device, 'allocated_bytes.all.current');
}
/** Bytes used by tensors, at most since the start or {@link resetPeakMemoryStats}. */
export function maxMemoryAllocated(...args: [deviceIndex?: AcceleratorDevice]): number {
  const [device] = bindArguments('maxMemoryAllocated(deviceIndex?)', args);
  return stat('maxMemoryAllocated', device, 'allocated_bytes.all.peak');
}
/** Bytes held by the caching allocator. */
export function memoryReserved(...args: [deviceIndex?: AcceleratorDevice]): number {
  const [device] = bindArguments('memoryReserved(deviceIndex?)', args);
  return stat('memoryReserved', device, 'reserved_bytes.all.current');
}
/** Bytes held by the caching allocator, at most since the start or {@link resetPeakMemoryStats}. */
export function maxMemoryReserved(...args: [deviceIndex?: AcceleratorDevice]): number {
  const [device] = bindArguments('maxMemoryReserved(deviceIndex?)', args);
  return stat('maxMemoryReserved', device, 'reserved_bytes.all.peak');
}
/** Starts the sums of {@link memoryStats} anew: what was allocated and freed since the start. */
export function resetAccumulatedMemoryStats(...args: [deviceIndex?: AcceleratorDevice]): void {
  const [device] = bindArguments('resetAccumulatedMemoryStats(deviceIndex?)', args);
  if (native.isAllocatorInitialized())
    native.resetAccumulatedStats(indexOf('resetAccumulatedMemoryStats', device));
}
/** Starts {@link maxMemoryAllocated} and {@link maxMemoryReserved} anew. */
export function resetPeakMemoryStats(...args: [deviceIndex?: AcceleratorDevice]): void {
  const [device] = bindArguments('resetPeakMemoryStats(deviceIndex?)', args);
  if (native.isAllocatorInitialized()) native.resetPeakStats(indexOf('resetPeakMemoryStats', device));
}
/** Free and total bytes of the device, for all programs that use it. */
export function getMemoryInfo(...args: [deviceIndex?: AcceleratorDevice]): [free: number, total: number] {
  const [device] = bindArguments('getMemoryInfo(deviceIndex?)', args);
  return native.memoryInfo(indexOf('getMemoryInfo', device));
}
