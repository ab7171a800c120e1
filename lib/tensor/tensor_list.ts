import type { Tensor } from '.';

/**
 * What an operator gives that makes several tensors, such as `x.chunk(2)`.
 *
 * The first ones are properties of their own, so that `const [a, b] = x.chunk(2)` gives tensors under TypeScript's
 * `noUncheckedIndexedAccess`, too: how many there are, the program knows.
 */
export interface TensorList extends Array<Tensor> {
  0: Tensor;
  1: Tensor;
  2: Tensor;
  3: Tensor;
  4: Tensor;
  5: Tensor;
  6: Tensor;
  7: Tensor;
}
