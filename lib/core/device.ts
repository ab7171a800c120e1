/** Where a tensor lives. */
import { TorchError, TorchTypeError, checkText } from './errors';
import { bindArguments, checkMethods } from './calls';

/** A device: `new torch.Device('cuda', 1)`, or `torch.device('cuda:1')`. Equal devices are one object. */
export class Device {
  /** @internal Read by the addon. */
  readonly deviceName: string;
  /** `'cpu'`, `'cuda'`, `'mps'`, `'meta'` ... */
  readonly type!: string;
  /** Which one of its type; null for the current one. */
  readonly index!: number | null;

  constructor(...args: [type: string, index?: number | null]) {
    const [given, index = null] = bindArguments('Device(type, index?)', args);
    checkText('Device', 'type', given);
    const type = given === 'privateuseone' ? privateUse1() : given;
    if (index !== null && (!Number.isInteger(index) || index < 0)) {
      throw new TorchTypeError(`device(): index must be a whole number, not ${String(index)}`);
    }
    // Differs from PyTorch: `torch.device` refuses an index above 127, of which Python takes the last eight bits.
    if (index !== null && index > 127) {
      throw new TorchError(`Could not parse device index '${index}' in device string '${type}:${index}'`);
    }
    this.deviceName = index === null ? type : `${type}:${index}`;
    const known = devices.get(this.deviceName);
    if (known) return known;
    checkType(type, type);
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
checkMethods('device', Device, 'toString()', 'toJSON(key?)');

const devices = new Map<string, Device>();

let ask = (): string => 'privateuseone';
/** What the type of devices is called that a library brings: `privateuseone`, or as that library says. */
export const privateUse1 = (): string => ask();
/** Who knows that, once the addon is loaded. */
export function askForPrivateUse1(name: () => string): void {
  ask = name;
}

const types =
  'cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, ' +
  'privateuseone';

/** @throws TorchError unless libtorch knows devices of that type; `text` is what was given. */
function checkType(type: string, text: string): void {
  if (types.split(', ').includes(type) || type === privateUse1()) return;
  throw new TorchError(`Expected one of ${types} device type at start of device string: ${text}`);
}

/** A device, or its name: `'cpu'`, `'cuda'`, `'cuda:1'`, `'mps'`, `'meta'`. */
export type DeviceLike = Device | 'cpu' | 'cuda' | 'mps' | 'meta' | (string & {});

/** `torch.device('cuda:1')` or `torch.device('cuda', 1)`. Throws a TypeError for what is no device. */
export function device(...args: [type: DeviceLike, index?: number | null]): Device {
  const [type, index] = bindArguments('device(type, index?)', args);
  if (type instanceof Device) return type;
  if (typeof type !== 'string') throw new TorchTypeError('device(): argument must be a string or Device');
  const found = devices.get(type);
  // Another name may have come for it since.
  if (found && index === undefined && found.type !== 'privateuseone') return found;
  if (type === '') throw new TorchError('Device string must not be empty');
  const match = /^([^:]*)(?::(0|[1-9]\d*))?$/.exec(type);
  checkType(type.split(':', 1)[0], type);
  if (!match) throw new TorchError(`Invalid device string: '${type}'`);
  if (match[2] !== undefined && index != null) {
    throw new TorchError(
      `type (string) must not include an index because index was passed explicitly: ${type}`,
    );
  }
  return new Device(match[1], match[2] !== undefined ? Number(match[2]) : (index ?? null));
}
