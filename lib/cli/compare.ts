// Two tensors of one dtype and shape, part by part: no copy of a whole one is made.
import * as aten from '../tensor/aten';
import { uint8 } from '../core/dtype';
import { tidy } from '../tensor/memory';
import type { Tensor } from '../tensor';

const PART = 2 ** 22; // elements

export interface TensorDifference {
  /** How many elements differ. */
  different: number;
  /** The largest difference; NaN where a NaN meets a number. */
  largest: number;
}

/** Compares element by element. Without a tolerance, elements are equal when their bits are. */
export function compareTensors(
  a: Tensor,
  b: Tensor,
  tolerance: { rtol: number; atol: number },
): TensorDifference {
  const [left, right] = [a, b].map((tensor) =>
    (tensor.layout.name === 'strided' ? tensor : tensor.toDense()).detach().cpu().reshape([-1]),
  );
  const exact = tolerance.rtol === 0 && tolerance.atol === 0;
  const result = { different: 0, largest: 0 };
  for (let at = 0; at < left.numel(); at += PART) {
    tidy(() => {
      const [x, y] = [left, right].map((each) => each.slice(0, at, at + PART).contiguous());
      const [u, v] = [x, y].map(wide);
      const differ = exact
        ? bits(x).ne(bits(y)).any(1)
        : aten.isclose(u, v, tolerance.rtol, tolerance.atol, true).logicalNot();
      const number = differ.sum().item();
      if (number === 0) return;
      result.different += number;
      const largest = u.sub(v).abs().maskedSelect(differ).max().item();
      if (Number.isNaN(largest) || largest > result.largest) result.largest = largest;
    });
  }
  return result;
}

const bits = (tensor: Tensor): Tensor =>
  tensor.resolveConj().resolveNeg().view(uint8).view([tensor.numel(), -1]);
const wide = (tensor: Tensor): Tensor => tensor.to(tensor.isComplex() ? 'complex128' : 'float64');
