import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { keywords } from '../core/keywords';

export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';
export interface PadOptions {
  /** What the new elements hold. Default: `'constant'`. */
  mode?: PadMode;
  /** The constant. Default: 0. */
  value?: number | null;
}
export const PAD: Required<PadOptions> = { mode: 'constant', value: null };

/**
 * Adds elements around a tensor.
 *
 * `pad` counts from the last dimension backwards, two numbers each: `[left, right, top, bottom]`;
 * a negative number takes elements away.
 */
export function pad(
  input: Tensor,
  pad: readonly number[],
  mode?: PadMode | PadOptions,
  value?: number | null | PadOptions,
  options?: PadOptions,
): Tensor {
  const given = keywords<PadOptions>('pad', PAD, { mode, value }, options);
  return aten.pad(input, pad, given.mode, given.value);
}
