import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { tensor } from '../tensor/kinds';
import { value } from '../core/kinds';
import { type Call, signature } from '../core/signature';

/** What stands around the edges. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';
/** Options of `F.pad`. */
export interface PadOptions {
  /** What the new elements hold. Default: `'constant'`. */
  mode?: PadMode;
  /** The constant. Default: 0. */
  value?: number | null;
}
export const PAD: Required<PadOptions> = { mode: 'constant', value: null };
const PAD_CALL = signature('pad', [tensor('input'), value<readonly number[]>()('pad')], PAD);

/**
 * Adds elements around a tensor.
 *
 * `pad` counts from the last dimension backwards, two numbers each: `[left, right, top, bottom]`;
 * a negative number takes elements away.
 */
export function pad(
  ...args: Call<
    typeof PAD_CALL,
    [input: Tensor, pad: readonly number[]],
    [mode: PadMode, value: number | null]
  >
): Tensor {
  const [input, pad, { mode, value }] = PAD_CALL.bind(args);
  return aten.pad(input, pad, mode, value);
}
