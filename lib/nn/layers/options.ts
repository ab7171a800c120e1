// What the constructors of modules share.
import { checkSize } from '../../core/errors';
import type { DeviceLike } from '../../core/device';
import type { DTypeLike } from '../../core/dtype';

export interface FactoryOptions {
  /** Where parameters and buffers are made. Default: the CPU. */
  device?: DeviceLike | null;
  /** What they hold. Default: the default dtype. */
  dtype?: DTypeLike | null;
}
export const FACTORY: Required<FactoryOptions> = { device: null, dtype: null };
/** The same by position. */
export type Factory = [device: DeviceLike | null, dtype: DTypeLike | null];

/** One number for each of `n` dimensions. */
export function ntuple(n: number, value: number | readonly number[]): readonly number[] {
  checkSize('Module', 'size', value);
  return typeof value === 'number' ? new Array<number>(n).fill(value) : [...value];
}
