// Softmax and its kin.
import type { DTypeLike } from '../../core/dtype';
import { contiguousFormat } from '../../core/layout';
import { type Call, type Spelled, signature } from '../../core/signature';
import { warn } from '../../core/warn';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';

/** Options of `F.softmax`. */
export interface SoftmaxOptions {
  /** The dimension along which the results add up to one. */
  dim?: number | null;
  /** The input is cast to it first. Default: the input's own. */
  dtype?: DTypeLike | null;
}
export const SOFTMAX: Required<SoftmaxOptions> = { dim: null, dtype: null };

const softmaxSignature = (name: string) => signature(name, [tensor('input')], SOFTMAX, ['dim']);
interface Softmax {
  (...args: Call<ReturnType<typeof softmaxSignature>, [input: Tensor], [dim: number | null]>): Tensor;
}

// `pythonName` is what the warning says.
function softmaxOf(
  name: string,
  pythonName: string,
  operator: (input: Tensor, dim: number, dtype: DTypeLike | null) => Tensor,
): Softmax {
  const own = softmaxSignature(name);
  return (...args: unknown[]) => {
    const [input, { dim, dtype }] = own.bind(args);
    return operator(input, dim ?? implicitDim(pythonName, input), dtype);
  };
}

function implicitDim(pythonName: string, input: Tensor): number {
  warn(
    `Implicit dimension choice for ${pythonName} has been deprecated. Change the call to include dim=X as ` +
      'an argument.',
  );
  const ndim = input.dim();
  return ndim === 0 || ndim === 1 || ndim === 3 ? 0 : 1;
}

/** `exp(xᵢ) / Σⱼ exp(xⱼ)` along `dim`. Warns when no `dim` is given. */
export const softmax: Spelled<Softmax> = softmaxOf('softmax', 'softmax', aten.softmax);

/** The softmax of `-x`. Warns when no `dim` is given. */
export const softmin: Spelled<Softmax> = softmaxOf('softmin', 'softmin', (input, dim, dtype) =>
  aten.softmax(aten.neg(input), dim, dtype),
);

/** The logarithm of softmax, without its underflow. Warns when no `dim` is given. */
export const logSoftmax: Spelled<Softmax> = softmaxOf('logSoftmax', 'log_softmax', aten.logSoftmax);

/** Options of `F.gumbelSoftmax`. */
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
const GUMBEL: Required<GumbelSoftmaxOptions> = { tau: 1, hard: false, eps: 1e-10, dim: -1 };
const GUMBEL_SOFTMAX = signature('gumbelSoftmax', [tensor('logits')], GUMBEL);

/** Samples of a categorical distribution that a gradient can flow through (Jang et al., Maddison et al., 2016). */
export function gumbelSoftmax(
  ...args: Call<
    typeof GUMBEL_SOFTMAX,
    [logits: Tensor],
    [tau: number, hard: boolean, eps: number, dim: number]
  >
): Tensor {
  const [logits, { tau, hard, eps, dim }] = GUMBEL_SOFTMAX.bind(args);
  if (eps !== GUMBEL.eps) warn('`eps` parameter is deprecated and has no effect.');
  const contiguous = { memoryFormat: contiguousFormat };
  const gumbels = aten.neg(aten.log(aten.exponential_(aten.emptyLike(logits, contiguous))));
  const soft = aten.softmax(aten.div(aten.add(logits, gumbels), tau), dim);
  if (!hard) return soft;
  const [, index] = aten.max(soft, dim, true);
  const oneHot = aten.scatter_(aten.zerosLike(logits, contiguous), dim, index, 1);
  return aten.add(aten.sub(oneHot, soft.detach()), soft);
}
