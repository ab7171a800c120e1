/** Whether operators record a graph. The mode belongs to the thread, so it must not outlive a call. */
import { TorchTypeError } from '../errors';
import { native } from '../native';

/** @internal Runs `body`; `leave` runs after it, and a promise is refused: the mode would leak across await. */
export function within<T>(name: string, body: () => T, leave: () => void): T {
  let result: T;
  try {
    result = body();
  } finally {
    leave();
  }
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    (result as unknown as Promise<unknown>).then(undefined, () => {});
    throw new TorchTypeError(
      `${name}(): the function returned a promise, and the mode has ended before it settles; ` +
        `await first, and call ${name}() around the synchronous part`,
    );
  }
  return result;
}

function withGrad<T>(name: string, enabled: boolean, body: () => T): T {
  if (typeof body !== 'function') throw new TorchTypeError(`${name}(): argument must be a function`);
  const before = native.isGradEnabled();
  native.setGradEnabled(enabled);
  return within(name, body, () => native.setGradEnabled(before));
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
  native.enterInferenceMode(mode);
  return within('inferenceMode', body, () => native.leaveInferenceMode());
}

export function isInferenceModeEnabled(): boolean {
  return native.isInferenceMode();
}

/** Runs `body` with anomaly detection: backward raises where a gradient becomes NaN. */
export function detectAnomaly<T>(body: () => T, options: { checkNan?: boolean } = {}): T {
  const [enabled, checkNan] = native.anomalyState();
  native.setAnomaly(true, options.checkNan ?? true);
  return within('detectAnomaly', body, () => native.setAnomaly(enabled, checkNan));
}

export function setDetectAnomaly(mode: boolean, options: { checkNan?: boolean } = {}): void {
  native.setAnomaly(mode, options.checkNan ?? true);
}

export function isAnomalyEnabled(): boolean {
  return native.anomalyState()[0];
}
