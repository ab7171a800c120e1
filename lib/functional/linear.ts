import * as aten from '../aten';
import type { Tensor } from '../tensor';

/**
 * `y = x Wᵀ + b`.
 *
 * Shapes: input `(*, in)`, weight `(out, in)` or `(in)`, bias `(out)` or none, output `(*, out)`.
 */
export function linear(input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return aten.linear(input, weight, bias);
}
