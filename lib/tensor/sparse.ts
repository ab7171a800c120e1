/** `torch.sparse`: what Python has for sparse matrices beside the operators of the same names. */
import { type Call, signature } from '../core/signature';
import type { DTypeLike } from '../core/dtype';
import type { Layout } from '../core/layout';
import { operator } from '../native/dispatch';
import * as kinds from './kinds';
import { value } from '../core/kinds';
import type { Scalar, Tensor } from '.';

const op = (name: string) => operator(`aten::${name}`) as (...args: unknown[]) => Tensor;
const ops = {
  addmm: op('_sparse_addmm'),
  logSoftmax: op('_sparse_log_softmax'),
  mm: op('_sparse_mm'),
  sampledAddmm: op('sparse_sampled_addmm'),
  softmax: op('_sparse_softmax'),
  spdiags: op('_spdiags'),
  spsolve: op('_spsolve'),
  sum: op('_sparse_sum'),
};

/** Options of `torch.sparse.mm`. */
export interface SparseMmOptions {
  /** Of `'sum'`, `'mean'`, `'amax'` and `'amin'` what the products become; of CSR matrices on the CPU. Default: the sum. */
  reduce?: string | null;
}
const MM = signature('torch.sparse.mm', [kinds.tensor('mat1'), kinds.tensor('mat2')], {
  reduce: null,
} as Required<SparseMmOptions>);

/**
 * The product of a sparse matrix `(n, m)`, COO or CSR, and one that is sparse or not, `(m, p)`: `(n, p)`, sparse where
 * both are (`torch.sparse.mm`). The gradient of the sparse matrix is sparse.
 *
 * @throws TorchError for shapes that do not fit.
 */
export function mm(...args: Call<typeof MM, [mat1: Tensor, mat2: Tensor], [reduce: string | null]>): Tensor {
  const [mat1, mat2, { reduce }] = MM.bind(args);
  return reduce === null ? ops.mm(mat1, mat2) : ops.mm(mat1, mat2, reduce);
}

/** Options of `torch.sparse.addmm` and `sampledAddmm`. */
export interface SparseAddmmOptions {
  /** What the matrix that is added is multiplied by. Default: 1. */
  beta?: Scalar;
  /** What the product is multiplied by. Default: 1. */
  alpha?: Scalar;
}
const ADDMM = signature(
  'torch.sparse.addmm',
  [kinds.tensor('mat'), kinds.tensor('mat1'), kinds.tensor('mat2')],
  { beta: 1, alpha: 1 } as Required<SparseAddmmOptions>,
  [],
);

/**
 * `beta mat + alpha mat1 mat2` for a sparse `mat1`, with gradients of all three (`torch.sparse.addmm`).
 *
 * Shapes: mat `(n, p)`, mat1 `(n, m)`, mat2 `(m, p)`, output `(n, p)`.
 *
 * @throws TorchError for shapes that do not fit.
 */
export function addmm(...args: Call<typeof ADDMM, [mat: Tensor, mat1: Tensor, mat2: Tensor]>): Tensor {
  const [mat, mat1, mat2, options] = ADDMM.bind(args);
  return ops.addmm(mat, mat1, mat2, { ...options });
}

/** Options of `torch.sparse.sampledAddmm`. */
export interface SampledAddmmOptions extends SparseAddmmOptions {
  out?: Tensor | null;
}
const SAMPLED_ADDMM = signature(
  'torch.sparse.sampledAddmm',
  [kinds.tensor('input'), kinds.tensor('mat1'), kinds.tensor('mat2')],
  { beta: 1, alpha: 1, out: null } as Required<SampledAddmmOptions>,
  [],
);

/**
 * `beta input + alpha mat1 mat2`, where the product is computed at the elements of the CSR matrix `input` alone
 * (`torch.sparse.sampled_addmm`).
 *
 * Shapes: input `(n, p)`, mat1 `(n, m)`, mat2 `(m, p)`, output `(n, p)`, with the input's indices.
 *
 * @throws TorchError for an input that is no CSR matrix, and for shapes that do not fit.
 */
export function sampledAddmm(
  ...args: Call<typeof SAMPLED_ADDMM, [input: Tensor, mat1: Tensor, mat2: Tensor]>
): Tensor {
  const [input, mat1, mat2, { out, ...options }] = SAMPLED_ADDMM.bind(args);
  return ops.sampledAddmm(input, mat1, mat2, out === null ? { ...options } : { ...options, out });
}

