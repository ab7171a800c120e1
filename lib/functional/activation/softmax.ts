// Softmax and its kin.
import { checkTensor } from '../../native/tensor_base';
import * as aten from '../../tensor/aten';
import type { DTypeLike } from '../../core/dtype';
import { contiguousFormat } from '../../core/layout';
import type { Tensor } from '../../tensor';
import { warn } from '../../core/warn';
import { keywords } from '../../core/keywords';

export interface SoftmaxOptions {
  /** The dimension along which the results add up to one. */
  dim?: number | null;
  /** The input is cast to it first. Default: the input's own. */
  dtype?: DTypeLike | null;
}
export const SOFTMAX: Required<SoftmaxOptions> = { dim: null, dtype: null };

function softmaxDim(name: string, input: Tensor, dim: number | null): number {
  if (dim !== null) return dim;
  checkTensor(name, 'input', input);
  warn(
    `Implicit dimension choice for ${name} has been deprecated. ` +
      'Change the call to include dim=X as an argument.',
  );
  const ndim = input.dim();
  return ndim === 0 || ndim === 1 || ndim === 3 ? 0 : 1;
}

/** `exp(xᵢ) / Σⱼ exp(xⱼ)` along `dim`. Warns when no `dim` is given. */
export function softmax(
  input: Tensor,
  dim?: number | null | SoftmaxOptions,
  options?: SoftmaxOptions,
): Tensor {
  const given = keywords('softmax', SOFTMAX, { dim }, options);
  return aten.softmax(input, softmaxDim('softmax', input, given.dim), given.dtype);
}

/** The softmax of `-x`. Warns when no `dim` is given. */
export function softmin(
  input: Tensor,
  dim?: number | null | SoftmaxOptions,
  options?: SoftmaxOptions,
): Tensor {
  const given = keywords('softmin', SOFTMAX, { dim }, options);
  return aten.softmax(aten.neg(input), softmaxDim('softmin', input, given.dim), given.dtype);
}

/** The logarithm of softmax, without its underflow. Warns when no `dim` is given. */
export function logSoftmax(
  input: Tensor,
  dim?: number | null | SoftmaxOptions,
  options?: SoftmaxOptions,
): Tensor {
  const given = keywords('logSoftmax', SOFTMAX, { dim }, options);
  return aten.logSoftmax(input, softmaxDim('log_softmax', input, given.dim), given.dtype);
}

export interface GumbelSoftmaxOptions {
  /** The lower, the closer a sample is to one-hot. Default: 1. */
  tau?: number;
  /** Whether to return one-hot vectors that have the gradient of soft ones. Default: `false`. */
  hard?: boolean;
  /** Has no effect. */
  eps?: number;
  /** The dimension along which the results add up to one. Default: -1. */
  dim?: number;
}
const GUMBEL_SOFTMAX: Required<GumbelSoftmaxOptions> = { tau: 1, hard: false, eps: 1e-10, dim: -1 };

/** Samples of a categorical distribution that a gradient can flow through (Jang et al., Maddison et al., 2016). */
export function gumbelSoftmax(
  logits: Tensor,
  tau?: number | GumbelSoftmaxOptions,
  options?: GumbelSoftmaxOptions,
): Tensor {
  const given = keywords<GumbelSoftmaxOptions>('gumbelSoftmax', GUMBEL_SOFTMAX, { tau }, options);
  const { hard, eps, dim } = given;
  if (eps !== GUMBEL_SOFTMAX.eps) warn('`eps` parameter is deprecated and has no effect.');
  const contiguous = { memoryFormat: contiguousFormat };
  const gumbels = aten.neg(aten.log(aten.exponential_(aten.emptyLike(logits, contiguous))));
  const soft = aten.softmax(aten.div(aten.add(logits, gumbels), given.tau), dim);
  if (!hard) return soft;
  const [, index] = aten.max(soft, dim, true);
  const oneHot = aten.scatter_(aten.zerosLike(logits, contiguous), dim, index, 1);
  return aten.add(aten.sub(oneHot, soft.detach()), soft);
}
