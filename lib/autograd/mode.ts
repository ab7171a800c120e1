/** Whether operators record a graph. The mode belongs to the thread, so it must not outlive a call. */
import { TorchTypeError } from '../core/errors';
import { native } from '../native';
import { Scope, within } from '../native/scope';

function withGrad<T>(name: string, enabled: boolean, body: () => T): T {
  if (typeof body !== 'function') throw new TorchTypeError(`${name}(): argument must be a function`);
  return within(name, Scope.grad, body, enabled);
}

/**
 * Runs `body` without recording a graph, and returns what it returns.
 *
 * Differs from PyTorch: grad mode, inference mode and anomaly detection are set while a synchronous function
 * runs; there is no `with` and no decorator.
 */
export function noGrad<T>(body: () => T): T {
  return withGrad('noGrad', false, body);
}

/** Runs `body` recording a graph, inside of {@link noGrad} too. */
export function enableGrad<T>(body: () => T): T {
  return withGrad('enableGrad', true, body);
}

/** Turns recording on or off: for `body` alone when it is given, else from now on. */
export function setGradEnabled(mode: boolean): void;
export function setGradEnabled<T>(mode: boolean, body: () => T): T;
export function setGradEnabled<T>(mode: boolean, body?: () => T): T | void {
  if (typeof mode !== 'boolean') throw new TorchTypeError('setGradEnabled(): mode must be a boolean');
  if (body) return withGrad('setGradEnabled', mode, body);
  native.setGradEnabled(mode);
}

export function isGradEnabled(): boolean {
  return native.isGradEnabled();
}

/** Runs `body` in inference mode: like {@link noGrad}, cheaper, and its tensors never join a graph. */
export function inferenceMode<T>(body: () => T, mode = true): T {
  if (typeof body !== 'function') throw new TorchTypeError('inferenceMode(): argument must be a function');
  return within('inferenceMode', Scope.inference, body, mode);
}

export function isInferenceModeEnabled(): boolean {
  return native.isInferenceMode();
}

/** Runs `body` with anomaly detection: backward raises where a gradient becomes NaN. */
export function detectAnomaly<T>(body: () => T, options: { checkNan?: boolean } = {}): T {
  if (typeof body !== 'function') throw new TorchTypeError('detectAnomaly(): argument must be a function');
  return within('detectAnomaly', Scope.anomaly, body, options.checkNan ?? true);
}

export function setDetectAnomaly(mode: boolean, options: { checkNan?: boolean } = {}): void {
  native.setAnomaly(mode, options.checkNan ?? true);
}

export function isAnomalyEnabled(): boolean {
  return native.isAnomalyEnabled();
}
