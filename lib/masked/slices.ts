// What gives a tensor of the input's shape: softmax and cumulative sums, without what is masked.
import type { DTypeLike } from '../core/dtype';
import { value } from '../core/kinds';
import { type Call, type Spelled, signature } from '../core/signature';
import * as aten from '../tensor/aten';
import * as kinds from '../tensor/kinds';
import type { Tensor } from '../tensor';
import { type Operation, checkStrided, dimsOf, replaced } from './mask';
import { norm } from './statistics';

/** Options of `torch.masked.softmax` and its kin. */
export interface MaskedOptions {
  /** The result's. Default: the input's. */
  dtype?: DTypeLike | null;
  /** True where an element counts. It broadcasts to the input's shape. Default: all count. */
  mask?: Tensor | null;
}
const MASKED: Required<MaskedOptions> = { dtype: null, mask: null };
const dimension = value<number>()('dim');
const sliceSignature = (name: string) =>
  signature(`torch.masked.${name}`, [kinds.tensor('input'), dimension], MASKED, []);

/** `(input, dim, { dtype, mask })`. What is masked in the result has no meaning. */
export interface MaskedSlices {
  (...args: Call<ReturnType<typeof sliceSignature>, [input: Tensor, dim: number]>): Tensor;
}

function slices(
  name: string,
  operation: Operation,
  compute: (input: Tensor, dim: number, dtype: DTypeLike) => Tensor,
): MaskedSlices {
  const own = sliceSignature(name);
  return (...args: unknown[]) => {
    const [input, dim, { dtype, mask }] = own.bind(args);
    const [axis] = dimsOf(dim, input.dim());
    checkStrided(name, input);
    return compute(replaced(operation, input, mask), axis, dtype ?? input.dtype);
  };
}

/**
 * Softmax along `dim` of the elements whose mask is true: `torch.masked.softmax`.
 *
 * @throws ValueError for a sparse tensor.
 */
export const softmax: Spelled<MaskedSlices> = slices('softmax', 'amax', aten.softmax);

/**
 * The logarithm of {@link softmax}: `torch.masked.log_softmax`.
 *
 * @throws ValueError for a sparse tensor.
 */
export const logSoftmax: Spelled<MaskedSlices> = slices('log_softmax', 'amax', aten.logSoftmax);

/**
 * {@link softmax} of the negated elements: `torch.masked.softmin`.
 *
 * @throws ValueError for a sparse tensor.
 */
export const softmin: Spelled<MaskedSlices> = slices('softmin', 'amin', (input, dim, dtype) =>
  aten.softmax(input.neg(), dim, dtype),
);

/**
 * Sums along `dim` up to each element, of those whose mask is true: `torch.masked.cumsum`.
 *
 * @throws ValueError for a sparse tensor.
 */
export const cumsum: Spelled<MaskedSlices> = slices('cumsum', 'sum', (input, dim, dtype) =>
  aten.cumsum(input, dim, { dtype }),
);

/**
 * Products along `dim` up to each element, of those whose mask is true: `torch.masked.cumprod`.
 *
 * @throws ValueError for a sparse tensor.
 */
export const cumprod: Spelled<MaskedSlices> = slices('cumprod', 'prod', (input, dim, dtype) =>
  aten.cumprod(input, dim, { dtype }),
);

/** Options of `torch.masked.normalize`. */
export interface MaskedNormalizeOptions extends MaskedOptions {
  /** The least that is divided by. Default: 1e-12. */
  eps?: number;
}
const NORMALIZE = signature(
  'torch.masked.normalize',
  [kinds.tensor('input'), value<number>()('ord'), dimension],
  { eps: 1e-12, ...MASKED } as Required<MaskedNormalizeOptions>,
  [],
);

/**
 * The elements whose mask is true, divided by their norm along `dim`: `torch.masked.normalize`.
 *
 * @throws ValueError for a sparse tensor.
 */
export function normalize(
  ...args: Call<typeof NORMALIZE, [input: Tensor, ord: number, dim: number]>
): Tensor {
  const [input, ord, dim, { eps, dtype, mask }] = NORMALIZE.bind(args);
  const shown = replaced('sum', input, mask);
  const length = norm(input, ord, dim, { keepdim: true, dtype: dtype ?? input.dtype, mask });
  return aten.div(shown, aten.maximum(length, length.newFull([], eps)));
}

/** Options of `torch.masked.logaddexp`. */
export interface MaskedLogaddexpOptions {
  /** The result's. Default: the input's. */
  dtype?: DTypeLike | null;
  inputMask?: Tensor | null;
  otherMask?: Tensor | null;
}
const LOGADDEXP = signature(
  'torch.masked.logaddexp',
  [kinds.tensor('input'), kinds.tensor('other')],
  { dtype: null, inputMask: null, otherMask: null } as Required<MaskedLogaddexpOptions>,
  [],
);

/**
 * `log(eˣ + eʸ)` of the elements whose masks are true: `torch.masked.logaddexp`.
 *
 * @throws ValueError for a sparse tensor.
 */
export function logaddexp(...args: Call<typeof LOGADDEXP, [input: Tensor, other: Tensor]>): Tensor {
  const [input, other, { dtype, inputMask, otherMask }] = LOGADDEXP.bind(args);
  const sides = [replaced('logaddexp', input, inputMask), replaced('logaddexp', other, otherMask)];
  return aten.logaddexp(sides[0], sides[1]).to({ dtype: dtype ?? input.dtype });
}
