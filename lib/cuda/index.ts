/** `torch.cuda` */
export {
  type CudaDevice,
  canDeviceAccessPeer,
  currentDevice,
  device,
  deviceCount,
  deviceOfTensor as deviceOf,
  type DeviceProperties,
  getDeviceCapability,
  getDeviceName,
  getDeviceProperties,
  init,
  isAvailable,
  isBf16Supported,
  isInitialized,
  isTf32Supported,
  setDevice,
  synchronize,
} from './device';
/** Whether GPUs have float16: all do (`torch.cuda.has_half`). */
export const hasHalf = true;
export { CUDAGraph, graph, type GraphOptions } from './graphs';
export { type GraphedOptions, makeGraphedCallables } from './graphed';
export * from './memory';
export { memorySummary } from './memory_summary';
export * from './random';
export * from './streams';
