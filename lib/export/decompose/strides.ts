// The memory layouts that results of operators have, after torch/_prims_common.
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';

const stridesOf = (x: Tensor): number[] => x.stride() as unknown as number[];

/** Dimensions of an elementwise result of tensors of one shape, from the one with the largest stride on. */
export function orderOf(tensors: readonly Tensor[]): number[] {
  const { shape } = tensors[0];
  const order = shape.map((_, i) => i);
  if (order.length < 2 || tensors.every((x) => x.isContiguous())) return order;
  const all = tensors.map(stridesOf);
  const atLeast = (a: number, b: number): boolean => b === 0 || (a !== 0 && (a >= b || a % b === 0));
  const isSwapped = (a: number, b: number): number => {
    for (const strides of all) {
      if (strides[a] === 0 || strides[b] === 0) continue;
      if (strides[a] === strides[b]) {
        if (atLeast(shape[b], shape[a])) continue;
        return 1;
      }
      return atLeast(strides[b], strides[a]) ? -1 : 1;
    }
    return 0;
  };
  order.reverse();
  for (let i = 1; i < order.length; i++) {
    let now = i;
    for (let before = i - 1; before >= 0; before--) {
      const sign = isSwapped(order[before], order[now]);
      if (sign < 0) break;
      if (sign === 0) continue;
      [order[now], order[before]] = [order[before], order[now]];
      now = before;
    }
  }
  return order.reverse();
}

/** Gives `x` the layout of an elementwise result of these. */
export function likeResultOf(given: readonly Tensor[], x: Tensor): Tensor {
  const many = given.filter((one) => one.dim() > 0);
  if (many.length === 0) return x;
  const strides = x.shape.map(() => 0);
  let step = 1;
  for (const dim of orderOf(aten.broadcastTensors(many)).reverse()) {
    strides[dim] = step;
    step *= Math.max(1, x.shape[dim]);
  }
  return String(strides) === String(stridesOf(x)) ? x : copyStrided(x, strides);
}

/** The values of `x` in this layout. */
export const copyStrided = (x: Tensor, strides: number[]): Tensor =>
  aten.copy(aten.emptyStrided(x.shape, strides, { dtype: x.dtype, device: x.device }), x);

/** torch._prims_common.suggest_memory_format. */
export function formatOf(x: Tensor): 'channels_last' | 'channels_last_3d' | 'contiguous_format' {
  const orders: Record<number, readonly number[]> = { 4: [1, 3, 2, 0], 5: [1, 4, 3, 2, 0] };
  const order = orders[x.dim()];
  const strides = x.stride() as unknown as number[];
  if (order === undefined || strides[1] === 0) return 'contiguous_format';
  let least = 0;
  for (const dim of order) {
    if (x.shape[dim] === 0 || strides[dim] < least) return 'contiguous_format';
    if (dim === 0 && least === strides[1]) return 'contiguous_format';
    least = strides[dim] * Math.max(1, x.shape[dim]);
  }
  return order.length === 4 ? 'channels_last' : 'channels_last_3d';
}
