// Factorizations: LU, and singular values of matrices of low rank by random projections (torch/_lowrank.py).
import { type DType, float16, float32, float64 } from '../../core/dtype';
import { checkNumber, valueError } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import * as kinds from '../kinds';
import type { Tensor } from '..';
import { op } from './support';

const ops = {
  luWithInfo: op('_lu_with_info'),
  matmul: op('matmul'),
  ones: op('ones'),
  qr: op('linalg_qr'),
  randn: op('randn'),
  sparseCooTensor: op('sparse_coo_tensor'),
  sparseMm: op('_sparse_mm'),
  sparseSum: op('_sparse_sum'),
  svd: op('linalg_svd'),
};

/** float32, unless the tensor has another of the three dtypes that the algorithms compute in. */
export function floatingDtypeOf(tensor: Tensor): DType {
  return [float16, float32, float64].includes(tensor.dtype) ? tensor.dtype : float32;
}

/** The product `a b`; `b` where there is no `a`. */
export function product(a: Tensor | null, b: Tensor): Tensor {
  if (a === null) return b;
  return (a.isSparse ? ops.sparseMm(a, b) : ops.matmul(a, b)) as Tensor;
}

/** Orthonormal columns of the same span. */
export const orthonormal = (a: Tensor): Tensor => (ops.qr(a) as Tensor[])[0];

/** Options of `torch.lu`. */
export interface LuOptions {
  /** Whether rows may be exchanged; without it, the matrix must be on a GPU. Default: `true`. */
  pivot?: boolean;
  /** Whether to give the infos too, and not to throw for a matrix that has no such factors. Default: `false`. */
  getInfos?: boolean;
  /** Two tensors, or three with `getInfos`, that take the results. */
  out?: readonly Tensor[] | null;
}
const LU = signature('torch.lu', [kinds.tensor('A')], {
  pivot: true,
  getInfos: false,
  out: null,
} as Required<LuOptions>);

/**
 * The LU factorization of matrices `(*, m, n)`, as one tensor for both factors, `(*, m, n)`, and the pivots,
 * `(*, min(m, n))`: `torch.lu`. `torch.luUnpack` takes it apart; `torch.linalg.lu` gives the factors.
 *
 * @throws TorchError for a singular matrix, unless `getInfos` asks for the infos, `(*)`: not 0 where there is none.
 */
export function lu(
  ...args: Call<typeof LU, [A: Tensor], [pivot: boolean, getInfos: boolean, out: readonly Tensor[] | null]>
): Tensor[] {
  const [A, { pivot, getInfos, out }] = LU.bind(args);
  const found = ops.luWithInfo(A, { pivot, checkErrors: !getInfos }) as Tensor[];
  const results = found.slice(0, getInfos ? 3 : 2);
  if (out === null) return results;
  return out.map((tensor, i) => tensor.resizeAs_(results[i]).copy_(results[i]));
}

// Halko et al. (2009), algorithm 4.4: the columns that `q` random vectors are taken to.
function approximateBasis(A: Tensor, q: number, niter: number, M: Tensor | null): Tensor {
  const dtype = A.isComplex() ? A.dtype : floatingDtypeOf(A);
  const last = A.shape.at(-1)!;
  const R = ops.randn([last, q], { dtype, device: A.device }) as Tensor; // (n, q)
  const apply = (side: Tensor, mean: Tensor | null, x: Tensor): Tensor =>
    mean === null ? product(side, x) : product(side, x).sub(product(mean, x));
  let Q = orthonormal(apply(A, M, R)); // (*, m, q)
  for (let i = 0; i < niter; i++) {
    Q = orthonormal(apply(A.mH, M?.mH ?? null, Q));
    Q = orthonormal(apply(A, M, Q));
  }
  return Q;
}

/** U `(*, m, q)`, S `(*, q)` and V `(*, n, q)`. */
export type LowRank = [U: Tensor, S: Tensor, V: Tensor];

function lowRank(given: Tensor, q: number, niter: number, mean: Tensor | null): LowRank {
  checkNumber('svdLowrank', 'q', q);
  checkNumber('svdLowrank', 'niter', niter);
  const [m, n] = given.shape.slice(-2);
  const wide = m < n;
  const broadcast = mean?.broadcastTo([...given.shape]) ?? null;
  const A = wide ? given.mH : given;
  const M = wide ? (broadcast?.mH ?? null) : broadcast;
  const Q = approximateBasis(A, q, niter, M);
  let B = product(Q.mH, A);
  if (M !== null) B = B.sub(product(Q.mH, M));
  const [u, S, Vh] = ops.svd(B, false) as Tensor[];
  const U = Q.matmul(u);
  return wide ? [Vh.mH, S, U] : [U, S, Vh.mH];
}

