// Where the storages of a file go.
import * as aten from '../tensor/aten';
import { Device, type DeviceLike, device as deviceOf } from '../core/device';
import { TorchError, TorchTypeError, argumentError } from '../core/errors';
import { native } from '../native';
import { isMap } from '../core/realm';
import { Tensor } from '../tensor';
import { isPlainObject } from '../core/realm';

/**
 * A device for everything; or for each location of the file (`'cpu'`, `'cuda:0'`) the one to use; or a
 * function that is given a storage, as a uint8 tensor on the CPU, and its location, and returns the
 * storage in its place, or null to leave that to `load`.
 */
export type MapLocation =
  | DeviceLike
  | ReadonlyMap<string, DeviceLike>
  | Readonly<Record<string, DeviceLike>>
  | ((storage: Tensor, location: string) => Tensor | null | undefined);

/** Puts a storage where it belongs. `meta` says that no storage is needed at all. */
export interface Placing {
  readonly meta: boolean;
  place(storage: Tensor, location: string): Tensor;
  /** The device for a tensor that was made from no storage. */
  device(location: string): Device;
  /** Whether it was thrown here, by a device or the caller's function, and says nothing of the file. */
  hasThrown(error: unknown): boolean;
}

export function placing(mapLocation: MapLocation | null | undefined): Placing {
  const { meta, place, device } = placesOf(mapLocation);
  const thrown = new Set<unknown>();
  const noting =
    <Args extends unknown[], Result>(fn: (...args: Args) => Result) =>
    (...args: Args): Result => {
      try {
        return fn(...args);
      } catch (error) {
        thrown.add(error);
        throw error;
      }
    };
  return { meta, place: noting(place), device: noting(device), hasThrown: (error) => thrown.has(error) };
}

function placesOf(mapLocation: MapLocation | null | undefined): Omit<Placing, 'hasThrown'> {
  if (typeof mapLocation === 'function') {
    const place = (storage: Tensor, location: string): Tensor => {
      const size = storage.numel();
      const placed = mapLocation(storage, location);
      if (placed == null) return move(storage, known(location));
      if (placed instanceof Tensor && placed.isContiguous() && placed.nbytes === size) return bytesOf(placed);
      throw new TorchTypeError(
        `torch.load(): mapLocation must return a contiguous tensor of ${size} bytes, or null`,
      );
    };
    return { meta: false, place, device: known };
  }
  const device = mapper(mapLocation);
  const meta = isDevice(mapLocation) && deviceOf(mapLocation).type === 'meta';
  return { meta, place: (storage, location) => move(storage, device(location)), device };
}

const isDevice = (value: unknown): value is DeviceLike =>
  typeof value === 'string' || value instanceof Device;

type Fixed = Exclude<MapLocation, (...args: never[]) => unknown>;

function mapper(mapLocation: Fixed | null | undefined): (location: string) => Device {
  if (mapLocation == null) return known;
  if (isDevice(mapLocation)) {
    const all = checkDevice(deviceOf(mapLocation));
    return () => all;
  }
  if (!isMap(mapLocation) && !isPlainObject(mapLocation)) {
    throw argumentError('torch.load', 'mapLocation', 'a device, a Map, an object or a function', mapLocation);
  }
  const entries = isMap(mapLocation) ? mapLocation : Object.entries(mapLocation);
  const map = new Map(entries as Iterable<[string, DeviceLike]>);
  return (location) => (map.has(location) ? checkDevice(deviceOf(map.get(location)!)) : known(location));
}

function move(storage: Tensor, device: Device): Tensor {
  if (device.type === storage.device.type && (device.index === null || device.type === 'cpu')) return storage;
  const moved = storage.to({ device });
  if (!moved.is(storage)) storage.dispose();
  return moved;
}

function bytesOf(tensor: Tensor): Tensor {
  const flat = tensor.detach().view([-1]);
  return flat.dtype.name === 'uint8' ? flat : aten.view(flat, 'uint8');
}

/** The device that a file's location tag names. */
function known(location: string): Device {
  const named = /^[a-z]{1,20}(:\d{1,4})?$/.test(location) ? deviceOrNull(location) : null;
  if (named !== null) return checkDevice(named);
  throw new TorchError(
    "don't know how to restore data location of torch.storage.UntypedStorage (tagged with " +
      `${location.slice(0, 80)})`,
  );
}

function deviceOrNull(location: string): Device | null {
  try {
    return deviceOf(location);
  } catch {
    return null;
  }
}

function checkDevice(device: Device): Device {
  const { type, index } = device;
  if (type === 'cpu' || type === 'meta') return device;
  const name = type.toUpperCase();
  if (!native.hasDevice(type)) {
    throw new TorchError(
      `Attempting to deserialize object on a ${name} device but torch.${type}.is_available() is False. If you are ` +
        "running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your " +
        'storages to the CPU.',
    );
  }
  const count = native.deviceCount();
  if (index !== null && index >= count) {
    throw new TorchError(
      `Attempting to deserialize object on ${name} device ${index} but torch.${type}.device_count() is ${count}. ` +
        'Please use torch.load with map_location to map your storages to an existing device.',
    );
  }
  return device;
}

export const metaStorage = (nbytes: number): Tensor =>
  aten.empty([nbytes], { dtype: 'uint8', device: 'meta' });
