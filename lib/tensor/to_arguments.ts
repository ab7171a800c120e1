/** The arguments of `to`, which tensors, modules and packed sequences share. */
import { type Device, type DeviceLike, device as deviceOf } from '../core/device';
import { type DType, asDType } from '../core/dtype';
import { TorchTypeError, argumentError } from '../core/errors';
import { signature } from '../core/signature';
import type { MemoryFormat } from '../core/layout';
import type { Tensor } from '.';

/** What was given, alone: fewer keywords are faster. */
export interface ToArguments {
  device?: Device;
  dtype?: DType;
  nonBlocking?: boolean;
  copy?: boolean;
  memoryFormat?: MemoryFormat;
}

const defaults = {
  device: null as unknown,
  dtype: null as unknown,
  tensor: null as unknown,
  nonBlocking: false as unknown,
  copy: false as unknown,
  memoryFormat: null as MemoryFormat | null,
};
const AFTER_DEVICE = signature('to', [], defaults, ['device', 'dtype', 'nonBlocking', 'copy']);
const AFTER_DTYPE = signature('to', [], defaults, ['dtype', 'nonBlocking', 'copy']);
const AFTER_TENSOR = signature('to', [], defaults, ['tensor', 'nonBlocking', 'copy']);

/**
 * Python's three forms: `(device, dtype, nonBlocking, copy)`, `(dtype, nonBlocking, copy)` and
 * `(tensor, nonBlocking, copy)`, each with keywords behind. `name` is for messages.
 *
 * @throws TypeError for what is none of them.
 */
export function toArguments(
  name: string,
  args: readonly unknown[],
  isTensor: (value: unknown) => value is Tensor,
): ToArguments {
  const [first] = args;
  const given: ToArguments = {};
  const plain = args.length === 1 ? asDType(first) : undefined;
  if (plain) {
    given.dtype = plain;
    return given;
  }
  const form = isTensor(first) ? AFTER_TENSOR : asDType(first) ? AFTER_DTYPE : AFTER_DEVICE;
  const [{ device, dtype, tensor, nonBlocking, copy, memoryFormat }] = form.bind(args, name);
  if (isFlag(name, 'nonBlocking', nonBlocking)) given.nonBlocking = true;
  if (isFlag(name, 'copy', copy)) given.copy = true;
  if (memoryFormat !== null) given.memoryFormat = memoryFormat;
  if (tensor !== null) {
    if (!isTensor(tensor)) throw argumentError(name, 'tensor', 'a Tensor', tensor);
    const other = device !== null ? 'device' : dtype !== null ? 'dtype' : null;
    if (other)
      throw new TorchTypeError(`${name}(): '${other}' cannot be given beside a Tensor, which says it`);
    given.device = tensor.device;
    given.dtype = tensor.dtype;
    return given;
  }
  if (dtype !== null && !asDType(dtype)) throw argumentError(name, 'dtype', 'a DType', dtype);
  if (dtype !== null) given.dtype = asDType(dtype);
  if (device !== null) given.device = deviceGiven(name, device, first);
  return given;
}

function isFlag(name: string, key: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null) return false;
  throw argumentError(name, key, 'a boolean', value);
}

function deviceGiven(name: string, device: unknown, first: unknown): Device {
  if (typeof device === 'string' || (typeof device === 'object' && 'deviceName' in device!)) {
    return deviceOf(device as DeviceLike);
  }
  const [argument, expected] =
    device === first ? ['target', 'a Device, DType, Tensor or options'] : ['device', 'a Device or its name'];
  throw argumentError(name, argument, expected, device);
}
