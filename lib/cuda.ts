/** torch.cuda */
import { type DeviceLike, device as deviceOf } from './core/device';
import { TorchError } from './core/errors';
import { bindArguments } from './core/calls';
import { native } from './native';

/** Whether libtorch has CUDA and finds a GPU. */
export function isAvailable(...args: []): boolean {
  bindArguments('isAvailable()', args);
  return native.hasDevice('cuda');
}

/** The number of GPUs; 0 where there are none. */
export function deviceCount(...args: []): number {
  bindArguments('deviceCount()', args);
  return isAvailable() ? native.deviceCount() : 0;
}

function need(): void {
  if (isAvailable()) return;
  throw new TorchError('CUDA is not available: this libtorch has no CUDA, or finds no NVIDIA driver');
}

function indexOf(device: DeviceLike | number | undefined): number {
  need();
  if (typeof device === 'number') return device;
  return (device === undefined ? null : deviceOf(device).index) ?? native.currentDevice();
}

/** The number of the GPU that is used where none is named. */
export function currentDevice(...args: []): number {
  bindArguments('currentDevice()', args);
  need();
  return native.currentDevice();
}
/** Sets the GPU that is used where none is named. */
export function setDevice(...args: [device: DeviceLike | number]): void {
  const [device] = bindArguments('setDevice(device)', args);
  native.setDevice(indexOf(device));
}
/** Waits for all work queued on a GPU. */
export function synchronize(...args: [device?: DeviceLike | number]): void {
  const [device] = bindArguments('synchronize(device?)', args);
  native.synchronize(indexOf(device));
}
/** Gives cached memory back to the GPU. */
export function emptyCache(...args: []): void {
  bindArguments('emptyCache()', args);
  if (isAvailable()) native.emptyCache();
}
/** Bytes used by tensors, now. */
export function memoryAllocated(...args: [device?: DeviceLike | number]): number {
  const [device] = bindArguments('memoryAllocated(device?)', args);
  return native.deviceStats(indexOf(device))['allocated_bytes.all.current'];
}
/** Bytes used by tensors, at most since the start or resetPeakMemoryStats. */
export function maxMemoryAllocated(...args: [device?: DeviceLike | number]): number {
  const [device] = bindArguments('maxMemoryAllocated(device?)', args);
  return native.deviceStats(indexOf(device))['allocated_bytes.all.peak'];
}
/** Bytes held by the caching allocator. */
export function memoryReserved(...args: [device?: DeviceLike | number]): number {
  const [device] = bindArguments('memoryReserved(device?)', args);
  return native.deviceStats(indexOf(device))['reserved_bytes.all.current'];
}
/** Bytes held by the caching allocator, at most since the start or resetPeakMemoryStats. */
export function maxMemoryReserved(...args: [device?: DeviceLike | number]): number {
  const [device] = bindArguments('maxMemoryReserved(device?)', args);
  return native.deviceStats(indexOf(device))['reserved_bytes.all.peak'];
}
/** Starts {@link maxMemoryAllocated} and {@link maxMemoryReserved} anew. */
export function resetPeakMemoryStats(...args: [device?: DeviceLike | number]): void {
  const [device] = bindArguments('resetPeakMemoryStats(device?)', args);
  native.resetPeakStats(indexOf(device));
}
