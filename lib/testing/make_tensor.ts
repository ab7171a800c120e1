/** Random tensors for tests, with PyTorch's numbers for a seed. */
import { type DeviceLike } from '../core/device';
import { type DType, type DTypeLike, asDType } from '../core/dtype';
import { TorchTypeError, argumentError, checkOptions, valueError } from '../core/errors';
import { type MemoryFormat } from '../core/layout';
import { isPlainObject } from '../core/realm';
import { withDefaults } from '../core/signature';
import { finfo, iinfo } from '../core/typeinfo';
import { warn } from '../core/warn';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';
import { repr } from '../tensor/repr';

/** Options of `makeTensor`. */
export interface MakeTensorOptions {
  dtype: DTypeLike;
  /** Default: the CPU. */
  device?: DeviceLike | null;
  /** The least value. Default: 0 for bool, -9 for others, 0 where there are no negative ones. */
  low?: number | bigint | null;
  /** Above the greatest value. Default: 2 for bool, 10 for integers, 9 for others. */
  high?: number | bigint | null;
  /** Default: `false`. */
  requiresGrad?: boolean;
  /** Whether its elements shall have gaps between them in memory, where there are two or more. Default: `false`. */
  noncontiguous?: boolean;
  /** Whether to put 1, or the dtype's least normal number, in the place of 0. Default: `false`. */
  excludeZero?: boolean;
  /** In which order the dimensions lie in memory. Default: row by row. */
  memoryFormat?: MemoryFormat | null;
}

const OPTIONS: Required<Omit<MakeTensorOptions, 'dtype'>> & { dtype: DTypeLike | null } = {
  dtype: null,
  device: 'cpu',
  low: null,
  high: null,
  requiresGrad: false,
  noncontiguous: false,
  excludeZero: false,
  memoryFormat: null,
};

/** What numbers a dtype has: from `least` to below `end`; and from where to where they are drawn. */
interface Range {
  least: number | bigint;
  end: number | bigint;
  low: number | bigint;
  high: number | bigint;
}

const isWhole = ({ kind }: DType): boolean => kind === 'bool' || kind === 'int' || kind === 'uint';
const isFloat8 = ({ name }: DType): boolean => /^float8_e(4m3fn|5m2|4m3fnuz|5m2fnuz)$/.test(name);
const hasGradient = (dtype: DType): boolean =>
  dtype.isComplex || (dtype.isFloatingPoint && dtype.itemsize > 1);

function rangeOf(dtype: DType): Range {
  if (dtype.kind === 'bool') return { least: 0, end: 2, low: 0, high: 2 };
  if (isWhole(dtype)) {
    const { min, max } = iinfo(dtype);
    const end = dtype.name === 'int64' ? max : BigInt(max) + 1n; // Python's, too, leaves out the greatest int64
    return { least: min, end, low: -9, high: 10 };
  }
  if (!hasGradient(dtype) && !isFloat8(dtype)) {
    throw new TorchTypeError(
      `The requested dtype '${dtype}' is not supported by torch.testing.make_tensor(). To request support, file an ` +
        'issue at: https://github.com/pytorch/pytorch/issues',
    );
  }
  const { min, max } = finfo(dtype);
  return { least: min, end: max, low: -9, high: 9 };
}

type Limits = [low: number | bigint, high: number | bigint];

function limitsOf(dtype: DType, given: { low: Range['low'] | null; high: Range['high'] | null }): Limits {
  const range = rangeOf(dtype);
  const low = given.low ?? range.low;
  const high = given.high ?? range.high;
  for (const [name, value] of Object.entries({ low, high })) {
    if (typeof value !== 'number' && typeof value !== 'bigint')
      throw argumentError('makeTensor', name, 'a number or null', value);
  }
  if (Number.isNaN(low) || Number.isNaN(high)) {
    throw valueError(`\`low\` and \`high\` cannot be NaN, but got low=${repr(low)} and high=${repr(high)}`);
  }
  // Of a number and a bigint, too.
  const isSame = low <= high && low >= high;
  if (isSame && hasGradient(dtype)) {
    warn(
      'Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated since 2.1 and ' +
        'will be removed in 2.3. Use `torch.full(...)` instead.',
      'FutureWarning',
    );
  } else if (low >= high) {
    throw valueError(`\`low\` must be less than \`high\`, but got ${repr(low)} >= ${repr(high)}`);
  } else if (high < range.least || low >= range.end) {
    throw valueError(
      `The value interval specified by \`low\` and \`high\` is [${repr(low)}, ${repr(high)}), but ${dtype} only ` +
        `supports [${repr(range.least)}, ${repr(range.end)})`,
    );
  }
  const inside = (value: number | bigint): number | bigint => {
    const clamped = value < range.least ? range.least : value > range.end ? range.end : value;
    return isWhole(dtype) && typeof clamped === 'number' ? Math.ceil(clamped) : clamped;
  };
  return [inside(low), inside(high)];
}

