// Vectors of length one.
import * as aten from '../../tensor/aten';
import { normalize } from '../../functional/norm/normalize';
import type { Tensor } from '../../tensor';

/** `vector` at length one, written into `out` where that is given. */
export function unit(vector: Tensor, eps: number, out: Tensor | null = null): Tensor {
  return normalize(vector, { dim: 0, eps, out });
}

/** A random direction: `(size)`, of the dtype and device of `like`. */
export function randomUnit(like: Tensor, size: number, eps: number): Tensor {
  return unit(aten.normal_(aten.newEmpty(like, [size]), 0, 1), eps);
}

/** `weight` as a matrix whose rows are the slices of dimension `dim`. */
export function asMatrix(weight: Tensor, dim: number): Tensor {
  const others = [...weight.shape.keys()].filter((d) => d !== dim);
  const first = dim === 0 ? weight : aten.permute(weight, [dim, ...others]);
  return aten.reshape(first, [first.shape[0], -1]);
}
