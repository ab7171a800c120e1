// What MultiheadAttention and its calls take.
import { number } from '../../../core/kinds';
import { type Call, method, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { tensor } from '../../../tensor/kinds';
import { FACTORY, type Factory, type FactoryOptions } from '../options';

/** Options of `nn.MultiheadAttention`. */
export interface MultiheadAttentionOptions extends FactoryOptions {
  /** Probability that a weight is zeroed, in training. Default: 0. */
  dropout?: number;
  /** Whether the projections have biases. Default: `true`. */
  bias?: boolean;
  /** Whether a learned key and value are added to each sequence. Default: `false`. */
  addBiasKv?: boolean;
  /** Whether a key and value of zeros are added to each sequence. Default: `false`. */
  addZeroAttn?: boolean;
  /** Features of keys. Default: `embedDim`. */
  kdim?: number | null;
  /** Features of values. Default: `embedDim`. */
  vdim?: number | null;
  /** Whether the batch is the first dimension, not the second. Default: `false`. */
  batchFirst?: boolean;
}
const DEFAULTS: Required<MultiheadAttentionOptions> = {
  dropout: 0,
  bias: true,
  addBiasKv: false,
  addZeroAttn: false,
  kdim: null,
  vdim: null,
  batchFirst: false,
  ...FACTORY,
};
export const MULTIHEAD_ATTENTION = signature(
  'MultiheadAttention',
  [number('embedDim'), number('numHeads')],
  DEFAULTS,
);

export type MultiheadAttentionCall = Call<
  typeof MULTIHEAD_ATTENTION,
  [embedDim: number, numHeads: number],
  [
    dropout: number,
    bias: boolean,
    addBiasKv: boolean,
    addZeroAttn: boolean,
    kdim: number | null,
    vdim: number | null,
    batchFirst: boolean,
    ...Factory,
  ]
>;

/** Options of a call of `nn.MultiheadAttention`. */
export interface AttentionOptions {
  /** Keys that nobody looks at: booleans that are true there, or numbers to add. `(N, S)` or `(S)`. */
  keyPaddingMask?: Tensor | null;
  /** Whether to return the weights, too. Without them the fastest kernel can be used. Default: `true`. */
  needWeights?: boolean;
  /** Where a query must not look: true there, or numbers to add. `(L, S)` or `(N * numHeads, L, S)`. */
  attnMask?: Tensor | null;
  /** Whether the weights are averaged over heads. Default: `true`. */
  averageAttnWeights?: boolean;
  /** A hint that `attnMask` is causal. Default: `false`. */
  isCausal?: boolean;
}
const ATTENTION: Required<AttentionOptions> = {
  keyPaddingMask: null,
  needWeights: true,
  attnMask: null,
  averageAttnWeights: true,
  isCausal: false,
};

export const FORWARD = method(
  'MultiheadAttention.forward',
  [tensor('query'), tensor('key'), tensor('value')],
  ATTENTION,
);
export type AttentionCall = Call<
  typeof FORWARD,
  [query: Tensor, key: Tensor, value: Tensor],
  [
    keyPaddingMask: Tensor | null,
    needWeights: boolean,
    attnMask: Tensor | null,
    averageAttnWeights: boolean,
    isCausal: boolean,
  ]
>;

/** Query, key and value. */
export type QKV = [query: Tensor, key: Tensor, value: Tensor];
