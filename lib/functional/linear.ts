import { type Call, signature } from '../core/signature';
import * as aten from '../tensor/aten';
import { tensor } from '../tensor/kinds';
import type { Tensor } from '../tensor';

export interface BiasOptions {
  /** What is added. Default: none. */
  bias?: Tensor | null;
}
const BIAS: Required<BiasOptions> = { bias: null };

const LINEAR = signature('linear', [tensor('input'), tensor('weight')], BIAS);

/**
 * `y = x Wᵀ + b`.
 *
 * Shapes: input `(*, in)`, weight `(out, in)` or `(in)`, bias `(out)` or none, output `(*, out)`.
 */
export function linear(
  ...args: Call<typeof LINEAR, [input: Tensor, weight: Tensor], [bias: Tensor | null]>
): Tensor {
  const [input, weight, { bias }] = LINEAR.bind(args);
  return aten.linear(input, weight, bias);
}

const BILINEAR = signature('bilinear', [tensor('input1'), tensor('input2'), tensor('weight')], BIAS);

/**
 * `y = x1ᵀ A x2 + b`.
 *
 * Shapes: inputs `(*, in1)` and `(*, in2)`, weight `(out, in1, in2)`, bias `(out)` or none, output `(*, out)`.
 */
export function bilinear(
  ...args: Call<typeof BILINEAR, [input1: Tensor, input2: Tensor, weight: Tensor], [bias: Tensor | null]>
): Tensor {
  const [input1, input2, weight, { bias }] = BILINEAR.bind(args);
  return aten.bilinear(input1, input2, weight, bias);
}
