/** The pairs of values that assertClose compares. All are found, in arrays, Maps and plain objects, before any is compared. */
import { Complex } from '../core/complex';
import { complex128, float64, int64, type DType } from '../core/dtype';
import { TorchError, TorchTypeError, valueError } from '../core/errors';
import { isMap, isPlainObject, typedArrayName } from '../core/realm';
import { Buffer, Parameter } from '../nn/parameter';
import { Tensor } from '../tensor';
import { tensor } from '../tensor/creation';
import { isNested } from '../tensor/print';
import { repr } from '../tensor/repr';
import type { Options } from './assert_close';
import { type Tolerances, pythonNumber } from './mismatch';
import { areClose, numberMismatch, type Numeric } from './numbers';
import { layouts, tensorMismatch } from './tensors';
import { tolerancesOf } from './tolerances';

/** Keys and indices on the way to a value. */
type Path = readonly unknown[];

export interface Pair {
  path: Path;
  /** What differs; null where nothing does. */
  mismatch(): string | null;
}

/**
 * The end of a message: where in the arguments the values are. Differs from PyTorch: `testing.assertClose` says where a boolean differs,
 * too.
 */
export const place = (path: Path): string =>
  path.length === 0
    ? ''
    : `\n\nThe failure occurred for item ${path.map((key) => `[${repr(key)}]`).join('')}`;

/**
 * All pairs of values in two arguments. A structure that differs is an error before any value is looked at.
 *
 * @throws TorchError where structures differ or something cannot be compared.
 */
export function pairsOf(actual: unknown, expected: unknown, options: Options, path: Path): Pair[] {
  const [a, b] = [listOf(actual), listOf(expected)];
  if (a && b) {
    if (a.length !== b.length) {
      fail(`The length of the sequences mismatch: ${a.length} != ${b.length}`, path);
    }
    return a.flatMap((item, i) => pairsOf(item, b[i], options, [...path, i]));
  }
  const [left, right] = [entriesOf(actual), entriesOf(expected)];
  if (left && right) {
    checkKeys(left, right, path);
    return [...left.keys()]
      .sort(inOrder)
      .flatMap((key) => pairsOf(left.get(key), right.get(key), options, [...path, key]));
  }
  return [pairOf(actual, expected, options, path)];
}

function fail(message: string, path: Path): never {
  throw new TorchError(message + place(path), 'AssertionError');
}

/** The items of an array, or the tensors of a nested tensor; null for anything else. */
function listOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value as unknown[];
  return value instanceof Tensor && isNested(value) ? (value.unbind() as Tensor[]) : null;
}

function entriesOf(value: unknown): ReadonlyMap<unknown, unknown> | null {
  if (isMap(value)) return value;
  return isPlainObject(value) ? new Map(Object.entries(value)) : null;
}

function inOrder(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) return 0;
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}

function checkKeys(
  left: ReadonlyMap<unknown, unknown>,
  right: ReadonlyMap<unknown, unknown>,
  path: Path,
): void {
  const without = (one: ReadonlyMap<unknown, unknown>, other: ReadonlyMap<unknown, unknown>): unknown[] =>
    [...one.keys()].filter((key) => !other.has(key)).sort(inOrder);
  const [missing, additional] = [without(right, left), without(left, right)];
  if (missing.length + additional.length === 0) return;
  const list = (keys: unknown[]): string => `[${keys.map(repr).join(', ')}]`;
  fail(
    'The keys of the mappings do not match:\n' +
      `Missing keys in the actual mapping: ${list(missing)}\n` +
      `Additional keys in the actual mapping: ${list(additional)}`,
    path,
  );
}

function pairOf(given: unknown, wanted: unknown, options: Options, path: Path): Pair {
  if (given == null || wanted == null) {
    const text = (value: unknown): string => (value == null ? 'None' : pythonNumber(value));
    return {
      path,
      mismatch: () =>
        given == null && wanted == null ? null : `None mismatch: ${text(given)} is not ${text(wanted)}`,
    };
  }
  if (typeof given === 'boolean' && typeof wanted === 'boolean') {
    const mismatch = `Booleans mismatch: ${pythonNumber(given)} is not ${pythonNumber(wanted)}`;
    return { path, mismatch: () => (given === wanted ? null : mismatch) };
  }
  if (isNumber(given) && isNumber(wanted)) {
    const tolerances = tolerancesFor([dtypeOf(given), dtypeOf(wanted)], options, path);
    return { path, mismatch: () => mismatchOfNumbers(given, wanted, tolerances, options) };
  }
  const [actual, expected] = tensorsOf(given, wanted, options) ?? [];
  if (!actual || !expected) {
    throw new TorchTypeError(
      `No comparison pair was able to handle inputs of type ${pythonType(given)} and ${pythonType(wanted)}.` +
        place(path),
    );
  }
  for (const { layout } of [actual, expected]) {
    if (!layouts.includes(layout)) throw valueError(`Unsupported tensor layout ${layout}${place(path)}`);
  }
  const tolerances = tolerancesFor([actual.dtype, expected.dtype], options, path);
  return { path, mismatch: () => tensorMismatch(actual, expected, tolerances, options) };
}

const isNumber = (value: unknown): value is number | bigint | Complex =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof Complex;

const dtypeOf = (value: Numeric): DType =>
  typeof value === 'bigint' ? int64 : value instanceof Complex ? complex128 : float64;

function mismatchOfNumbers(
  actual: Numeric,
  expected: Numeric,
  tolerances: Tolerances,
  { checkDtype, equalNan }: Options,
): string | null {
  if (checkDtype && dtypeOf(actual) !== dtypeOf(expected))
    return `The (d)types do not match: ${pythonType(actual)} != ${pythonType(expected)}.`;
  if (areClose(actual, expected, tolerances, equalNan)) return null;
  return numberMismatch(actual, expected, tolerances, 'Scalars');
}

function tolerancesFor(dtypes: readonly DType[], { rtol, atol }: Options, path: Path): Tolerances {
  if (rtol !== null && atol !== null) return { rtol, atol };
  if (rtol === null && atol === null) return tolerancesOf(...dtypes);
  throw valueError(
    `Both 'rtol' and 'atol' must be either specified or omitted, but got no ${rtol === null ? 'rtol' : 'atol'}.` +
      place(path),
  );
}

// As in Python, a Buffer is a Tensor with a mark on it, no class of its own.
const classOf = (tensor: Tensor): unknown => (tensor instanceof Buffer ? Tensor : tensor.constructor);

function tensorsOf(given: unknown, wanted: unknown, { allowSubclasses }: Options): [Tensor, Tensor] | null {
  if (given instanceof Tensor && wanted instanceof Tensor) {
    const [a, b] = [classOf(given), classOf(wanted)] as (new () => Tensor)[];
    const related = a === b || (allowSubclasses && (given instanceof b || wanted instanceof a));
    return related ? [given, wanted] : null;
  }
  if (typedArrayName(given) === undefined || typedArrayName(wanted) === undefined) return null;
  return [tensor(given as Float32Array), tensor(wanted as Float32Array)];
}

function pythonType(value: unknown): string {
  return `<class '${pythonClass(value)}'>`;
}

function pythonClass(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Complex) return 'complex';
  if (value instanceof Parameter) return `torch.nn.parameter.${value.constructor.name}`;
  if (value instanceof Tensor) return 'torch.Tensor';
  if (isMap(value) || isPlainObject(value)) return 'dict';
  return typeof value === 'object' ? value.constructor.name : typeof value;
}
