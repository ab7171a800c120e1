// Activations that have no number to choose.
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { keywords } from '../../core/keywords';

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

/** `1 / (1 + exp(-x))` by straight lines: `min(max(0, x + 3), 6) / 6`. */
export function hardsigmoid(input: Tensor, options?: InplaceOptions): Tensor {
  const { inplace } = keywords('hardsigmoid', INPLACE, null, options);
  return inplace ? aten.hardsigmoid_(input) : aten.hardsigmoid(input);
}

/** `x hardsigmoid(x)` (Howard et al., "Searching for MobileNetV3", 2019). */
export function hardswish(input: Tensor, options?: InplaceOptions): Tensor {
  const { inplace } = keywords('hardswish', INPLACE, null, options);
  return inplace ? aten.hardswish_(input) : aten.hardswish(input);
}

/** `x sigmoid(x)`, also called swish (Hendrycks and Gimpel, 2016). */
export function silu(input: Tensor, options?: InplaceOptions): Tensor {
  return keywords('silu', INPLACE, null, options).inplace ? aten.silu_(input) : aten.silu(input);
}

/** `x tanh(softplus(x))` (Misra, 2019). */
export function mish(input: Tensor, options?: InplaceOptions): Tensor {
  return keywords('mish', INPLACE, null, options).inplace ? aten.mish_(input) : aten.mish(input);
}

/** `min(max(0, x), 6)`. */
export function relu6(input: Tensor, options?: InplaceOptions): Tensor {
  return keywords('relu6', INPLACE, null, options).inplace ? aten.relu6_(input) : aten.relu6(input);
}

/** `s (max(0, x) + min(0, a (exp(x) - 1)))`; `s` and `a` keep mean and variance (Klambauer et al., 2017). */
export function selu(input: Tensor, options?: InplaceOptions): Tensor {
  return keywords('selu', INPLACE, null, options).inplace ? aten.selu_(input) : aten.selu(input);
}

/** `log(1 / (1 + exp(-x)))`. */
export function logsigmoid(input: Tensor): Tensor {
  return aten.logSigmoid(input);
}

/** `x / (1 + |x|)`. */
export function softsign(input: Tensor): Tensor {
  return aten.div(input, aten.add(aten.abs(input), 1));
}

/** `x - tanh(x)`. */
export function tanhshrink(input: Tensor): Tensor {
  return aten.sub(input, aten.tanh(input));
}

/** {@link relu} in place. */
export function relu_(input: Tensor): Tensor {
  return aten.relu_(input);
}

/** {@link selu} in place. */
export function selu_(input: Tensor): Tensor {
  return aten.selu_(input);
}
