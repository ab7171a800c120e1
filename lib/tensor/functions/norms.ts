// Norms and distances.
import type { DTypeLike } from '../../core/dtype';
import { valueError } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import * as kinds from '../kinds';
import type { Scalar, Tensor } from '..';
import { op } from './support';

const ops = {
  cdist: op('cdist'),
  frobeniusNorm: op('frobenius_norm'),
  matrixNorm: op('linalg_matrix_norm'),
  norm: op('norm'),
  vectorNorm: op('linalg_vector_norm'),
};

const computeModes = {
  use_mm_for_euclid_dist_if_necessary: null,
  use_mm_for_euclid_dist: 1,
  donot_use_mm_for_euclid_dist: 2,
} as const;

/** Options of `torch.cdist`. */
export interface CdistOptions {
  /** The norm. Default 2. */
  p?: number;
  /** Whether matrix products may serve for p = 2. Default: for more than 25 rows. */
  computeMode?: keyof typeof computeModes;
}

const CDIST = signature('torch.cdist', [kinds.tensor('x1'), kinds.tensor('x2')], {
  p: 2,
  computeMode: 'use_mm_for_euclid_dist_if_necessary',
} as Required<CdistOptions>);

/** Distances of the rows of `x1` (..., P, M) and `x2` (..., R, M): (..., P, R). */
export function cdist(
  ...args: Call<typeof CDIST, [x1: Tensor, x2: Tensor], [p: number, computeMode: keyof typeof computeModes]>
): Tensor {
  const [x1, x2, given] = CDIST.bind(args);
  if (!Object.hasOwn(computeModes, given.computeMode)) {
    throw valueError(`cdist(): ${String(given.computeMode)} is not a valid value for computeMode`);
  }
  return ops.cdist(x1, x2, given.p, computeModes[given.computeMode]) as Tensor;
}

/** Options of `torch.norm`. */
export interface NormOptions {
  /** `'fro'`, `'nuc'` or a number. Default `'fro'`. */
  p?: Scalar | 'fro' | 'nuc' | null;
  /** Default: all dimensions. */
  dim?: number | readonly number[] | null;
  keepdim?: boolean;
  dtype?: DTypeLike | null;
  out?: Tensor | null;
}

const NORM = signature('torch.norm', [kinds.tensor('input')], {
  p: 'fro',
  dim: null,
  keepdim: false,
  out: null,
  dtype: null,
} as Required<NormOptions>);

/** The norm of all elements or along dimensions. `torch.linalg.vectorNorm` and `matrixNorm` are clearer. */
export function norm(
  ...args: Call<
    typeof NORM,
    [input: Tensor],
    [
      p: Scalar | 'fro' | 'nuc' | null,
      dim: number | readonly number[] | null,
      keepdim: boolean,
      out: Tensor | null,
      dtype: DTypeLike | null,
    ]
  >
): Tensor {
  const [input, given] = NORM.bind(args);
  const dims = typeof given.dim === 'number' ? [given.dim] : given.dim;
  const rest = { ...(given.dtype ? { dtype: given.dtype } : {}), ...(given.out ? { out: given.out } : {}) };
  if (input.layout.name !== 'strided') {
    if (given.p === 'fro') return ops.frobeniusNorm(input, dims ?? [], given.keepdim, rest) as Tensor;
    return ops.norm(input, given.p, dims ?? [...input.shape.keys()], given.keepdim, rest) as Tensor;
  }
  if (typeof given.p !== 'string')
    return ops.vectorNorm(input, given.p ?? 2, dims, given.keepdim, rest) as Tensor;
  if (given.p === 'fro' && (dims === null || dims.length <= 2)) {
    return ops.vectorNorm(input, 2, dims, given.keepdim, rest) as Tensor;
  }
  return ops.matrixNorm(input, given.p, dims ?? [...input.shape.keys()], given.keepdim, rest) as Tensor;
}
