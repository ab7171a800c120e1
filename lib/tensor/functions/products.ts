// Sums of products, and what is built of several tensors.
import { TorchError, argumentError } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import * as kinds from '../kinds';
import { bindArguments } from '../../core/calls';
import type { Scalar, Tensor } from '..';
import { type Tensors, listOf, op } from './support';

const ops = {
  blockDiag: op('block_diag'),
  cartesianProd: op('cartesian_prod'),
  einsum: op('einsum'),
  tensordot: op('tensordot'),
};

/**
 * Sums of products, written with one letter for each dimension.
 *
 * @example
 * torch.einsum('ij,jk->ik', a, b); // the matrix product
 * torch.einsum('bii->bi', a);      // a batch of diagonals
 */
export function einsum(equation: string, ...operands: Tensors): Tensor {
  return ops.einsum(equation, listOf(operands)) as Tensor;
}

/** A block-diagonal matrix of matrices, vectors and numbers. */
export function blockDiag(...tensors: Tensors): Tensor {
  return ops.blockDiag(listOf(tensors)) as Tensor;
}

/** All combinations of the elements of one-dimensional tensors: (combinations, tensors). */
export function cartesianProd(...tensors: Tensors): Tensor {
  return ops.cartesianProd(listOf(tensors)) as Tensor;
}

/** Options of `torch.tensordot`. */
export interface TensordotOptions {
  /** How many dimensions to sum over (the last of `a`, the first of `b`), or which. Default 2. */
  dims?: number | readonly [readonly number[], readonly number[]];
  out?: Tensor | null;
}

const TENSORDOT = signature('torch.tensordot', [kinds.tensor('a'), kinds.tensor('b')], {
  dims: 2,
  out: null,
} as Required<TensordotOptions>);

/** Sums products over dimensions of `a` and `b`. */
export function tensordot(
  ...args: Call<
    typeof TENSORDOT,
    [a: Tensor, b: Tensor],
    [dims: number | readonly [readonly number[], readonly number[]], out: Tensor | null]
  >
): Tensor {
  const [a, b, given] = TENSORDOT.bind(args);
  const out = given.out ? { out: given.out } : {};
  if (Array.isArray(given.dims)) return ops.tensordot(a, b, given.dims[0], given.dims[1], out) as Tensor;
  const count = given.dims as number;
  if (!Number.isInteger(count))
    throw argumentError('tensordot', 'dims', 'a whole number or two arrays', given.dims);
  if (count < 0) throw new TorchError(`tensordot expects dims >= 0, but got dims=${count}`);
  if (count > Math.min(a.dim(), b.dim())) {
    throw new TorchError(`tensordot expects dims < ndim_a or ndim_b, but got dims=${count}`);
  }
  const last = Array.from({ length: count }, (_, i) => i - count);
  return ops.tensordot(a, b, last, [...last.keys()], out) as Tensor;
}

const sparse = { mm: op('mm'), hspmm: op('hspmm'), sspaddmm: op('sspaddmm') };

/** The product of matrices, of which the first may be sparse: another name of `torch.mm`. */
export function spmm(...args: [input: Tensor, mat2: Tensor]): Tensor {
  const [input, mat2] = bindArguments('spmm(input, mat2)', args);
  return sparse.mm(input, mat2) as Tensor;
}
/** The product of a sparse matrix and a dense one: another name of `torch.mm`. */
export function dsmm(...args: [input: Tensor, mat2: Tensor]): Tensor {
  const [input, mat2] = bindArguments('dsmm(input, mat2)', args);
  return sparse.mm(input, mat2) as Tensor;
}
/** The product of a sparse matrix and a dense one, as a sparse matrix of whole rows: `torch.hspmm`. */
export function hsmm(...args: [mat1: Tensor, mat2: Tensor]): Tensor {
  const [mat1, mat2] = bindArguments('hsmm(mat1, mat2)', args);
  return sparse.hspmm(mat1, mat2) as Tensor;
}

const SADDMM = signature(
  'torch.saddmm',
  [kinds.tensor('input'), kinds.tensor('mat1'), kinds.tensor('mat2')],
  { beta: 1, alpha: 1 } as { beta: Scalar; alpha: Scalar },
  [],
);
/** `beta input + alpha mat1 mat2` of a sparse `input` and `mat1`, sparse: `torch.sspaddmm`. */
export function saddmm(
  ...args: [input: Tensor, mat1: Tensor, mat2: Tensor, options?: { beta?: Scalar; alpha?: Scalar }]
): Tensor {
  const [input, mat1, mat2, options] = SADDMM.bind(args);
  return sparse.sspaddmm(input, mat1, mat2, { ...options }) as Tensor;
}