// The difference of the limits must be a number of the dtype.
function fillUniform(tensor: Tensor, low: number, high: number): void {
  if (high - low >= finfo(tensor.dtype).max) aten.mul_(aten.uniform_(tensor, low / 2, high / 2), 2);
  else aten.uniform_(tensor, low, high);
}

function drawn(shape: readonly number[], dtype: DType, device: DeviceLike, [low, high]: Limits): Tensor {
  if (isWhole(dtype) && high > 2n ** 63n - 1n) throw valueError('Overflow when unpacking long long');
  if (isWhole(dtype)) return aten.randint(low as number, high as number, shape, { device, dtype });
  const result = aten.empty(shape, { device, dtype: isFloat8(dtype) ? 'float32' : dtype });
  fillUniform(dtype.isComplex ? aten.viewAsReal(result) : result, Number(low), Number(high));
  return result.to(dtype);
}

function shapeOf(given: readonly unknown[]): number[] {
  const shape: unknown = given.length === 1 && Array.isArray(given[0]) ? given[0] : given;
  if (!(shape as unknown[]).every((size) => typeof size === 'number'))
    throw argumentError('makeTensor', 'shape', 'numbers or an array of numbers', shape);
  return [...(shape as number[])];
}

/**
 * A tensor of values drawn uniformly from `low` to below `high` (`torch.testing.make_tensor`); after `manualSeed` they are
 * Python's, bit by bit. Limits beyond the dtype's are the dtype's.
 *
 * Differs from PyTorch: `testing.makeTensor` takes the CPU where no `device` is given.
 *
 * @example
 * torch.manualSeed(0);
 * const x = makeTensor([2, 3], { dtype: torch.float64, requiresGrad: true });
 * const mask = makeTensor(4, { dtype: torch.bool });
 * @throws ValueError for limits that leave nothing to draw, for `requiresGrad` of integers, and for `noncontiguous` together
 * with `memoryFormat`.
 */
export function makeTensor(shape: readonly number[], options: MakeTensorOptions): Tensor;
export function makeTensor(...args: [...shape: number[], options: MakeTensorOptions]): Tensor;
export function makeTensor(...args: unknown[]): Tensor {
  const last = args.at(-1);
  const options = isPlainObject(last) ? last : {};
  const sizes = shapeOf(isPlainObject(last) ? args.slice(0, -1) : args);
  checkOptions('makeTensor', options);
  const given = withDefaults('makeTensor', OPTIONS, options);
  if (given.dtype === null)
    throw new TorchTypeError("makeTensor() missing 1 required keyword-only argument: 'dtype'");
  const dtype = asDType(given.dtype);
  if (!dtype) throw argumentError('makeTensor', 'dtype', 'a DType', given.dtype);
  const { memoryFormat, requiresGrad } = given;
  if (given.noncontiguous && memoryFormat !== null) {
    throw valueError(
      'The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got ' +
        `noncontiguous=True and memory_format=torch.${memoryFormat.name}`,
    );
  }
  if (requiresGrad && isWhole(dtype)) {
    throw valueError(
      `\`requires_grad=True\` is not supported for boolean and integral dtypes, but got dtype=${dtype}`,
    );
  }
  const hasGaps = given.noncontiguous && sizes.reduce((product, size) => product * size, 1) > 1;
  const shape = hasGaps ? [...sizes.slice(0, -1), 2 * sizes[sizes.length - 1]] : sizes;
  let result = drawn(shape, dtype, given.device ?? 'cpu', limitsOf(dtype, given));
  if (hasGaps) result = result.at('...', '1::2');
  else if (memoryFormat !== null) result = aten.clone(result, { memoryFormat });
  if (given.excludeZero) result.setAt(result.eq(0), isWhole(dtype) ? 1 : finfo(dtype).tiny);
  return hasGradient(dtype) ? result.requiresGrad_(requiresGrad) : result;
}
