// Decompositions of sums, norms and products, after torch/_refs/__init__.py and torch/_decomp/decompositions.py.
import * as dtypes from '../../core/dtype';
import type { DType } from '../../core/dtype';
import { contiguousFormat } from '../../core/layout';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { at, cast, inFloat, inFloat32, type Like, rangeOf, table, wide } from './common';

type Dims = number[] | null;
interface Corrected {
  correction?: number | null;
  keepdim?: boolean;
}

const realOf = ({ dtype }: Tensor): DType =>
  dtype === dtypes.complex64 ? dtypes.float32 : dtype === dtypes.complex128 ? dtypes.float64 : dtype;
const not = (x: Tensor): Tensor => aten.logicalNot(x);

function all(x: Tensor, dim: Dims | number, keepdim = false): Tensor {
  const some =
    typeof dim === 'number' ? aten.any(not(x), dim, keepdim) : aten.any(not(x), dim as number[], keepdim);
  return x.dtype === dtypes.uint8 ? not(some).to(dtypes.uint8) : not(some);
}

function norm(
  x: Tensor,
  p: number | null = 2,
  dim: Dims = null,
  keepdim = false,
  { dtype }: Like = {},
): Tensor {
  return aten.linalgVectorNorm(x, p ?? 2, dim, keepdim, dtype ? { dtype } : {});
}

function logSumExp(x: Tensor, dim: number[], keepdim = false): Tensor {
  if (x.numel() === 0) return aten.log(aten.sum(aten.exp(x), dim, keepdim));
  const most = aten.amax(x, dim, true);
  const finite = aten.maskedFill(most, aten.eq(aten.abs(most), Infinity), 0);
  const removed = keepdim ? finite : aten.squeeze(finite, dim);
  return aten.log(aten.sum(aten.exp(x.sub(finite)), dim, keepdim)).add(removed);
}

function renorm(x: Tensor, p: number, dim: number, most: number): Tensor {
  const place = at(dim, x.dim());
  const others = rangeOf(x.dim()).filter((i) => i !== place);
  const inside = wide(x);
  const length = aten.linalgVectorNorm(x, p, others, true, inside === x.dtype ? {} : { dtype: inside });
  const factor = aten.where(aten.gt(length, most), aten.reciprocal(length.add(1e-7)).mul(most), 1);
  return x.mul(cast(factor, x.dtype)).contiguous();
}

function dot(x: Tensor, y: Tensor): Tensor {
  return aten.sum(x.mul(y), []);
}

function vdot(x: Tensor, y: Tensor): Tensor {
  if (!x.isComplex()) return aten.dot(x, y);
  return aten.sum(aten.conjPhysical(x).mul(y), []);
}

interface Scaled {
  beta?: number;
  alpha?: number;
}

function addr(x: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: Scaled): Tensor {
  const wideX = aten.expand(x, [a.shape[0], b.shape[0]]);
  if (x.dtype === dtypes.bool) {
    const product = alpha ? aten.outer(a, b) : aten.fullLike(wideX, false);
    return beta ? aten.logicalOr(wideX, product) : product;
  }
  if (beta === 0) return aten.outer(a, b).mul(alpha);
  const left = wideX.mul(beta);
  return left.add(aten.outer(a, b).mul(alpha));
}

function weightNorm(v: Tensor, g: Tensor, dim: number | bigint = 0): Tensor[] {
  const others = rangeOf(v.dim()).filter((i) => i !== Number(dim));
  const dtype = g.dtype === dtypes.bfloat16 ? dtypes.float32 : null;
  const length = norm(v, 2, others, true, { dtype });
  return [v.mul(g.div(cast(length, g.dtype))), length];
}

function euclidean(a: Tensor, b: Tensor): Tensor {
  const parts = (x: Tensor): [Tensor, Tensor] => {
    const squares = aten.sum(aten.pow(x, 2), [-1], true);
    return [squares, aten.onesLike(squares, { memoryFormat: contiguousFormat })];
  };
  const [normA, oneA] = parts(a);
  const [normB, oneB] = parts(b);
  const left = aten.cat([a.mul(-2), normA, oneA], -1);
  const right = aten.cat([b, oneB, normB], -1);
  return aten.sqrt(aten.clampMin(aten.matmul(left, aten.transpose(right, -2, -1)), 0));
}

const corrected = ({ correction }: Corrected): number => correction ?? 1;

export const reductions = table({
  'all.default': (x: Tensor) => all(x, null),
  'all.dim': (x: Tensor, dim: number | bigint, keepdim?: boolean) => all(x, Number(dim), keepdim),
  'all.dims': all,
  'aminmax.default': (
    x: Tensor,
    { dim = null, keepdim = false }: { dim?: number | null; keepdim?: boolean } = {},
  ) => {
    const dims = dim === null ? [] : [Number(dim)];
    return [aten.amin(x, dims, keepdim), aten.amax(x, dims, keepdim)];
  },
  'sum.default': (x: Tensor, options: Like = {}) => aten.sum(x, [], options as object),
  'nansum.default': (x: Tensor, dim: Dims = null, keepdim = false, options: Like = {}) =>
    aten.sum(aten.where(aten.isnan(x), 0, x), dim, keepdim, options as object),
  'count_nonzero.default': (x: Tensor) => aten.sum(aten.ne(x, 0), null),
  'count_nonzero.dim_IntList': (x: Tensor, dim: number[]) => aten.sum(aten.ne(x, 0), dim),
  'logsumexp.default': inFloat(logSumExp),
  'std.correction': (x: Tensor, dim: Dims = null, options: Corrected = {}) => {
    const given = { correction: corrected(options), keepdim: options.keepdim ?? false };
    return cast(aten.sqrt(aten.var(cast(x, wide(x)), dim, given)), realOf(x));
  },
  'std_mean.correction': (x: Tensor, dim: Dims = null, options: Corrected = {}) => {
    const given = { correction: corrected(options), keepdim: options.keepdim ?? false };
    const [variance, mean] = aten.varMean(cast(x, wide(x)), dim, given);
    return [cast(aten.sqrt(variance), realOf(x)), cast(mean, x.dtype)];
  },
  'norm.Scalar': (x: Tensor, p?: number) => norm(x, p),
  'norm.ScalarOpt_dim': norm,
  'norm.ScalarOpt_dim_dtype': norm,
  'norm.ScalarOpt_dtype': (x: Tensor, p: number | null, options?: Like) => norm(x, p, null, false, options),
  'renorm.default': renorm,
  'trace.default': (x: Tensor) =>
    aten.sum(aten.clone(aten.diagonal(x), { memoryFormat: contiguousFormat }), []),
  'mv.default': inFloat32((x: Tensor, vector: Tensor) => aten.sum(x.mul(vector), [1])),
  'dot.default': inFloat32(dot),
  'vdot.default': inFloat32(vdot),
  'addr.default': (x: Tensor, a: Tensor, b: Tensor, options: Scaled = {}) =>
    (inFloat32((y: Tensor, c: Tensor, d: Tensor) => addr(y, c, d, options)) as (...all: Tensor[]) => Tensor)(
      x,
      a,
      b,
    ),
  '_euclidean_dist.default': euclidean,
  '_weight_norm_interface.default': weightNorm,
});
