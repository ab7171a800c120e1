/** Limits of dtypes: torch.finfo and torch.iinfo. */
import { type DType, type DTypeLike, asDType } from './dtype';
import { bindArguments } from './calls';
import * as dtypes from './dtype';
import { TorchTypeError, argumentError } from './errors';

/** Limits of a floating-point dtype, or of the parts of a complex one. */
export interface FInfo {
  readonly bits: number;
  /** The distance from 1 to the next number. */
  readonly eps: number;
  readonly max: number;
  readonly min: number;
  /** The smallest positive number that keeps full precision. */
  readonly tiny: number;
  readonly smallestNormal: number;
  /** Ten to the minus number of decimal digits that are exact. */
  readonly resolution: number;
  /** The dtype's name; a complex dtype gives that of its parts. */
  readonly dtype: string;
  toString(): string;
}

/** Limits of an integer dtype. A limit that a number cannot hold is a bigint. */
export interface IInfo {
  readonly bits: number;
  readonly max: number | bigint;
  readonly min: number | bigint;
  readonly dtype: string;
  toString(): string;
}

// For each: bits of the fraction, the least and the greatest exponent, and the greatest number over
// the greatest power of two.
type Format = [fraction: number, least: number, greatest: number, top: number];
const formats: Record<string, Format> = {
  float16: [10, -14, 15, 2 - 2 ** -10],
  bfloat16: [7, -126, 127, 2 - 2 ** -7],
  float32: [23, -126, 127, 2 - 2 ** -23],
  float64: [52, -1022, 1023, 2 - 2 ** -52],
  float8_e5m2: [2, -14, 15, 1.75],
  float8_e4m3fn: [3, -6, 8, 1.75],
  float8_e5m2fnuz: [2, -15, 15, 1.75],
  float8_e4m3fnuz: [3, -7, 7, 1.875],
  float8_e8m0fnu: [0, -127, 127, 1],
};

const parts = new Map<DType, DType>([
  [dtypes.complex32, dtypes.float16],
  [dtypes.complex64, dtypes.float32],
  [dtypes.complex128, dtypes.float64],
]);

/** The limits of a floating-point or complex dtype. Default: of the default dtype's, float32. */
export function finfo(...args: [dtype?: DTypeLike]): FInfo {
  const [dtype = dtypes.float32] = bindArguments('finfo(dtype?)', args);
  const asked = asDType(dtype);
  if (!asked) throw argumentError('finfo', 'dtype', 'a DType', dtype);
  const real = parts.get(asked) ?? asked;
  const format = formats[real.name] as Format | undefined;
  if (!format)
    throw new TorchTypeError(
      `torch.finfo() requires a floating point input type. Use torch.iinfo to handle '${asked}'`,
    );
  const [fraction, least, greatest, top] = format;
  const max = top * 2 ** greatest;
  const tiny = 2 ** least;
  const info = {
    bits: real.itemsize * 8,
    eps: real === dtypes.float8_e5m2fnuz ? 0.125 : 2 ** -fraction, // libtorch's number, not the format's
    max,
    min: real === dtypes.float8_e8m0fnu ? tiny : -max,
    tiny,
    smallestNormal: tiny,
    resolution: Number(`1e-${Math.floor(fraction * Math.log10(2))}`),
    dtype: real.name,
  };
  return withText(info, () => {
    const { resolution, min, max, eps, tiny } = info;
    const [r, least, most, e, t] = [resolution, min, max, eps, tiny].map(sixDigits);
    return `finfo(resolution=${r}, min=${least}, max=${most}, eps=${e}, smallest_normal=${t}, tiny=${t}, dtype=${real.name})`;
  });
}

// C's "%g". Its ties go to the even digit; the only tie here, float16's eps, goes down.
function sixDigits(exact: number): string {
  if (exact === 0) return '0';
  const value = exact * (1 - 2 ** -50);
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)));
  const [digits, power] = value.toExponential(5).split('e');
  return `${Number(digits)}e${power.replace(/^([+-])(\d)$/, '$10$2')}`;
}

/** The limits of an integer dtype. */
export function iinfo(...args: [dtype: DTypeLike]): IInfo {
  const [dtype] = bindArguments('iinfo(dtype)', args);
  const asked = asDType(dtype);
  if (!asked) throw argumentError('iinfo', 'dtype', 'a DType', dtype);
  if (asked === dtypes.bool) throw new TorchTypeError(`${asked} is not supported by torch.iinfo`);
  if (asked.kind !== 'int' && asked.kind !== 'uint') {
    throw new TorchTypeError(
      `torch.iinfo() requires an integer input type. Use torch.finfo to handle '${asked}'`,
    );
  }
  const bits = asked.itemsize * 8;
  const signed = asked.kind === 'int';
  const max = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  const min = signed ? -max - 1n : 0n;
  const info = { bits, max: plain(max), min: plain(min), dtype: asked.name };
  return withText(info, () => {
    const [least, most] = [min, max].map((limit) => sixDigits(Number(limit)));
    return `iinfo(min=${least}, max=${most}, dtype=${asked.name})`;
  });
}

function plain(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function withText<T extends object>(info: T, text: () => string): T {
  return Object.freeze(Object.defineProperty(info, 'toString', { value: text, enumerable: false }));
}