/** Options of `torch.sparse.sum`. */
export interface SparseSumOptions {
  /** Default: all dimensions. */
  dim?: number | readonly number[] | null;
  /** Default: the input's. */
  dtype?: DTypeLike | null;
}
const SUM = signature('torch.sparse.sum', [kinds.tensor('input')], {
  dim: null,
  dtype: null,
} as Required<SparseSumOptions>);

/**
 * The sum of a sparse tensor over all dimensions or some, which are gone then; dense where no sparse dimension is left
 * (`torch.sparse.sum`).
 *
 * @throws TorchError for a tensor that is not sparse.
 */
export function sum(
  ...args: Call<
    typeof SUM,
    [input: Tensor],
    [dim: number | readonly number[] | null, dtype: DTypeLike | null]
  >
): Tensor {
  const [input, { dim, dtype }] = SUM.bind(args);
  const dims = typeof dim === 'number' ? [dim] : dim;
  return ops.sum(input, ...(dims === null ? [] : [dims]), dtype === null ? {} : { dtype });
}

/** Options of `torch.sparse.softmax` and `logSoftmax`. */
export interface SparseSoftmaxOptions {
  /** The input is cast to it first. Default: the input's own. */
  dtype?: DTypeLike | null;
}
const SOFTMAX = { dtype: null } as Required<SparseSoftmaxOptions>;
const softmaxSignature = (name: string) =>
  signature(`torch.sparse.${name}`, [kinds.tensor('input'), value<number>()('dim')], SOFTMAX, []);
const SPARSE_SOFTMAX = softmaxSignature('softmax');
const SPARSE_LOG_SOFTMAX = softmaxSignature('logSoftmax');

/**
 * The softmax along a dimension of what a sparse COO tensor holds: elements that are not there count as minus infinity, and
 * stay away (`torch.sparse.softmax`).
 *
 * @throws TorchError for a tensor that is not sparse.
 */
export function softmax(...args: Call<typeof SPARSE_SOFTMAX, [input: Tensor, dim: number]>): Tensor {
  const [input, dim, { dtype }] = SPARSE_SOFTMAX.bind(args);
  return ops.softmax(input, dim, { dtype });
}

/**
 * The logarithm of {@link softmax} (`torch.sparse.log_softmax`).
 *
 * @throws TorchError for a tensor that is not sparse.
 */
export function logSoftmax(...args: Call<typeof SPARSE_LOG_SOFTMAX, [input: Tensor, dim: number]>): Tensor {
  const [input, dim, { dtype }] = SPARSE_LOG_SOFTMAX.bind(args);
  return ops.logSoftmax(input, dim, { dtype });
}

/** Options of `torch.sparse.spsolve`. */
export interface SpsolveOptions {
  /** Whether `input x = other` is solved; nothing else is implemented. Default: `true`. */
  left?: boolean;
}
const SPSOLVE = signature(
  'torch.sparse.spsolve',
  [kinds.tensor('input'), kinds.tensor('other')],
  { left: true } as Required<SpsolveOptions>,
  [],
);

/**
 * The solution of a system whose matrix `(n, n)` is CSR, for a right side `(n)`: `(n)` (`torch.sparse.spsolve`). PyTorch has
 * it where it was built with a library for it (cuDSS).
 *
 * @throws TorchError where libtorch has no such library.
 */
export function spsolve(...args: Call<typeof SPSOLVE, [input: Tensor, other: Tensor]>): Tensor {
  const [input, other, { left }] = SPSOLVE.bind(args);
  return ops.spsolve(input, other, { left });
}

/** Options of `torch.sparse.spdiags`. */
export interface SpdiagsOptions {
  /** COO, CSC or CSR. Default: COO. */
  layout?: Layout | null;
}
const SPDIAGS = signature(
  'torch.sparse.spdiags',
  [kinds.tensor('diagonals'), kinds.tensor('offsets'), value<readonly number[]>()('shape')],
  { layout: null } as Required<SpdiagsOptions>,
);

/**
 * A sparse matrix of `shape` with the rows of `diagonals` `(k, length)` as its diagonals: row `i` is the `offsets[i]`-th
 * above the main one (`torch.sparse.spdiags`).
 *
 * @throws TorchError for an offset that comes twice, and for a number of offsets other than `k`.
 */
export function spdiags(
  ...args: Call<
    typeof SPDIAGS,
    [diagonals: Tensor, offsets: Tensor, shape: readonly number[]],
    [layout: Layout | null]
  >
): Tensor {
  const [diagonals, offsets, shape, { layout }] = SPDIAGS.bind(args);
  return ops.spdiags(diagonals, offsets, shape, layout);
}
