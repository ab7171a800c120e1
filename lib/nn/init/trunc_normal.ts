// How init.truncNormal_ draws. The order of the draws is PyTorch's: it decides what a seed gives.
import * as aten from '../../tensor/aten';
import { float64 } from '../../core/dtype';
import type { Tensor } from '../../tensor';
import type { TruncNormalOptions } from './fill';

/** Share of the standard normal below `x`. */
export function normalCdf(x: number): number {
  const erf = aten.erf(aten.full([], x / Math.sqrt(2), { dtype: float64 })).item() as number;
  return (1 + erf) / 2;
}

/** For bounds that most of the normal is inside: draws again what is outside. */
export function redrawNormal(tensor: Tensor, given: Required<TruncNormalOptions>): void {
  const { mean, std, a, b, generator } = given;
  // The bounds as the tensor's dtype has them, lest a rounded value seem to be outside.
  const rounded = (bound: number): number => aten.full([], bound, { dtype: tensor.dtype }).item() as number;
  const low = rounded(a);
  const high = rounded(b);
  let result: Tensor = aten.normal_(tensor, mean, std, { generator });
  for (;;) {
    const outside = aten.bitwiseOr(aten.lt(result, low), aten.gt(result, high));
    if (!aten.any(outside).item()) break;
    result = aten.where(outside, aten.normal_(aten.emptyLike(result), mean, std, { generator }), result);
  }
  if (result !== tensor) aten.copy_(tensor, result);
}

/** For bounds that little of it is inside: draws evenly, accepts by the density relative to its peak. */
export function rejectUniform(tensor: Tensor, given: Required<TruncNormalOptions>): void {
  const { mean, std, a, b, generator } = given;
  const mode = Math.max(a, Math.min(mean, b));
  const distance = (mode - mean) / std;
  const logPeak = -0.5 * (distance * distance);
  const candidates = aten.emptyLike(tensor);
  const accept = aten.emptyLike(tensor);
  const toLogDensity = (): void => {
    aten.sub_(aten.mul_(aten.pow_(aten.div_(aten.sub_(candidates, mean), std), 2), -0.5), logPeak);
  };
  const rejected = (): Tensor => aten.gt(aten.log_(aten.uniform_(accept, 0, 1, { generator })), candidates);

  aten.uniform_(tensor, a, b, { generator });
  aten.copy_(candidates, tensor);
  toLogDensity();
  let pending = rejected();
  let result: Tensor = tensor;
  while (aten.any(pending).item()) {
    aten.uniform_(candidates, a, b, { generator });
    result = aten.where(pending, candidates, result);
    toLogDensity();
    pending = aten.where(pending, rejected(), pending);
  }
  if (result !== tensor) aten.copy_(tensor, result);
}
