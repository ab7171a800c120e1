// Attention of all heads, between the projections.
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { scaledDotProductAttention } from './scaled_dot_product';
import { check } from './checks';
import { dropout } from '../dropout';

/** The output, and the weights where they are asked for. */
export type Attended = [output: Tensor, weights: Tensor | null];

/** Attention by plain products: the output's rows `(L * N, E)`, and the weights `(N * heads, L, S)`. */
export function attendWithWeights(
  [q, k, v]: [Tensor, Tensor, Tensor],
  attn: Tensor | null,
  p: number,
  isCausal: boolean,
  rows: [number, number],
): Attended {
  check(!isCausal || attn !== null, () => 'FIXME: is_causal not implemented for need_weights');
  const scaled = aten.mul(q, Math.sqrt(1 / q.size(-1)));
  const keys = aten.transpose(k, -2, -1);
  let weights = attn === null ? aten.bmm(scaled, keys) : aten.baddbmm(attn, scaled, keys);
  weights = aten.softmax(weights, -1); // (N * heads, L, S)
  if (p > 0) weights = dropout(weights, p);
  const output = aten.transpose(aten.bmm(weights, v), 0, 1); // (L, N * heads, headDim)
  return [aten.reshape(output, rows), weights];
}

/** Attention by the fastest kernel: the output's rows `(N * L, E)`, without weights. */
export function attend(
  qkv: [Tensor, Tensor, Tensor],
  attn: Tensor | null,
  p: number,
  isCausal: boolean,
  rows: [number, number],
  [batch, numHeads]: [number, number],
): Attended {
  const [, sources, headDim] = qkv[1].shape;
  const [q, k, v] = qkv.map((each) => aten.view(each, [batch, numHeads, each.shape[1], headDim]));
  let mask = attn;
  if (mask !== null) {
    mask =
      mask.shape[0] === 1 && mask.dim() === 3
        ? aten.unsqueeze(mask, 0)
        : aten.view(mask, [batch, numHeads, -1, sources]);
  }
  const output = scaledDotProductAttention(q, k, v, mask, p, { isCausal }); // (N, heads, L, headDim)
  return [aten.reshape(aten.permute(output, [2, 0, 1, 3]), rows), null];
}
