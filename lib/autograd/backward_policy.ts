// How a backward pass runs on this thread: which threads it takes, and which layout gradients get.
import { bindArguments } from '../core/calls';
import { argumentError } from '../core/errors';
import { native } from '../native';
import { settled } from '../native/scope';

/**
 * Whether backward passes on accelerators run on threads of their own, one for each device, or on the thread that calls
 * (`torch.autograd.set_multithreading_enabled`). With `body` only while that runs, whose result is returned.
 *
 * @example
 * torch.autograd.setMultithreadingEnabled(false, () => loss.backward());
 * @throws TypeError for a mode that is no boolean, and where `body` returns a promise.
 */
export function setMultithreadingEnabled(mode: boolean): void;
export function setMultithreadingEnabled<T>(mode: boolean, body: () => T): T;
export function setMultithreadingEnabled<T>(...args: [mode: boolean, body?: () => T]): T | undefined {
  const [mode, body] = bindArguments('setMultithreadingEnabled(mode, body?)', args);
  return switched('setMultithreadingEnabled', (value) => native.backwardThreads(value), 'mode', mode, body);
}

/**
 * Whether gradients get the strides of their parameters (`torch.autograd.enforce_grad_layout_policy`), which is so at
 * first. With `body` only while that runs, whose result is returned.
 *
 * @throws TypeError for what is no boolean, and where `body` returns a promise.
 */
export function enforceGradLayoutPolicy(enable: boolean): void;
export function enforceGradLayoutPolicy<T>(enable: boolean, body: () => T): T;
export function enforceGradLayoutPolicy<T>(...args: [enable: boolean, body?: () => T]): T | undefined {
  const [enable, body] = bindArguments('enforceGradLayoutPolicy(enable, body?)', args);
  return switched('enforceGradLayoutPolicy', (value) => native.gradLayout(value), 'enable', enable, body);
}

function switched<T>(
  name: string,
  set: (value: boolean) => boolean,
  argument: string,
  value: boolean,
  body: (() => T) | undefined,
): T | undefined {
  if (typeof value !== 'boolean') throw argumentError(name, argument, 'a boolean', value);
  if (body !== undefined && typeof body !== 'function') throw argumentError(name, 'body', 'a function', body);
  const before = set(value);
  if (body === undefined) return undefined;
  try {
    return settled(name, body());
  } finally {
    set(before);
  }
}
