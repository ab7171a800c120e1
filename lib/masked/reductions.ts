// Sums and their kin over what a mask lets through.
import { bool, int16, int32, int64, int8, uint8, type DTypeLike } from '../core/dtype';
import { type Call, type Spelled, signature } from '../core/signature';
import * as aten from '../tensor/aten';
import * as kinds from '../tensor/kinds';
import type { Tensor } from '../tensor';
import { type Dims, type Operation, dimsOf, replaced } from './mask';

/** Options of the reductions of `torch.masked`. */
export interface MaskedReductionOptions {
  /** Default: all dimensions. */
  dim?: number | readonly number[] | null;
  /** Whether the dimensions stay, with size 1. Default: `false`. */
  keepdim?: boolean | null;
  /** The result's. Default: the input's; of sums and products of integers int64. */
  dtype?: DTypeLike | null;
  /** True where an element counts. It broadcasts to the input's shape. Default: all count. */
  mask?: Tensor | null;
}
export const REDUCTION: Required<MaskedReductionOptions> = {
  dim: null,
  keepdim: false,
  dtype: null,
  mask: null,
};
export const reductionSignature = (name: string) =>
  signature(`torch.masked.${name}`, [kinds.tensor('input')], REDUCTION, ['dim']);

/** A reduction: `(input, dim, { keepdim, dtype, mask })`. */
export interface MaskedReduction {
  (...args: Call<ReturnType<typeof reductionSignature>, [input: Tensor], [dim: Dims]>): Tensor;
}

type Reduce = (input: Tensor, dims: number[], keepdim: boolean, dtype: DTypeLike, given: Dims) => Tensor;

function reduction(name: Operation, isSum: boolean, reduce: Reduce): MaskedReduction {
  const own = reductionSignature(name);
  return (...args: unknown[]) => {
    const [input, { dim, keepdim, dtype, mask }] = own.bind(args);
    const result = dtype ?? (isSum && short.includes(input.dtype) ? int64 : input.dtype);
    const dims = dimsOf(dim, input.dim());
    return reduce(replaced(name, input, mask), dims, keepdim === true, result, dim);
  };
}
const short = [uint8, bool, int8, int16, int32];

/**
 * The sum of the elements whose mask is true: `torch.masked.sum`.
 *
 * Differs from PyTorch: `torch.masked.sum` and all of `torch.masked` take strided tensors alone, no sparse ones and no
 * MaskedTensor.
 *
 * @throws ValueError for a sparse tensor.
 */
export const sum: Spelled<MaskedReduction> = reduction('sum', true, (input, dims, keepdim, dtype) =>
  aten.sum(input, dims, keepdim, { dtype }),
);

/**
 * The product of the elements whose mask is true: `torch.masked.prod`.
 *
 * @throws ValueError for a sparse tensor.
 */
export const prod: Spelled<MaskedReduction> = reduction('prod', true, (input, dims, keepdim, dtype) =>
  dims.reduceRight((result, dim) => aten.prod(result, dim, keepdim), input.to({ dtype })),
);

/**
 * The largest of the elements whose mask is true, or minus infinity: `torch.masked.amax`.
 *
 * @throws ValueError for a sparse tensor, and NotImplementedError for a dtype that has no least number.
 */
export const amax: Spelled<MaskedReduction> = reduction('amax', false, (input, dims, keepdim, dtype) =>
  aten.amax(input, dims, keepdim).to({ dtype }),
);

/**
 * The smallest of the elements whose mask is true, or infinity: `torch.masked.amin`.
 *
 * @throws ValueError for a sparse tensor, and NotImplementedError for a dtype that has no greatest number.
 */
export const amin: Spelled<MaskedReduction> = reduction('amin', false, (input, dims, keepdim, dtype) =>
  aten.amin(input, dims, keepdim).to({ dtype }),
);

/**
 * The logarithm of the sum of the exponentials of the elements whose mask is true: `torch.masked.logsumexp`.
 *
 * @throws ValueError for a sparse tensor.
 */
export const logsumexp: Spelled<MaskedReduction> = reduction(
  'logsumexp',
  false,
  (input, dims, keepdim, dtype) => aten.logsumexp(input, dims, keepdim).to({ dtype }),
);

/** Options of `torch.masked.argmax` and `argmin`. */
export interface MaskedIndexOptions extends MaskedReductionOptions {
  /** Default: the index in the flattened input. */
  dim?: number | null;
}
const indexSignature = (name: string) =>
  signature(
    `torch.masked.${name}`,
    [kinds.tensor('input')],
    { ...REDUCTION, dim: null } as Required<MaskedIndexOptions>,
    ['dim'],
  );

/** `(input, dim, { keepdim, dtype, mask })`. */
export interface MaskedIndex {
  (...args: Call<ReturnType<typeof indexSignature>, [input: Tensor], [dim: number | null]>): Tensor;
}

function indexOf(
  name: 'argmax' | 'argmin',
  find: (input: Tensor, dim: number | null, keepdim: boolean) => Tensor,
): MaskedIndex {
  const own = indexSignature(name);
  return (...args: unknown[]) => {
    const [input, { dim, keepdim, dtype, mask }] = own.bind(args);
    return find(replaced(name, input, mask), dim, keepdim === true).to({ dtype: dtype ?? input.dtype });
  };
}

/**
 * The index of the largest element whose mask is true, in the input's dtype as Python has it: `torch.masked.argmax`.
 *
 * @throws ValueError for a sparse tensor.
 */
export const argmax: Spelled<MaskedIndex> = indexOf('argmax', (input, dim, keepdim) =>
  aten.argmax(input, dim, keepdim),
);

/**
 * The index of the smallest element whose mask is true, in the input's dtype as Python has it: `torch.masked.argmin`.
 *
 * @throws ValueError for a sparse tensor.
 */
export const argmin: Spelled<MaskedIndex> = indexOf('argmin', (input, dim, keepdim) =>
  aten.argmin(input, dim, keepdim),
);
