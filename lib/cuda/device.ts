// Which GPU is meant, and what it is.
import { bindArguments } from '../core/calls';
import { type Device, type DeviceLike, device as deviceOf } from '../core/device';
import { TorchError, argumentError, valueError } from '../core/errors';
import { native } from '../native';
import { settled } from '../native/scope';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';

/** A GPU: its number, or as everywhere; null for the current one. */
export type CudaDevice = DeviceLike | number | null;

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

/** @internal @throws TorchError where there is no GPU. */
export function need(): void {
  if (isAvailable()) return;
  throw new TorchError('CUDA is not available: this libtorch has no CUDA, or finds no NVIDIA driver');
}

/** @internal The number of a GPU. */
export function indexOf(fn: string, device: CudaDevice | undefined): number {
  need();
  if (device == null) return native.currentDevice();
  if (typeof device === 'number') {
    if (!Number.isSafeInteger(device)) throw argumentError(fn, 'device', 'a device or its number', device);
    return device < 0 ? native.currentDevice() : device;
  }
  const one = deviceOf(device);
  if (one.type !== 'cuda') throw valueError(`Expected a cuda device, but got: ${String(one)}`);
  return one.index ?? native.currentDevice();
}

/** @internal */
export const gpu = (index: number): Device => deviceOf(`${native.accelerator() ?? 'cuda'}:${index}`);

/** Makes CUDA ready. It becomes so by itself where it is first used. */
export function init(...args: []): void {
  bindArguments('init()', args);
  need();
}
/** Whether CUDA is there: it becomes ready by itself. */
export function isInitialized(...args: []): boolean {
  bindArguments('isInitialized()', args);
  return isAvailable();
}

/** The number of the GPU that is used where none is named. */
export function currentDevice(...args: []): number {
  bindArguments('currentDevice()', args);
  need();
  return native.currentDevice();
}
/** Sets the GPU that is used where none is named. A negative number changes nothing. */
export function setDevice(...args: [device: DeviceLike | number]): void {
  const [device] = bindArguments('setDevice(device)', args);
  native.setDevice(indexOf('setDevice', device));
}
/** Waits for all work queued on a GPU. */
export function synchronize(...args: [device?: CudaDevice]): void {
  const [device] = bindArguments('synchronize(device?)', args);
  native.synchronize(indexOf('synchronize', device));
}

/** @internal */
export function onDevice<T>(fn: string, index: number, body: () => T): T {
  if (typeof body !== 'function') throw argumentError(fn, 'body', 'a function', body);
  const before = native.currentDevice();
  native.setDevice(index);
  try {
    return settled(fn, body());
  } finally {
    native.setDevice(before);
  }
}

/**
 * Runs `body` with that GPU as the current one; with null or a negative number the current one stays. A promise is refused.
 *
 * Differs from PyTorch: `torch.cuda.device` takes the body of the `with` block as a function.
 */
export function device<T>(...args: [device: CudaDevice, body: () => T]): T {
  const [given, body] = bindArguments('device(device, body)', args);
  return onDevice('device', indexOf('device', given), body);
}
/**
 * {@link device} with the GPU where a tensor is; for one of the CPU the current one stays.
 *
 * Differs from PyTorch: `torch.cuda.deviceOf` takes the body of the `with` block as a function.
 */
export function deviceOfTensor<T>(...args: [tensor: Tensor, body: () => T]): T {
  const [tensor, body] = bindArguments('deviceOf(tensor, body)', args);
  if (!isTensor(tensor)) throw argumentError('deviceOf', 'tensor', 'a Tensor', tensor);
  return onDevice('deviceOf', indexOf('deviceOf', tensor.isCuda ? tensor.device : null), body);
}

/** What a GPU is (`torch.cuda.get_device_properties`). Sizes in bytes, rates in kHz. */
export interface DeviceProperties {
  name: string;
  major: number;
  minor: number;
  totalMemory: number;
  multiProcessorCount: number;
  isIntegrated: boolean;
  isMultiGpuBoard: boolean;
  maxThreadsPerMultiProcessor: number;
  regsPerMultiprocessor: number;
  sharedMemoryPerBlock: number;
  sharedMemoryPerBlockOptin: number;
  sharedMemoryPerMultiprocessor: number;
  warpSize: number;
  L2CacheSize: number;
  clockRate: number;
  memoryClockRate: number;
  memoryBusWidth: number;
  pciBusId: number;
  pciDeviceId: number;
  pciDomainId: number;
  uuid: string;
}

function properties(fn: string, device: CudaDevice | undefined): DeviceProperties {
  const { uuid, isIntegrated, isMultiGpuBoard, ...rest } = native.driverDevice(indexOf(fn, device));
  const hex = Buffer.from(uuid).toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return {
    ...(rest as unknown as DeviceProperties),
    isIntegrated: isIntegrated !== 0,
    isMultiGpuBoard: isMultiGpuBoard !== 0,
    uuid: parts.join('-'),
  };
}

/** What a GPU is, as NVIDIA's driver says. */
export function getDeviceProperties(...args: [device?: CudaDevice]): DeviceProperties {
  const [device] = bindArguments('getDeviceProperties(device?)', args);
  return properties('getDeviceProperties', device);
}
/** The name of a GPU. */
export function getDeviceName(...args: [device?: CudaDevice]): string {
  const [device] = bindArguments('getDeviceName(device?)', args);
  return properties('getDeviceName', device).name;
}
/** What a GPU can compute, in two numbers: `[9, 0]`. */
export function getDeviceCapability(...args: [device?: CudaDevice]): [major: number, minor: number] {
  const [device] = bindArguments('getDeviceCapability(device?)', args);
  const { major, minor } = properties('getDeviceCapability', device);
  return [major, minor];
}
/** Whether one GPU can read another's memory. */
export function canDeviceAccessPeer(...args: [device: CudaDevice, peerDevice: CudaDevice]): boolean {
  const [device, peer] = bindArguments('canDeviceAccessPeer(device, peerDevice)', args);
  const indices = [device, peer].map((one) => indexOf('canDeviceAccessPeer', one));
  if (indices.some((index) => index >= native.deviceCount())) {
    throw new TorchError('Invalid device id', 'AssertionError');
  }
  return native.driverCanAccessPeer(indices[0], indices[1]);
}

/** Whether the current GPU has bfloat16; every one has, slowly, unless `includingEmulation` is false. */
export function isBf16Supported(...args: [includingEmulation?: boolean]): boolean {
  const [includingEmulation = true] = bindArguments('isBf16Supported(includingEmulation?)', args);
  if (!isAvailable()) return false;
  return includingEmulation || properties('isBf16Supported', null).major >= 8;
}
/** Whether the current GPU has TF32, a faster way to multiply float32: see {@link setFloat32MatmulPrecision}. */
export function isTf32Supported(...args: []): boolean {
  bindArguments('isTf32Supported()', args);
  return isAvailable() && properties('isTf32Supported', null).major >= 8;
}
