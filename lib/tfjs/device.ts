/** Where the backend's tensors are made. */
import { type Device, type DeviceLike, device as asDevice } from '../core/device';
import * as cuda from '../cuda';

let chosen: Device | undefined;

/** The GPU where there is one, unless another device was chosen. */
export function defaultDevice(): Device {
  return (chosen ??= asDevice(cuda.isAvailable() ? 'cuda' : 'cpu'));
}

export function setDefaultDevice(device: DeviceLike): void {
  chosen = asDevice(device);
}
