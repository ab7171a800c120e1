// Attention itself, without projections.
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { keywords } from '../../core/keywords';

export interface ScaledDotProductAttentionOptions {
  /** Booleans that are true where a query may look, or numbers to add. Shape: one that broadcasts to `(*, L, S)`. */
  attnMask?: Tensor | null;
  /** Probability that a weight is zeroed; also in evaluation. Default: 0. */
  dropoutP?: number;
  /** Whether a query sees only the keys up to its own place. Not together with `attnMask`. Default: `false`. */
  isCausal?: boolean;
  /** What the products are multiplied by. Default: `1/√E`. */
  scale?: number | null;
  /** Whether several query heads may share a key head. Default: `false`. */
  enableGqa?: boolean;
}
const SDPA: Required<ScaledDotProductAttentionOptions> = {
  attnMask: null,
  dropoutP: 0,
  isCausal: false,
  scale: null,
  enableGqa: false,
};
type Given<T> = T | ScaledDotProductAttentionOptions;

/**
 * `softmax(Q Kᵀ scale + mask) V` (Vaswani et al., 2017), by the fastest kernel there is.
 *
 * Shapes: query `(*, L, E)`, key `(*, S, E)`, value `(*, S, Ev)`, output `(*, L, Ev)`.
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  attnMask?: Given<Tensor | null>,
  dropoutP?: Given<number>,
  options?: ScaledDotProductAttentionOptions,
): Tensor {
  const given = keywords<ScaledDotProductAttentionOptions>(
    'scaledDotProductAttention',
    SDPA,
    { attnMask, dropoutP },
    options,
  );
  const { isCausal, scale, enableGqa } = given;
  return aten.scaledDotProductAttention(query, key, value, given.attnMask, given.dropoutP, isCausal, {
    scale,
    enableGqa,
  });
}
