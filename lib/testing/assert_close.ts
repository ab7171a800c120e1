/** torch.testing.assert_close. */
import { noGrad } from '../autograd/mode';
import { TorchError } from '../core/errors';
import { withDefaults } from '../core/signature';
import { bindArguments } from '../core/calls';
import { tidy } from '../tensor/memory';
import { type Pair, pairsOf, place } from './pairs';

/** Options of `assertClose`. */
export interface CloseOptions {
  /** Relative tolerance; goes with `atol`. Default: by dtype, float32 1.3e-6. */
  rtol?: number | null;
  /** Absolute tolerance; goes with `rtol`. Default: by dtype, float32 1e-5. */
  atol?: number | null;
  /** Whether a NaN is close to another one. Default false. */
  equalNan?: boolean;
  /** Whether the devices must be the same. Default true. */
  checkDevice?: boolean;
  /** Whether the dtypes must be the same. Default true. */
  checkDtype?: boolean;
  /** Whether the layouts must be the same. Default true. */
  checkLayout?: boolean;
  /** Whether the strides must be the same. Default false. */
  checkStride?: boolean;
  /** Whether a Parameter may be close to a Tensor. Default true. */
  allowSubclasses?: boolean;
  /** The message instead, or what makes it of the usual one. */
  msg?: string | ((message: string) => string) | null;
}

const DEFAULTS: Required<CloseOptions> = {
  rtol: null,
  atol: null,
  equalNan: false,
  checkDevice: true,
  checkDtype: true,
  checkLayout: true,
  checkStride: false,
  allowSubclasses: true,
  msg: null,
};

export type Options = Required<CloseOptions>;
/** Options of `assertEqual`. */
export type EqualOptions = Omit<CloseOptions, 'rtol' | 'atol'>;

/** What {@link assertEqual} compares with. */
export const EXACT_OPTIONS: Options = { ...DEFAULTS, rtol: 0, atol: 0, equalNan: true };

/**
 * Checks that tensors, numbers, or arrays, Maps and plain objects of such, are close:
 * `|actual - expected| <= atol + rtol * |expected|`.
 *
 * Differs from PyTorch: `testing.assertClose` takes a number for a float and a bigint for an int, and a typed array
 * for a tensor.
 *
 * @throws TorchError (AssertionError) that says what differs and where; a ValueError for one tolerance without the
 * other; a TypeError for what cannot be compared, such as a tensor with a number.
 *
 * @example
 * assertClose(torch.tensor([1, 2]).sqrt(), torch.tensor([1, 1.41421]));
 * assertClose(model.stateDict(), other.stateDict(), { rtol: 0, atol: 0 });
 */
export function assertClose(...args: [actual: unknown, expected: unknown, options?: CloseOptions]): void {
  const [actual, expected, options] = bindArguments('assertClose(actual{}, expected{}, options{}?)', args);
  check(actual, expected, withDefaults('assertClose', DEFAULTS, options), assertClose);
}

/**
 * {@link assertClose} without tolerances, and NaNs are equal: the same dtypes, shapes and values. +0 and -0 are equal.
 */
export function assertEqual(...args: [actual: unknown, expected: unknown, options?: EqualOptions]): void {
  const [actual, expected, options] = bindArguments('assertEqual(actual{}, expected{}, options{}?)', args);
  const { rtol, atol, ...defaults } = EXACT_OPTIONS;
  const given = withDefaults('assertEqual', defaults, options);
  check(actual, expected, { rtol, atol, ...given }, assertEqual);
}

// The stack of the error begins where `assertion` was called: test runners show that place.
function check(
  actual: unknown,
  expected: unknown,
  given: Options,
  assertion: (...args: never[]) => void,
): void {
  const failure = tidy(() => noGrad(() => firstMismatch(pairsOf(actual, expected, given, []))));
  if (failure === null) return;
  const message = failure.message + place(failure.path);
  const { msg } = given;
  const error = new TorchError(typeof msg === 'function' ? msg(message) : (msg ?? message), 'AssertionError');
  Error.captureStackTrace(error, assertion);
  throw error;
}

function firstMismatch(pairs: readonly Pair[]): { message: string; path: Pair['path'] } | null {
  for (const { path, mismatch } of pairs) {
    const message = mismatch();
    if (message !== null) return { message, path };
  }
  return null;
}
