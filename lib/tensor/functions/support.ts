// What the functions of this folder have in common.
import { operator } from '../../native/dispatch';
import type { Tensor } from '..';

/** Tensors one by one, or in an array. */
export type Tensors = [readonly Tensor[]] | Tensor[];

/** All overloads of an operator of ATen. */
export const op = (name: string) => operator(`aten::${name}`);

/** The tensors of `f(a, b)` and of `f([a, b])`. */
export function listOf(tensors: Tensors): readonly Tensor[] {
  return (tensors.length === 1 && Array.isArray(tensors[0]) ? tensors[0] : tensors) as readonly Tensor[];
}