/** Options of `torch.svdLowrank`. */
export interface SvdLowrankOptions {
  /** How many singular values; a little more than the rank. Default: 6. */
  q?: number | null;
  /** How often the random vectors are improved. Default: 2. */
  niter?: number | null;
  /** Is subtracted from A, without a tensor for the difference. Broadcasts to A's shape. */
  M?: Tensor | null;
}
const SVD_LOWRANK = signature('torch.svdLowrank', [kinds.tensor('A')], {
  q: 6,
  niter: 2,
  M: null,
} as Required<SvdLowrankOptions>);

/**
 * The largest singular values of matrices `(*, m, n)` and their vectors, by random projections:
 * `A ≈ U diag(S) Vᴴ` (Halko et al., 2009; `torch.svd_lowrank`). Draws from the default generator. For huge sparse
 * matrices; `torch.linalg.svd` is faster and exact for others.
 *
 * Shapes: U `(*, m, q)`, S `(*, q)`, V `(*, n, q)`.
 *
 * @throws TypeError where A is no tensor.
 */
export function svdLowrank(
  ...args: Call<typeof SVD_LOWRANK, [A: Tensor], [q: number | null, niter: number | null, M: Tensor | null]>
): LowRank {
  const [A, { q, niter, M }] = SVD_LOWRANK.bind(args);
  return lowRank(A, q ?? 6, niter ?? 2, M);
}

/** Options of `torch.pcaLowrank`. */
export interface PcaLowrankOptions {
  /** How many components; a little more than the rank. Default: the least of 6, m and n. */
  q?: number | null;
  /** Whether to subtract the mean of the columns. Default: `true`. */
  center?: boolean;
  /** How often the random vectors are improved. Default: 2. */
  niter?: number;
}
const PCA_LOWRANK = signature('torch.pcaLowrank', [kinds.tensor('A')], {
  q: null,
  center: true,
  niter: 2,
} as Required<PcaLowrankOptions>);

/**
 * Principal components of `m` samples with `n` features, `(*, m, n)`, by {@link svdLowrank}: the columns of V are the
 * directions, and `S² / (m - 1)` the variances along them (`torch.pca_lowrank`).
 *
 * Shapes: U `(*, m, q)`, S `(*, q)`, V `(*, n, q)`.
 *
 * @throws ValueError for a `q` beyond the sizes of the matrix, a negative `niter`, and a sparse batch.
 */
export function pcaLowrank(
  ...args: Call<typeof PCA_LOWRANK, [A: Tensor], [q: number | null, center: boolean, niter: number]>
): LowRank {
  const [A, { q: given, center, niter }] = PCA_LOWRANK.bind(args);
  checkNumber('pcaLowrank', 'q', given ?? 0);
  checkNumber('pcaLowrank', 'niter', niter);
  const [m, n] = A.shape.slice(-2);
  const q = given ?? Math.min(6, m, n);
  if (!(q >= 0 && q <= Math.min(m, n))) {
    throw valueError(
      `q(=${q}) must be non-negative integer and not greater than min(m, n)=${Math.min(m, n)}`,
    );
  }
  if (!(niter >= 0)) throw valueError(`niter(=${niter}) must be non-negative integer`);
  if (!center) return lowRank(A, q, niter, null);
  if (!A.isSparse) return lowRank(A.sub(A.mean([-2], true)), q, niter, null);
  if (A.dim() !== 2) throw valueError('pca_lowrank input is expected to be 2-dimensional tensor');
  return lowRank(A, q, niter, meanOfColumns(A, m, n));
}

// (m, n), as the product of two matrices without the elements that are 0 everywhere.
function meanOfColumns(A: Tensor, m: number, n: number): Tensor {
  const options = { dtype: floatingDtypeOf(A), device: A.device };
  const mean = (ops.sparseSum(A, [-2]) as Tensor).div(m);
  const columns = mean.indices().at(0);
  const indices = columns.newZeros([2, columns.shape[0]]);
  indices.setAt(0, columns);
  const transposed = ops.sparseCooTensor(indices, mean.values(), [n, 1], options) as Tensor;
  return product(transposed, ops.ones([1, m], options) as Tensor).mT;
}
