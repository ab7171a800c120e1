// Means, deviations and norms of what a mask lets through.
import { type DTypeLike, asDType, float32, int64 } from '../core/dtype';
import { TorchError, valueError } from '../core/errors';
import { type Call, type Spelled, signature } from '../core/signature';
import * as aten from '../tensor/aten';
import * as kinds from '../tensor/kinds';
import type { Tensor } from '../tensor';
import { type Dims, checkStrided, dimsOf, maskOf, replaced } from './mask';
import {
  type MaskedReduction,
  type MaskedReductionOptions,
  REDUCTION,
  reductionSignature,
  sum,
} from './reductions';

const MEAN = reductionSignature('mean');

/**
 * The mean of the elements whose mask is true; NaN where there is none: `torch.masked.mean`.
 *
 * @throws ValueError for a sparse tensor, and for a dtype without fractions.
 */
export const mean: Spelled<MaskedReduction> = (...args: unknown[]) => {
  const [input, { dim, keepdim, dtype, mask }] = MEAN.bind(args);
  const result = asDType(dtype ?? input.dtype)!;
  if (!result.isFloatingPoint && !result.isComplex) {
    throw valueError(
      `mean(): Could not infer output dtype. ${dtype === null ? 'Input' : 'Optional'} dtype must be either ` +
        `a floating point or complex dtype. Got: ${result}`,
    );
  }
  checkStrided('mean', input);
  const { shown, count } = counted(input, dim, keepdim === true, mask);
  return sum(input, dim, { keepdim, dtype: result, mask: shown }).div(count);
};

// The mask in the input's shape, and how many elements it lets through along `dim`.
function counted(input: Tensor, dim: Dims, keepdim: boolean, mask: Tensor | null) {
  const shown = mask === null ? null : maskOf(input, mask);
  const ones = shown ?? aten.ones([...input.shape], { dtype: int64, device: input.device });
  return { shown, count: aten.sum(ones, dimsOf(dim, input.dim()), keepdim) };
}

/** Options of `torch.masked.median`. */
export interface MaskedMedianOptions extends MaskedReductionOptions {
  /** Default: the last dimension. */
  dim?: number;
}
const MEDIAN = signature(
  'torch.masked.median',
  [kinds.tensor('input')],
  { ...REDUCTION, dim: -1 } as Required<MaskedMedianOptions>,
  ['dim'],
);

/**
 * The median of the elements whose mask is true; NaN where there is none: `torch.masked.median`.
 *
 * @throws ValueError for a sparse tensor, and where integers have no median since all are masked.
 */
export function median(...args: Call<typeof MEDIAN, [input: Tensor], [dim: number]>): Tensor {
  const [input, { dim, keepdim, dtype, mask }] = MEDIAN.bind(args);
  const isFloat = input.isFloatingPoint();
  const values = isFloat ? input : input.to({ dtype: float32 });
  const [axis] = dimsOf(dim, input.dim());
  const { values: found } = aten.nanmedian(replaced('median', values, mask), axis, keepdim === true);
  if (isFloat) return found;
  if (!found.isnan().any().item<boolean>()) return found.to({ dtype: dtype ?? input.dtype });
  throw valueError('masked median expects no fully masked out rows if dtype is not floating point');
}

/** Options of `torch.masked.norm`. */
export interface MaskedNormOptions extends MaskedReductionOptions {
  /** Default: 2. */
  ord?: number | null;
}
const NORM = signature(
  'torch.masked.norm',
  [kinds.tensor('input')],
  { ord: 2, ...REDUCTION } as Required<MaskedNormOptions>,
  ['ord', 'dim'],
);

/**
 * The norm of the elements whose mask is true: `torch.masked.norm`.
 *
 * @throws ValueError for a sparse tensor.
 */
export function norm(...args: Call<typeof NORM, [input: Tensor], [ord: number | null, dim: Dims]>): Tensor {
  const [input, { ord, dim, keepdim, dtype, mask }] = NORM.bind(args);
  const shown = replaced('norm', input, mask, ord ?? 2);
  const options = { dtype: dtype ?? input.dtype };
  return aten.linalg.vectorNorm(shown, ord ?? 2, dimsOf(dim, input.dim()), keepdim === true, options);
}

/** Options of `torch.masked.var` and `std`. */
export interface MaskedVarianceOptions extends MaskedReductionOptions {
  /** `false`: divide by the number of elements. Not together with `correction`. */
  unbiased?: boolean | null;
  /** What is taken from the number of elements that is divided by. Default: 1. */
  correction?: number | null;
}
const varianceSignature = (name: string) =>
  signature(
    `torch.masked.${name}`,
    [kinds.tensor('input')],
    { ...REDUCTION, unbiased: null, correction: null } as Required<MaskedVarianceOptions>,
    ['dim', 'unbiased'],
  );

/** `(input, dim, unbiased, { correction, keepdim, dtype, mask })`. */
export interface MaskedVariance {
  (
    ...args: Call<
      ReturnType<typeof varianceSignature>,
      [input: Tensor],
      [dim: Dims, unbiased: boolean | null]
    >
  ): Tensor;
}

function variance(name: 'var' | 'std', finish: (variance: Tensor) => Tensor): MaskedVariance {
  const own = varianceSignature(name);
  return (...args: unknown[]) => {
    const [input, options] = own.bind(args);
    const { dim, unbiased, keepdim, mask } = options;
    if (unbiased !== null && options.correction !== null)
      throw new TorchError('Only one of unbiased and correction may be given', 'AssertionError');
    const correction = unbiased === null ? (options.correction ?? 1) : unbiased ? 1 : 0;
    const dtype = withFractions(options.dtype ?? input.dtype, options.dtype !== null);
    const computed = withFractions(dtype, false);
    checkStrided('std/var', input);
    const { shown, count } = counted(input, dim, true, mask);
    const total = sum(input, dim, { keepdim: true, dtype, mask: shown });
    const x = aten.sub(input, aten.div(total, count));
    const squares = sum(x.mul(x.conj()), dim, { keepdim, dtype: computed, mask: shown });
    let divisor = keepdim ? count : count.reshape([...squares.shape]);
    if (correction !== 0) {
      const real = divisor.to({ dtype: asDType(computed)!.isComplex ? realOf(computed) : computed });
      divisor = aten.maximum(real.sub(correction), real.newZeros([]));
    }
    return finish(aten.div(squares, divisor).to({ dtype }));
  };
}

// float32 for integers, unless they were asked for.
function withFractions(dtype: DTypeLike, keep: boolean): DTypeLike {
  const known = asDType(dtype)!;
  return keep || known.isFloatingPoint || known.isComplex ? known : float32;
}

const realOf = (dtype: DTypeLike): DTypeLike => `float${asDType(dtype)!.itemsize * 4}` as DTypeLike;

/**
 * The variance of the elements whose mask is true: `torch.masked.var`.
 *
 * @throws ValueError for a sparse tensor.
 */
const variance_: Spelled<MaskedVariance> = variance('var', (one) => one);
export { variance_ as var };

/**
 * The standard deviation of the elements whose mask is true: `torch.masked.std`.
 *
 * @throws ValueError for a sparse tensor.
 */
export const std: Spelled<MaskedVariance> = variance('std', (one) => one.sqrt());
