import * as aten from '../aten';
import type { DTypeLike } from '../dtype';
import type { Tensor } from '../tensor';
import { warn } from '../warn';
import { keywords } from './keywords';

export interface InplaceOptions {
  /** Whether to write the result into the input. Default: `false`. */
  inplace?: boolean;
}
export const INPLACE: Required<InplaceOptions> = { inplace: false };

/** `max(0, x)`, element by element. */
export function relu(input: Tensor, options?: InplaceOptions): Tensor {
  return keywords('relu', INPLACE, null, options).inplace ? aten.relu_(input) : aten.relu(input);
}

/** How GELU is computed: `'none'` is exact, `'tanh'` the approximation that GPT-2 uses. */
export type GeluApproximation = 'none' | 'tanh';
export interface GeluOptions {
  /** Default: `'none'`. */
  approximate?: GeluApproximation;
}
export const GELU: Required<GeluOptions> = { approximate: 'none' };

/** `x Φ(x)`, with Φ the distribution function of the standard normal (Hendrycks and Gimpel, 2016). */
export function gelu(input: Tensor, options?: GeluOptions): Tensor {
  const { approximate } = keywords('gelu', GELU, null, options);
  return aten.gelu(input, { approximate });
}

/** `1 / (1 + exp(-x))`, element by element. */
export function sigmoid(input: Tensor): Tensor {
  return aten.sigmoid(input);
}

/** The hyperbolic tangent, element by element. */
export function tanh(input: Tensor): Tensor {
  return aten.tanh(input);
}

export interface SoftmaxOptions {
  /** The dimension along which the results add up to one. */
  dim?: number | null;
  /** The input is cast to it first. Default: the input's own. */
  dtype?: DTypeLike | null;
}
export const SOFTMAX: Required<SoftmaxOptions> = { dim: null, dtype: null };

function softmaxDim(name: string, input: Tensor, dim: number | null): number {
  if (dim !== null) return dim;
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
