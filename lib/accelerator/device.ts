// Which of the accelerator's devices is meant.
import { type Device, type DeviceLike, device as deviceOf } from '../core/device';
import { TorchError, argumentError, valueError } from '../core/errors';
import { native } from '../native';

/** A device of the accelerator: its number, or as everywhere. */
export type AcceleratorDevice = DeviceLike | number | null;

/** The accelerator that libtorch has. */
export function needAccelerator(): string {
  const type = native.accelerator();
  if (type === null) throw new TorchError('Cannot access accelerator device when none is available.');
  return type;
}

/** The number of `device`; without one, or without its number, that of the current device where it may be left out. */
export function indexOf(fn: string, device: AcceleratorDevice | undefined, isOptional = true): number {
  let index: number | null = null;
  if (typeof device === 'number') {
    if (!Number.isSafeInteger(device)) throw argumentError(fn, 'device', 'a device or its number', device);
    return device;
  }
  if (device != null) {
    const type = native.accelerator();
    if (type === null) throw new TorchError('Accelerator expected');
    const one = deviceOf(device);
    if (one.type !== type) {
      throw valueError(`${one.type} doesn't match the current accelerator ${type}.`);
    }
    ({ index } = one);
  }
  if (index !== null) return index;
  if (!isOptional) {
    const given = device == null ? 'None' : String(device);
    throw valueError(`Expected a torch.device with a specified index or an integer, but got:${given}`);
  }
  needAccelerator();
  return native.currentDevice();
}

/** The device of that number. */
export const deviceAt = (index: number): Device => deviceOf(`${needAccelerator()}:${index}`);
