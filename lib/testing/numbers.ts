/** Two numbers: floats, ints (bigints) or complex ones. */
import { Complex } from '../core/complex';
import { type Tolerances, mismatch, pythonNumber } from './mismatch';

export type Numeric = number | bigint | boolean | Complex;

const parts = (value: Numeric): [number, number] =>
  value instanceof Complex ? [value.re, value.im] : [Number(value), 0];
const isInt = (value: Numeric): value is bigint | boolean =>
  typeof value === 'bigint' || typeof value === 'boolean';
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** `|actual - expected|`: of two ints an int. */
function distance(actual: Numeric, expected: Numeric): number | bigint {
  if (isInt(actual) && isInt(expected)) return magnitude(BigInt(actual) - BigInt(expected));
  const [a, b] = [parts(actual), parts(expected)];
  if (actual instanceof Complex || expected instanceof Complex) return Math.hypot(a[0] - b[0], a[1] - b[1]);
  return Math.abs(a[0] - b[0]);
}

const size = (value: Numeric): number => Math.hypot(...parts(value));

function isEqual(actual: Numeric, expected: Numeric): boolean {
  if (isInt(actual) && isInt(expected)) return BigInt(actual) === BigInt(expected);
  const [a, b] = [parts(actual), parts(expected)];
  return a[0] === b[0] && a[1] === b[1];
}

const isNaNumber = (value: Numeric): boolean => parts(value).some(Number.isNaN);

export function areClose(
  actual: Numeric,
  expected: Numeric,
  { rtol, atol }: Tolerances,
  equalNan: boolean,
): boolean {
  if (isEqual(actual, expected)) return true;
  if (equalNan && isNaNumber(actual) && isNaNumber(expected)) return true;
  const difference = Number(distance(actual, expected));
  return Number.isFinite(difference) && difference <= atol + rtol * size(expected);
}

/** Of two ints as Python divides them: with one rounding. */
function ratio(distance: number | bigint, expected: Numeric): number {
  if (isEqual(expected, 0n)) return Infinity;
  if (typeof distance === 'number' || !isInt(expected)) return Number(distance) / size(expected);
  return Number((distance << 256n) / magnitude(BigInt(expected))) * 2 ** -256;
}

export function numberMismatch(
  actual: Numeric,
  expected: Numeric,
  tolerances: Tolerances,
  name: string,
): string {
  const absolute = distance(actual, expected);
  return mismatch(
    name,
    `Expected ${pythonNumber(expected)} but got ${pythonNumber(actual)}.`,
    { value: absolute, at: null },
    { value: ratio(absolute, expected), at: null },
    tolerances,
  );
}
