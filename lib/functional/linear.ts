import { type ByKeyword, type Optional, signature } from '../core/signature';
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
  input: Tensor,
  weight: Tensor,
  ...optional: Optional<BiasOptions, [bias: Tensor | null]>
): Tensor;
export function linear(...args: ByKeyword<typeof LINEAR>): Tensor;
export function linear(...args: unknown[]): Tensor {
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
  input1: Tensor,
  input2: Tensor,
  weight: Tensor,
  ...optional: Optional<BiasOptions, [bias: Tensor | null]>
): Tensor;
export function bilinear(...args: ByKeyword<typeof BILINEAR>): Tensor;
export function bilinear(...args: unknown[]): Tensor {
  const [input1, input2, weight, { bias }] = BILINEAR.bind(args);
  return aten.bilinear(input1, input2, weight, bias);
}
