/**
 * `torch.accelerator`: the accelerator that this libtorch has, whichever it is: CUDA, MPS, or a device that a library
 * brings (`torch.ops.loadLibrary`).
 */
import { bindArguments } from '../core/calls';
import { type Device, device as deviceOf } from '../core/device';
import { type DType, dtypeOfCode, isDtypeCode } from '../core/dtype';
import { argumentError } from '../core/errors';
import { warn } from '../core/warn';
import { native } from '../native';
import { settled } from '../native/scope';
import { Stream } from '../tensor/stream';
import { type AcceleratorDevice, deviceAt, indexOf } from './device';

export type { AcceleratorDevice } from './device';
export { type CaptureErrorMode, Graph, type GraphOptions, type GraphPool } from './graph';
export {
  emptyCache,
  emptyHostCache,
  getMemoryInfo,
  maxMemoryAllocated,
  maxMemoryReserved,
  memoryAllocated,
  memoryReserved,
  memoryStats,
  resetAccumulatedMemoryStats,
  resetPeakMemoryStats,
} from './memory';

/** The number of devices that the accelerator has here; 0 where there is no accelerator. */
export function deviceCount(...args: []): number {
  bindArguments('deviceCount()', args);
  return native.accelerator() === null ? 0 : native.deviceCount();
}

/** Whether there is an accelerator, with a device that can be used. */
export function isAvailable(...args: []): boolean {
  bindArguments('isAvailable()', args);
  return native.accelerator() !== null && native.deviceCount() > 0;
}

/**
 * The accelerator's type, as a device without a number; null where there is none. With `checkAvailable`, null also where
 * it has no device here.
 */
export function currentAccelerator(...args: [checkAvailable?: boolean]): Device | null {
  const [checkAvailable = false] = bindArguments('currentAccelerator(checkAvailable?)', args);
  const type = native.accelerator();
  return type === null || (checkAvailable && !isAvailable()) ? null : deviceOf(type);
}

/** The number of the device that is used where none is named. */
export function currentDeviceIndex(...args: []): number {
  bindArguments('currentDeviceIndex()', args);
  return native.currentDevice();
}
/** The old name of {@link currentDeviceIndex}. */
export function currentDeviceIdx(...args: []): number {
  bindArguments('currentDeviceIdx()', args);
  warn('Use `current_device_index` instead.');
  return native.currentDevice();
}

/** What a device can hold. */
export interface DeviceCapability {
  /** The dtypes that its tensors can have. */
  supportedDtypes: Set<DType>;
}
/** What a device can hold. */
export function getDeviceCapability(...args: [device?: AcceleratorDevice]): DeviceCapability {
  const [device] = bindArguments('getDeviceCapability(device?)', args);
  const codes = native.deviceCapability(indexOf('getDeviceCapability', device));
  return { supportedDtypes: new Set(codes.filter(isDtypeCode).map(dtypeOfCode)) };
}

function select(fn: string, device: AcceleratorDevice): void {
  const index = indexOf(fn, device, false);
  if (index >= 0) native.setDevice(index);
}
/** Sets the device that is used where none is named. A negative number changes nothing. */
export function setDeviceIndex(...args: [device: AcceleratorDevice]): void {
  const [device] = bindArguments('setDeviceIndex(device)', args);
  select('setDeviceIndex', device);
}
/** The old name of {@link setDeviceIndex}. */
export function setDeviceIdx(...args: [device: AcceleratorDevice]): void {
  const [device] = bindArguments('setDeviceIdx(device)', args);
  warn('Use `set_device_index` instead.');
  select('setDeviceIdx', device);
}

/**
 * Runs `body` with that device as the current one; null changes nothing. A promise is refused.
 *
 * Differs from PyTorch: `torch.accelerator.deviceIndex` takes the body of the `with` block as a function.
 */
export function deviceIndex<T>(...args: [device: number | null, body: () => T]): T {
  const [device, body] = bindArguments('deviceIndex(device, body)', args);
  if (typeof body !== 'function') throw argumentError('deviceIndex', 'body', 'a function', body);
  if (device === null) return settled('deviceIndex', body());
  if (!Number.isSafeInteger(device)) throw argumentError('deviceIndex', 'device', 'a number or null', device);
  const before = native.currentDevice();
  if (device >= 0) native.setDevice(device);
  try {
    return settled('deviceIndex', body());
  } finally {
    native.setDevice(before);
  }
}

/** The stream in which a device is given work. */
export function currentStream(...args: [device?: AcceleratorDevice]): Stream {
  const [device] = bindArguments('currentStream(device?)', args);
  return Stream.from(native.currentStream(deviceAt(indexOf('currentStream', device))));
}
/** Makes a stream the current one of its device, and that device the current one. */
export function setStream(...args: [stream: Stream]): void {
  const [stream] = bindArguments('setStream(stream)', args);
  if (!(stream instanceof Stream)) throw argumentError('setStream', 'stream', 'a Stream', stream);
  indexOf('setStream', stream.device);
  native.setDevice(stream.deviceIndex);
  native.streamExchange(stream);
}

/** Waits for all work of all streams of a device. */
export function synchronize(...args: [device?: AcceleratorDevice]): void {
  const [device] = bindArguments('synchronize(device?)', args);
  native.synchronize(indexOf('synchronize', device));
}

/** {@link synchronize} off the thread: settles when the work is done, and rejects with the error of what failed. */
export function synchronizeAsync(...args: [device?: AcceleratorDevice]): Promise<void> {
  const [device] = bindArguments('synchronizeAsync(device?)', args);
  return native.synchronized(indexOf('synchronizeAsync', device));
}
