import * as aten from '../../../tensor/aten';
import { isGradEnabled } from '../../../autograd';
import { recording } from '../../../native/recording';
import { getFastpathEnabled } from '../../../backends/mha';
import { canonicalMask } from '../../../functional/attention/checks';
import { number, value } from '../../../core/kinds';
import { type Call, method, signature } from '../../../core/signature';
import { tensor } from '../../../tensor/kinds';
import { isNested } from '../../../tensor/print';
import type { Tensor } from '../../../tensor';
import { warn } from '../../../core/warn';
import { isCudaAutocast } from './fast_path';
import type { ModuleList } from '../container';
import { Module } from '../../module/module';
import { TransformerEncoderLayer } from './transformer_encoder_layer';
import { clones, detectIsCausal, firstOf, sequenceLength } from './transformer_parts';

/** Options of `nn.TransformerEncoder`. */
export interface TransformerEncoderOptions {
  /** What comes after the last layer. Default: nothing. */
  norm?: Module | null;
  /** Whether padding may be left out, in evaluation. Default: `true`. */
  enableNestedTensor?: boolean;
  /** Whether to look if all padding is at the end; else it is taken for granted. Default: `true`. */
  maskCheck?: boolean;
}
const DEFAULTS: Required<TransformerEncoderOptions> = {
  norm: null,
  enableNestedTensor: true,
  maskCheck: true,
};
const ENCODER = signature(
  'TransformerEncoder',
  [value<Module>()('encoderLayer'), number('numLayers')],
  DEFAULTS,
);

/** Options of a call of `nn.TransformerEncoder`. */
export interface EncodeOptions {
  /** Where a place must not look: true there, or numbers to add. `(S, S)` or `(N * nhead, S, S)`. */
  mask?: Tensor | null;
  /** Padding: true there, or numbers to add. `(N, S)` or `(S)`. */
  srcKeyPaddingMask?: Tensor | null;
  /** Whether `mask` is causal. Default: what it looks like. */
  isCausal?: boolean | null;
}
const ENCODE: Required<EncodeOptions> = { mask: null, srcKeyPaddingMask: null, isCausal: null };
const FORWARD = method('TransformerEncoder.forward', [tensor('src')], ENCODE);
type Args = Call<
  typeof FORWARD,
  [src: Tensor],
  [mask: Tensor | null, srcKeyPaddingMask: Tensor | null, isCausal: boolean | null]
>;

/**
 * Copies of an encoder layer, one after the other. Shapes: as the layer's.
 *
 * In evaluation without gradients, padding at the end of sequences is left out of the computation.
 *
 * @example
 * const layer = new nn.TransformerEncoderLayer(16, 4, { batchFirst: true });
 * const encoder = new nn.TransformerEncoder(layer, 6);
 */
export class TransformerEncoder extends Module<Args, Tensor> {
  readonly numLayers: number;
  readonly layers: ModuleList;
  readonly norm: Module | null;
  readonly enableNestedTensor: boolean;
  readonly useNestedTensor: boolean;
  readonly maskCheck: boolean;

  constructor(
    ...args: Call<
      typeof ENCODER,
      [encoderLayer: Module, numLayers: number],
      [norm: Module | null, enableNestedTensor: boolean, maskCheck: boolean]
    >
  ) {
    super();
    const [encoderLayer, numLayers, given] = ENCODER.bind(args);
    this.numLayers = numLayers;
    this.layers = clones(encoderLayer, numLayers);
    this.norm = given.norm;
    this.enableNestedTensor = given.enableNestedTensor;
    this.maskCheck = given.maskCheck;
    const whyNot = whyNotNested(encoderLayer);
    this.useNestedTensor = this.enableNestedTensor && whyNot === null;
    if (this.enableNestedTensor && whyNot !== null) {
      warn(`enable_nested_tensor is True, but self.use_nested_tensor is False because ${whyNot}`);
    }
  }

  override forward(...args: Args): Tensor {
    const [src, given] = FORWARD.bind(args);
    const padding = canonicalMask(
      given.srcKeyPaddingMask,
      'src_key_padding_mask',
      src.dtype,
      given.mask,
      'mask',
    );
    const srcMask = canonicalMask(given.mask, 'mask', src.dtype);
    const first = firstOf<TransformerEncoderLayer>(this.layers);
    const { batchFirst } = first.self_attn;
    const nested = padding !== null && this._canLeaveOut(first, src, padding, srcMask);
    let output = nested ? aten._nestedTensorFromMask(src, aten.logicalNot(padding), false) : src;
    const causal = detectIsCausal(srcMask, given.isCausal, sequenceLength(src, batchFirst));
    const forLayers = { srcMask, isCausal: causal, srcKeyPaddingMask: nested ? null : padding };
    for (const layer of this.layers) output = layer(output, forLayers);
    if (nested) output = aten.toPaddedTensor(output, 0, [...src.shape]);
    return this.norm === null ? output : this.norm(output);
  }

  // Whether a nested tensor, without padding, can take the place of `src`.
  private _canLeaveOut(
    first: TransformerEncoderLayer,
    src: Tensor,
    padding: Tensor,
    srcMask: Tensor | null,
  ): boolean {
    const wantsGradients =
      isGradEnabled() && [src, ...first._fastTensors()].some((tensor) => tensor?.requiresGrad);
    // A recording cannot look at the mask, and need not where the answer is no anyway.
    if (wantsGradients && recording.active !== null) return false;
    return (
      getFastpathEnabled() &&
      this.useNestedTensor &&
      !first.training &&
      src.dim() === 3 &&
      (!this.maskCheck || aten._nestedTensorFromMaskLeftAligned(src, aten.logicalNot(padding))) &&
      !isNested(src) &&
      srcMask === null &&
      !isCudaAutocast() &&
      !wantsGradients
    );
  }
}

// Why a layer cannot compute on nested tensors, or null.
function whyNotNested(layer: Module): string | null {
  if (!(layer instanceof TransformerEncoderLayer)) return 'encoder_layer was not TransformerEncoderLayer';
  const { self_attn: attention } = layer;
  if (layer.normFirst) return 'encoder_layer.norm_first was True';
  if (!attention.batchFirst) {
    return 'encoder_layer.self_attn.batch_first was not True(use batch_first for better inference performance)';
  }
  if (!attention._qkvSameEmbedDim) return 'encoder_layer.self_attn._qkv_same_embed_dim was not True';
  if (attention.in_proj_bias === null) return 'encoder_layer.self_attn was passed bias=False';
  if (layer.activationReluOrGelu === 0) return 'encoder_layer.activation_relu_or_gelu was not True';
  if (layer.norm1.eps !== layer.norm2.eps)
    return 'encoder_layer.norm1.eps was not equal to encoder_layer.norm2.eps';
  if (attention.numHeads % 2 === 1) return 'encoder_layer.self_attn.num_heads is odd';
  return null;
}
