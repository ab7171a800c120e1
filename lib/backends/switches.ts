// Switches of libtorch that hold for the process or the thread.
import { bindArguments } from '../core/calls';
import { TorchError } from '../core/errors';
import { native } from '../native';

/** How exact products of float32 matrices are: `highest` is float32 itself. */
export type Float32MatmulPrecision = 'highest' | 'high' | 'medium';

/**
 * How exact products of float32 matrices are inside; the less, the faster on processors and GPUs that can
 * (`torch.set_float32_matmul_precision`). Any other word warns, and changes nothing.
 *
 * @throws RuntimeError for what is no string.
 */
export function setFloat32MatmulPrecision(...args: [precision: Float32MatmulPrecision]): void {
  const [precision] = bindArguments('setFloat32MatmulPrecision(precision)', args);
  if (typeof precision !== 'string') {
    throw new TorchError(`set_float32_matmul_precision expects a str, but got ${typeof precision}`);
  }
  native.float32MatmulPrecision(precision);
}

/** What {@link setFloat32MatmulPrecision} has set: `'highest'` at first. */
export function getFloat32MatmulPrecision(...args: []): Float32MatmulPrecision {
  bindArguments('getFloat32MatmulPrecision()', args);
  return native.float32MatmulPrecision() as Float32MatmulPrecision;
}

/**
 * Whether numbers too small for the full precision become 0 on this thread, JavaScript's own included
 * (`torch.set_flush_denormal`). Returns whether the processor can do so.
 *
 * @throws RuntimeError for what is no boolean.
 */
export function setFlushDenormal(...args: [mode: boolean]): boolean {
  const [mode] = bindArguments('setFlushDenormal(mode)', args);
  if (typeof mode !== 'boolean')
    throw new TorchError(`flush_denormal expects a bool, but got ${typeof mode}`);
  return native.setFlushDenormal(mode);
}

/**
 * Whether warnings that come once in a process come every time (`torch.set_warn_always`).
 *
 * @throws RuntimeError for what is no boolean.
 */
export function setWarnAlways(...args: [b: boolean]): void {
  const [b] = bindArguments('setWarnAlways(b)', args);
  if (typeof b !== 'boolean') throw new TorchError(`setWarnOnlyOnce expects a bool, but got ${typeof b}`);
  native.warnAlways(b);
}

/** Whether {@link setWarnAlways} is on (`torch.is_warn_always_enabled`). */
export function isWarnAlwaysEnabled(...args: []): boolean {
  bindArguments('isWarnAlwaysEnabled()', args);
  return native.warnAlways();
}
