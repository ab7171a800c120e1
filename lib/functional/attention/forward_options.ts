// The arguments of multi-head attention.
import { number, value } from '../../core/kinds';
import { signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';

/** Options of `F.multiHeadAttentionForward`. */
export interface MultiHeadAttentionForwardOptions {
  /** Whether weights are dropped; give a module's `training`. Default: `true`. */
  training?: boolean;
  /** Keys that nobody looks at: booleans that are true there, or numbers to add. `(N, S)` or `(S)`. */
  keyPaddingMask?: Tensor | null;
  /** Whether to return the weights, too. Default: `true`. */
  needWeights?: boolean;
  /** Where a query must not look: true there, or numbers to add. `(L, S)` or `(N * numHeads, L, S)`. */
  attnMask?: Tensor | null;
  /** Whether the three weights below stand for `inProjWeight`. Default: `false`. */
  useSeparateProjWeight?: boolean;
  qProjWeight?: Tensor | null;
  kProjWeight?: Tensor | null;
  vProjWeight?: Tensor | null;
  /** Takes the place of the projected key: `(N * numHeads, S, E / numHeads)`. */
  staticK?: Tensor | null;
  /** Takes the place of the projected value. */
  staticV?: Tensor | null;
  /** Whether the weights are averaged over heads. Default: `true`. */
  averageAttnWeights?: boolean;
  /** A hint that `attnMask` is causal: it may be passed over then. Default: `false`. */
  isCausal?: boolean;
}
/** Their places behind the required ones. */
export type ForwardPlaces = [
  training: boolean,
  keyPaddingMask: Tensor | null,
  needWeights: boolean,
  attnMask: Tensor | null,
  useSeparateProjWeight: boolean,
  qProjWeight: Tensor | null,
  kProjWeight: Tensor | null,
  vProjWeight: Tensor | null,
  staticK: Tensor | null,
  staticV: Tensor | null,
  averageAttnWeights: boolean,
  isCausal: boolean,
];

const DEFAULTS: Required<MultiHeadAttentionForwardOptions> = {
  training: true,
  keyPaddingMask: null,
  needWeights: true,
  attnMask: null,
  useSeparateProjWeight: false,
  qProjWeight: null,
  kProjWeight: null,
  vProjWeight: null,
  staticK: null,
  staticV: null,
  averageAttnWeights: true,
  isCausal: false,
};
const tensorOrNone = value<Tensor | null>();
export const FORWARD = signature(
  'multiHeadAttentionForward',
  [
    tensor('query'),
    tensor('key'),
    tensor('value'),
    number('embedDimToCheck'),
    number('numHeads'),
    tensorOrNone('inProjWeight'),
    tensorOrNone('inProjBias'),
    tensorOrNone('biasK'),
    tensorOrNone('biasV'),
    value<boolean>()('addZeroAttn'),
    value<number>()('dropoutP'),
    value<Tensor>()('outProjWeight'),
    tensorOrNone('outProjBias'),
  ],
  DEFAULTS,
);
export type ForwardGiven = Required<MultiHeadAttentionForwardOptions>;
