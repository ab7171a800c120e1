/** Where a tensor lives. */
import { TorchError, TorchTypeError } from './errors';

/** A device: `new torch.Device('cuda', 1)`, or `torch.device('cuda:1')`. Equal devices are one object. */
export class Device {
  /** @internal Read by the addon. */
  readonly deviceName: string;
  /** `'cpu'`, `'cuda'`, `'mps'`, `'meta'` ... */
  readonly type!: string;
  /** Which one of its type; null for the current one. */
  readonly index!: number | null;

  constructor(type: string, index: number | null = null) {
    this.deviceName = index === null ? type : `${type}:${index}`;
    const known = devices.get(this.deviceName);
    if (known) return known;
    if (!/^[a-z]+$/.test(type)) throw new TorchError(`device(): '${type}' is not a device type`);
    if (index !== null && (!Number.isInteger(index) || index < 0)) {
      throw new TorchTypeError(`device(): index must be a whole number, not ${String(index)}`);
    }
    this.type = type;
    this.index = index;
    devices.set(this.deviceName, this);
    Object.freeze(this);
  }

  /** The name: `cpu`, `cuda:0`. */
  toString(): string {
    return this.deviceName;
  }
  /** The name: `cpu`, `cuda:0`. */
  toJSON(): string {
    return this.deviceName;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.index === null
      ? `device(type='${this.type}')`
      : `device(type='${this.type}', index=${this.index})`;
  }
}

const devices = new Map<string, Device>();

/** A device, or its name: `'cpu'`, `'cuda'`, `'cuda:1'`, `'mps'`, `'meta'`. */
export type DeviceLike = Device | 'cpu' | 'cuda' | 'mps' | 'meta' | (string & {});

/** `torch.device('cuda:1')` or `torch.device('cuda', 1)`. Throws a TypeError for what is no device. */
export function device(type: DeviceLike, index?: number | null): Device {
  if (type instanceof Device) return type;
  if (typeof type !== 'string') throw new TorchTypeError('device(): argument must be a string or Device');
  const found = devices.get(type);
  if (found && index === undefined) return found;
  const match = /^([a-z]+)(?::(\d+))?$/.exec(type);
  if (!match) throw new TorchError(`device(): invalid device string: '${type}'`);
  if (match[2] !== undefined && index != null) {
    throw new TorchError(`device(): '${type}' already has an index`);
  }
  return new Device(match[1], match[2] !== undefined ? Number(match[2]) : (index ?? null));
}
