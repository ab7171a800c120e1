// What an argument may be: `tensor('input')` is an argument called input that is a tensor.
import { checkFunction, checkNumber, checkSize, checkText } from './errors';

/** @throws TypeError for a value of another kind. */
type Check = (fn: string, argument: string, value: unknown) => void;

/** An argument without a default. */
export interface Argument<N extends string = string, T = unknown> {
  readonly name: N;
  /** Null where the function itself refuses other values. */
  readonly check: Check | null;
  /** Whether a plain object is such a value, and so no object of keywords. */
  readonly isObject: boolean;
  /** For the type checker alone. */
  readonly type?: T;
}

/** Arguments of type `T` that `check` knows. */
export const kind =
  <T>(check: Check | null, isObject = false) =>
  <const N extends string>(name: N): Argument<N, T> => ({ name, check, isObject });

export const number: <const N extends string>(name: N) => Argument<N, number> = kind(checkNumber);

export const text: <const N extends string>(name: N) => Argument<N, string> = kind(checkText);

/** One number for all dimensions, or one for each. */
export const size: <const N extends string>(name: N) => Argument<N, number | readonly number[]> =
  kind(checkSize);

/** A function of type `F`. */
export const callable = <F>() => kind<F>(checkFunction);

/** Anything of type `T`: the function itself refuses the rest. */
export const value = <T>() => kind<T>(null);

/** A plain object of type `T`. */
export const object = <T extends object>() => kind<T>(null, true);
