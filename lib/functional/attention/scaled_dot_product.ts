// Attention itself, without projections.
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { type Call, signature } from '../../core/signature';
import { valueError } from '../../core/errors';
import { CausalBias } from './causal_bias';
import { allowedKernels, takesMath } from './sdp_backend';

/** Options of `F.scaledDotProductAttention`. */
export interface ScaledDotProductAttentionOptions {
  /** Booleans that are true where a query may look, or numbers to add. Shape: one that broadcasts to `(*, L, S)`. */
  attnMask?: Tensor | CausalBias | null;
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
const ATTENTION = signature(
  'scaledDotProductAttention',
  [tensor('query'), tensor('key'), tensor('value')],
  SDPA,
);

/**
 * `softmax(Q Kᵀ scale + mask) V` (Vaswani et al., 2017), by the fastest kernel there is.
 *
 * Shapes: query `(*, L, E)`, key `(*, S, E)`, value `(*, S, Ev)`, output `(*, L, Ev)`.
 */
export function scaledDotProductAttention(
  ...args: Call<
    typeof ATTENTION,
    [query: Tensor, key: Tensor, value: Tensor],
    [
      attnMask: Tensor | CausalBias | null,
      dropoutP: number,
      isCausal: boolean,
      scale: number | null,
      enableGqa: boolean,
    ]
  >
): Tensor {
  const [query, key, value, { attnMask, dropoutP, isCausal, ...rest }] = ATTENTION.bind(args);
  if (attnMask instanceof CausalBias) {
    if (isCausal) throw valueError('CausalBias should not be used with causal=True');
    const mask = attnMask.isCausal ? null : attnMask.materialize(query.device);
    return attend(query, key, value, mask, dropoutP, attnMask.isCausal, rest);
  }
  return attend(query, key, value, attnMask, dropoutP, isCausal, rest);
}

function attend(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor | null,
  dropoutP: number,
  isCausal: boolean,
  rest: { scale: number | null; enableGqa: boolean },
): Tensor {
  const kernels = allowedKernels();
  if (kernels !== null) {
    const choice = aten._fusedSdpChoice(query, key, value, mask, dropoutP, isCausal, rest);
    if (takesMath(choice, kernels, query.device.type))
      return aten._scaledDotProductAttentionMath(query, key, value, mask, dropoutP, isCausal, null, rest)[0];
  }
  return aten.scaledDotProductAttention(query, key, value, mask, dropoutP, isCausal, rest);
}
