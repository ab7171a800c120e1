import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { keywords } from '../core/keywords';

export interface BiasOptions {
  /** What is added. Default: none. */
  bias?: Tensor | null;
}
const BIAS: Required<BiasOptions> = { bias: null };

/**
 * `y = x Wᵀ + b`.
 *
 * Shapes: input `(*, in)`, weight `(out, in)` or `(in)`, bias `(out)` or none, output `(*, out)`.
 */
export function linear(input: Tensor, weight: Tensor, bias?: Tensor | null | BiasOptions): Tensor {
  return aten.linear(input, weight, keywords<BiasOptions>('linear', BIAS, { bias }).bias);
}

/**
 * `y = x1ᵀ A x2 + b`.
 *
 * Shapes: inputs `(*, in1)` and `(*, in2)`, weight `(out, in1, in2)`, bias `(out)` or none, output `(*, out)`.
 */
export function bilinear(
  input1: Tensor,
  input2: Tensor,
  weight: Tensor,
  bias?: Tensor | null | BiasOptions,
): Tensor {
  return aten.bilinear(input1, input2, weight, keywords<BiasOptions>('bilinear', BIAS, { bias }).bias);
}
