/** The device of new tensors whose call names none. */
import { bindArguments } from '../core/calls';
import { type Device, type DeviceLike, device as deviceOf } from '../core/device';
import { checkFunction } from '../core/errors';
import { isPlainObject } from '../core/realm';
import { type OperatorFunction, operator } from '../native/dispatch';
import { settled } from '../native/scope';
import type { Tensor } from '.';

let current: Device | null = null;

/** What {@link setDefaultDevice} has set; null where nothing is, which means the CPU. */
export const defaultDevice = (): Device | null => current;

/** Operators that make tensors of nothing, and in Python follow the default device. */
export const factories: ReadonlySet<string> = new Set([
  ...['empty', 'empty_permuted', 'empty_strided', '_empty_affine_quantized', 'ones', 'arange', 'eye', 'full'],
  ...['bartlett_window', 'blackman_window', 'hamming_window', 'hann_window', 'kaiser_window'],
  ...['fft_fftfreq', 'fft_rfftfreq', 'linspace', 'logspace', 'rand', 'randn', 'randint', 'randperm', 'range'],
  ...['sparse_coo_tensor', 'sparse_compressed_tensor', 'sparse_csr_tensor', 'sparse_csc_tensor'],
  ...['sparse_bsr_tensor', 'sparse_bsc_tensor', 'tril_indices', 'triu_indices', 'zeros', 'scalar_tensor'],
]);

/** The operator, on the default device where its keywords name none. */
export function onDefaultDevice(call: OperatorFunction): OperatorFunction {
  return (a?: unknown, b?: unknown, c?: unknown, ...rest: unknown[]) => {
    if (current === null) return call(a, b, c, ...rest);
    const args = [a, b, c, ...rest];
    while (args.length > 0 && args.at(-1) === undefined) args.pop();
    const last = args.at(-1);
    if (!isPlainObject(last)) return call(...args, { device: current });
    return last.device == null ? call(...args.slice(0, -1), { ...last, device: current }) : call(...args);
  };
}

const empty = operator('aten::empty');

/**
 * Where tensors are made that name no device: `torch.get_default_device`. A device without an index is given with that of
 * the current one.
 */
export function getDefaultDevice(...args: []): Device {
  bindArguments('getDefaultDevice()', args);
  if (current === null) return deviceOf('cpu');
  if (current.index !== null || current.type === 'cpu' || current.type === 'meta') return current;
  return (empty([0], { device: current }) as Tensor).device;
}

/**
 * Makes tensors whose call names no device on this one from now on; null puts back the CPU: `torch.set_default_device`. It
 * holds for `torch.zeros`, `torch.randn`, `torch.tensor` and all other factories, and so for the parameters of modules; not
 * for what takes its device from a tensor (`torch.zerosLike`), for `torch.fromBlob` and for files.
 *
 * Differs from PyTorch: `torch.setDefaultDevice` holds for the thread that calls it; a worker begins with the CPU.
 *
 * @throws TypeError for what names no device.
 */
export function setDefaultDevice(...args: [device: DeviceLike | null]): void {
  const [device] = bindArguments('setDefaultDevice(device)', args);
  current = device === null ? null : deviceOf(device);
}

/**
 * Runs `body` with another default device, and returns what it returns: Python's `with torch.device('meta'):`. See
 * {@link setDefaultDevice}.
 *
 * @throws TypeError for a `body` that returns a promise: await first, and make tensors in the synchronous part.
 *
 * @example
 * const skeleton = torch.withDefaultDevice('meta', () => new nn.Linear(8, 8)); // without memory
 */
export function withDefaultDevice<T>(...args: [device: DeviceLike, body: () => T]): T {
  const [device, body] = bindArguments('withDefaultDevice(device, body)', args);
  checkFunction('withDefaultDevice', 'body', body);
  const before = current;
  current = deviceOf(device);
  try {
    return settled('withDefaultDevice', body());
  } finally {
    current = before;
  }
}
