// The memory of GPUs. Python's torch.cuda.memory.
import { bindArguments } from '../core/calls';
import { warn } from '../core/warn';
import { native } from '../native';
import { type CudaDevice, indexOf, isAvailable, need } from './device';

/** Gives cached memory back to the GPU. */
export function emptyCache(...args: []): void {
  bindArguments('emptyCache()', args);
  if (isAvailable()) native.emptyCache();
}

const statsOf = (fn: string, device: CudaDevice | undefined) => native.deviceStats(indexOf(fn, device));
const inOrder = (stats: Record<string, number>): Map<string, number> =>
  new Map(Object.entries(stats).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Numbers as they are nested in Python: `stats.allocated_bytes.all.current`. */
export interface NestedStats {
  [name: string]: number | NestedStats;
}
function nested(stats: Record<string, number>): NestedStats {
  const result: NestedStats = {};
  for (const [name, value] of Object.entries(stats)) {
    const path = name.split('.');
    const last = path.pop()!;
    let at = result;
    for (const part of path) at = (at[part] ??= {}) as NestedStats;
    at[last] = value;
  }
  return result;
}

/** Numbers of the caching allocator by PyTorch's names, in sorted order: `allocated_bytes.all.current` and the like. */
export function memoryStats(...args: [device?: CudaDevice]): Map<string, number> {
  const [device] = bindArguments('memoryStats(device?)', args);
  return inOrder(statsOf('memoryStats', device));
}
/** {@link memoryStats}, nested. */
export function memoryStatsAsNestedDict(...args: [device?: CudaDevice]): NestedStats {
  const [device] = bindArguments('memoryStatsAsNestedDict(device?)', args);
  return isAvailable() ? nested(statsOf('memoryStatsAsNestedDict', device)) : {};
}
/** Numbers of page-locked memory, by PyTorch's names. */
export function hostMemoryStats(...args: []): Map<string, number> {
  bindArguments('hostMemoryStats()', args);
  return isAvailable() ? inOrder(native.hostStats()) : new Map();
}
/** {@link hostMemoryStats}, nested. */
export function hostMemoryStatsAsNestedDict(...args: []): NestedStats {
  bindArguments('hostMemoryStatsAsNestedDict()', args);
  return isAvailable() ? nested(native.hostStats()) : {};
}
/** Starts the sums of {@link hostMemoryStats} anew. */
export function resetAccumulatedHostMemoryStats(...args: []): void {
  bindArguments('resetAccumulatedHostMemoryStats()', args);
  need();
  native.resetHostAccumulatedStats();
}
/** Starts the peaks of {@link hostMemoryStats} anew. */
export function resetPeakHostMemoryStats(...args: []): void {
  bindArguments('resetPeakHostMemoryStats()', args);
  need();
  native.resetHostPeakStats();
}

/** Bytes used by tensors, now. */
export function memoryAllocated(...args: [device?: CudaDevice]): number {
  const [device] = bindArguments('memoryAllocated(device?)', args);
  return statsOf('memoryAllocated', device)['allocated_bytes.all.current'];
}
/** Bytes used by tensors, at most since the start or {@link resetPeakMemoryStats}. */
export function maxMemoryAllocated(...args: [device?: CudaDevice]): number {
  const [device] = bindArguments('maxMemoryAllocated(device?)', args);
  return statsOf('maxMemoryAllocated', device)['allocated_bytes.all.peak'];
}
/** Bytes held by the caching allocator. */
export function memoryReserved(...args: [device?: CudaDevice]): number {
  const [device] = bindArguments('memoryReserved(device?)', args);
  return statsOf('memoryReserved', device)['reserved_bytes.all.current'];
}
/** Bytes held by the caching allocator, at most since the start or {@link resetPeakMemoryStats}. */
export function maxMemoryReserved(...args: [device?: CudaDevice]): number {
  const [device] = bindArguments('maxMemoryReserved(device?)', args);
  return statsOf('maxMemoryReserved', device)['reserved_bytes.all.peak'];
}
/** The old name of {@link memoryReserved}. */
export function memoryCached(...args: [device?: CudaDevice]): number {
  const [device] = bindArguments('memoryCached(device?)', args);
  warn('`torch.cuda.memory_cached` has been renamed to `torch.cuda.memory_reserved`');
  return memoryReserved(device);
}
/** The old name of {@link maxMemoryReserved}. */
export function maxMemoryCached(...args: [device?: CudaDevice]): number {
  const [device] = bindArguments('maxMemoryCached(device?)', args);
  warn('`torch.cuda.max_memory_cached` has been renamed to `torch.cuda.max_memory_reserved`');
  return maxMemoryReserved(device);
}
/** Starts {@link maxMemoryAllocated} and {@link maxMemoryReserved} anew. */
export function resetPeakMemoryStats(...args: [device?: CudaDevice]): void {
  const [device] = bindArguments('resetPeakMemoryStats(device?)', args);
  native.resetPeakStats(indexOf('resetPeakMemoryStats', device));
}
/** Starts the sums of {@link memoryStats} anew: what was allocated and freed since the start. */
export function resetAccumulatedMemoryStats(...args: [device?: CudaDevice]): void {
  const [device] = bindArguments('resetAccumulatedMemoryStats(device?)', args);
  native.resetAccumulatedStats(indexOf('resetAccumulatedMemoryStats', device));
}
/** An old name of {@link resetPeakMemoryStats}. */
export function resetMaxMemoryAllocated(...args: [device?: CudaDevice]): void {
  const [device] = bindArguments('resetMaxMemoryAllocated(device?)', args);
  resetAllPeaks('reset_max_memory_allocated', device);
}
/** An old name of {@link resetPeakMemoryStats}. */
export function resetMaxMemoryCached(...args: [device?: CudaDevice]): void {
  const [device] = bindArguments('resetMaxMemoryCached(device?)', args);
  resetAllPeaks('reset_max_memory_cached', device);
}
function resetAllPeaks(name: string, device?: CudaDevice): void {
  warn(
    `torch.cuda.${name} now calls torch.cuda.reset_peak_memory_stats, which resets /all/ peak memory stats.`,
  );
  resetPeakMemoryStats(device);
}

/** Free and total bytes of a GPU, for all programs that use it. */
export function memGetInfo(...args: [device?: CudaDevice]): [free: number, total: number] {
  const [device] = bindArguments('memGetInfo(device?)', args);
  return native.memoryInfo(indexOf('memGetInfo', device));
}
