/** torch.cuda */
import { type DeviceLike, device as deviceOf } from './core/device';
import { TorchError } from './core/errors';
import { native } from './native';

/** Whether libtorch has CUDA and finds a GPU. */
export function isAvailable(): boolean {
  return native.hasDevice('cuda');
}

/** The number of GPUs; 0 where there are none. */
export function deviceCount(): number {
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
export function currentDevice(): number {
  need();
  return native.currentDevice();
}
/** Sets the GPU that is used where none is named. */
export function setDevice(device: DeviceLike | number): void {
  native.setDevice(indexOf(device));
}
/** Waits for all work queued on a GPU. */
export function synchronize(device?: DeviceLike | number): void {
  native.synchronize(indexOf(device));
}
/** Gives cached memory back to the GPU. */
export function emptyCache(): void {
  if (isAvailable()) native.emptyCache();
}
/** Bytes used by tensors, now. */
export function memoryAllocated(device?: DeviceLike | number): number {
  return native.deviceStats(indexOf(device)).allocated;
}
/** Bytes used by tensors, at most since the start or resetPeakMemoryStats. */
export function maxMemoryAllocated(device?: DeviceLike | number): number {
  return native.deviceStats(indexOf(device)).maxAllocated;
}
/** Bytes held by the caching allocator. */
export function memoryReserved(device?: DeviceLike | number): number {
  return native.deviceStats(indexOf(device)).reserved;
}
/** Bytes held by the caching allocator, at most since the start or resetPeakMemoryStats. */
export function maxMemoryReserved(device?: DeviceLike | number): number {
  return native.deviceStats(indexOf(device)).maxReserved;
}
/** Starts {@link maxMemoryAllocated} and {@link maxMemoryReserved} anew. */
export function resetPeakMemoryStats(device?: DeviceLike | number): void {
  native.resetPeakStats(indexOf(device));
}
