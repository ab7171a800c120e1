/** Whether operators record a graph. The mode belongs to the thread, so it must not outlive a call. */
import { TorchTypeError } from '../core/errors';
import { native } from '../native';
import { callable, value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { bindArguments } from '../core/calls';
import { Scope, within } from '../native/scope';

function withGrad<T>(name: string, enabled: boolean, body: () => T): T {
  if (typeof body !== 'function') throw new TorchTypeError(`${name}(): argument must be a function`);
  return within(name, Scope.grad, body, enabled);
}

/**
 * Runs `body` without recording a graph, and returns what it returns.
 *
 * Differs from PyTorch: `torch.noGrad` takes a synchronous function, as all that sets grad mode, inference mode or
 * anomaly detection does; there is no `with` and no decorator.
 */
export function noGrad<T>(...args: [body: () => T]): T {
  const [body] = bindArguments('noGrad(body)', args);
  return withGrad('noGrad', false, body);
}

/** Runs `body` recording a graph, inside of {@link noGrad} too. */
export function enableGrad<T>(...args: [body: () => T]): T {
  const [body] = bindArguments('enableGrad(body)', args);
  return withGrad('enableGrad', true, body);
}

/** Turns recording on or off: for `body` alone when it is given, else from now on. */
export function setGradEnabled(mode: boolean): void;
export function setGradEnabled<T>(mode: boolean, body: () => T): T;
export function setGradEnabled<T>(...args: [mode: boolean, body?: () => T]): T | void {
  const [mode, body] = bindArguments('setGradEnabled(mode, body?)', args);
  if (typeof mode !== 'boolean') throw new TorchTypeError('setGradEnabled(): mode must be a boolean');
  if (body) return withGrad('setGradEnabled', mode, body);
  native.setGradEnabled(mode);
}

/** Whether operators are recorded for gradients. */
export function isGradEnabled(...args: []): boolean {
  bindArguments('isGradEnabled()', args);
  return native.isGradEnabled();
}

/** Runs `body` in inference mode: like {@link noGrad}, cheaper, and its tensors never join a graph. */
export function inferenceMode<T>(...args: [body: () => T, mode?: boolean]): T {
  const [body, mode = true] = bindArguments('inferenceMode(body, mode?)', args);
  if (typeof body !== 'function') throw new TorchTypeError('inferenceMode(): argument must be a function');
  return within('inferenceMode', Scope.inference, body, mode);
}

/** Whether this runs in {@link inferenceMode}. */
export function isInferenceModeEnabled(...args: []): boolean {
  bindArguments('isInferenceModeEnabled()', args);
  return native.isInferenceMode();
}

export interface AnomalyOptions {
  /** Whether backward raises where a gradient becomes NaN. Default: `true`. */
  checkNan?: boolean;
}
const ANOMALY: Required<AnomalyOptions> = { checkNan: true };
const DETECT_ANOMALY = signature('detectAnomaly', [callable<() => unknown>()('body')], ANOMALY);

/** Runs `body` with anomaly detection: backward raises where a gradient becomes NaN. */
export function detectAnomaly<T>(
  ...args: Call<typeof DETECT_ANOMALY, [body: () => T], [checkNan: boolean]>
): T {
  const [body, { checkNan }] = DETECT_ANOMALY.bind(args);
  return within('detectAnomaly', Scope.anomaly, body as () => T, checkNan);
}

const SET_DETECT_ANOMALY = signature('setDetectAnomaly', [value<boolean>()('mode')], ANOMALY);

/** Turns anomaly detection on or off, for good: see {@link detectAnomaly}. */
export function setDetectAnomaly(
  ...args: Call<typeof SET_DETECT_ANOMALY, [mode: boolean], [checkNan: boolean]>
): void {
  const [mode, { checkNan }] = SET_DETECT_ANOMALY.bind(args);
  native.setAnomaly(mode, checkNan);
}

const SET_ANOMALY_ENABLED = signature('setAnomalyEnabled', [value<boolean>()('mode')], ANOMALY);

/** Another name of {@link setDetectAnomaly}: `torch.set_anomaly_enabled`. */
export function setAnomalyEnabled(
  ...args: Call<typeof SET_ANOMALY_ENABLED, [mode: boolean], [checkNan: boolean]>
): void {
  const [mode, { checkNan }] = SET_ANOMALY_ENABLED.bind(args);
  native.setAnomaly(mode, checkNan);
}

/** Whether backward would raise where a gradient becomes NaN, if anomaly detection is on. */
export function isAnomalyCheckNanEnabled(...args: []): boolean {
  bindArguments('isAnomalyCheckNanEnabled()', args);
  // A scope tells what was before it: how many are open, two flags, and this one last.
  const before = native.enterScope(Scope.anomaly, true);
  native.leaveScope(Scope.anomaly, before);
  return (before & 1) === 1;
}

/** Whether backward looks for NaN: see {@link detectAnomaly}. */
export function isAnomalyEnabled(...args: []): boolean {
  bindArguments('isAnomalyEnabled()', args);
  return native.isAnomalyEnabled();
}
