// What the constructors of modules share.
import type { Signature } from '../../core/signature';
import type { Parameter } from '../parameter';
import { checkSize } from '../../core/errors';
import type { DeviceLike } from '../../core/device';
import type { DTypeLike } from '../../core/dtype';

/** Where a module's parameters and buffers are made, and in which dtype. */
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

/**
 * The type of a bias: null where `bias: false` is given, and a Parameter or null where only the program knows. Of a
 * class whose `Bias` nothing says, such as a field `fc: nn.Linear`, a Parameter.
 */
export type BiasOf<Bias> = unknown extends Bias ? Parameter : Bias extends false ? null : Parameter;

/** The type of a shift that is there where a scale and a bias are: see {@link BiasOf}. */
export type ShiftOf<Affine, Bias> = unknown extends Affine
  ? BiasOf<Bias>
  : Affine extends false
    ? null
    : BiasOf<Bias>;

/** A signature some of whose options, `T`, have types of their own, as `bias`: see {@link BiasOf}. */
export type With<S, T> = S extends Signature<infer R, infer D> ? Signature<R, Omit<D, keyof T> & T> : never;
