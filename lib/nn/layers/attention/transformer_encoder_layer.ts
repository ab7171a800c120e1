import * as aten from '../../../tensor/aten';
import { isGradEnabled } from '../../../autograd';
import { getFastpathEnabled } from '../../../backends/mha';
import * as F from '../../../functional';
import { canonicalMask } from '../../../functional/attention/checks';
import { type Call, method } from '../../../core/signature';
import { tensor } from '../../../tensor/kinds';
import { isNested } from '../../../tensor/print';
import type { Tensor } from '../../../tensor';
import { GELU, ReLU } from '../activation/elementwise';
import { isCudaAutocast } from './fast_path';
import { Dropout } from '../dropout';
import { internals } from '../../module/fields';
import { Linear } from '../linear';
import { Module } from '../../module/module';
import { MultiheadAttention } from './multihead_attention';
import { LayerNorm } from '../norm/normalization';
import { activationOf, layerSignature, type TransformerLayerCall } from './transformer_parts';

/** Options of a call of `nn.TransformerEncoderLayer`. */
export interface EncoderLayerOptions {
  /** Where a place must not look: true there, or numbers to add. `(S, S)` or `(N * nhead, S, S)`. */
  srcMask?: Tensor | null;
  /** Padding: true there, or numbers to add. `(N, S)` or `(S)`. */
  srcKeyPaddingMask?: Tensor | null;
  /** A hint that `srcMask` is causal. Default: `false`. */
  isCausal?: boolean;
}
const ENCODE: Required<EncoderLayerOptions> = { srcMask: null, srcKeyPaddingMask: null, isCausal: false };
const FORWARD = method('TransformerEncoderLayer.forward', [tensor('src')], ENCODE);
type Args = Call<
  typeof FORWARD,
  [src: Tensor],
  [srcMask: Tensor | null, srcKeyPaddingMask: Tensor | null, isCausal: boolean]
>;

const LAYER = layerSignature('TransformerEncoderLayer');

// 1 for ReLU, 2 for GELU, 0 for what the fused kernel does not know.
function kernelsActivation(activation: (input: Tensor) => Tensor): 0 | 1 | 2 {
  if (activation === F.relu || activation instanceof ReLU) return 1;
  return activation === F.gelu || activation instanceof GELU ? 2 : 0;
}

/**
 * Self-attention and two linear layers, each with a residual and a layer norm (Vaswani et al., 2017).
 *
 * Shapes: `(S, N, dModel)`, with `batchFirst` `(N, S, dModel)`, or `(S, dModel)`. In evaluation without
 * gradients, and with `batchFirst`, it is one fused kernel.
 *
 * @example
 * const layer = new nn.TransformerEncoderLayer(16, 4, { batchFirst: true });
 * layer(torch.randn([2, 5, 16])).shape; // [2, 5, 16]
 */
export class TransformerEncoderLayer extends Module<Args, Tensor> {
  readonly self_attn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly normFirst: boolean;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly activationReluOrGelu: 0 | 1 | 2;
  readonly activation: (input: Tensor) => Tensor;

  constructor(...args: TransformerLayerCall) {
    super();
    const [dModel, nhead, given] = LAYER.bind(args);
    const { batchFirst, layerNormEps: eps, bias, device, dtype } = given;
    const common = { bias, device, dtype };
    this.self_attn = new MultiheadAttention(dModel, nhead, given.dropout, { batchFirst, ...common });
    this.linear1 = new Linear(dModel, given.dimFeedforward, common);
    this.dropout = new Dropout(given.dropout);
    this.linear2 = new Linear(given.dimFeedforward, dModel, common);
    this.normFirst = given.normFirst;
    this.norm1 = new LayerNorm(dModel, eps, common);
    this.norm2 = new LayerNorm(dModel, eps, common);
    this.dropout1 = new Dropout(given.dropout);
    this.dropout2 = new Dropout(given.dropout);
    this.activation = activationOf(given.activation);
    this.activationReluOrGelu = kernelsActivation(this.activation);
  }

  override forward(...args: Args): Tensor {
    const [src, given] = FORWARD.bind(args);
    const padding = canonicalMask(
      given.srcKeyPaddingMask,
      'src_key_padding_mask',
      src.dtype,
      given.srcMask,
      'src_mask',
    );
    const mask = canonicalMask(given.srcMask, 'src_mask', src.dtype);
    if (this._isFast(src, mask !== null || padding !== null)) return this._fused(src, mask, padding);
    const attend = (x: Tensor): Tensor => this._saBlock(x, mask, padding, given.isCausal);
    let x = src;
    if (this.normFirst) {
      x = aten.add(x, attend(this.norm1(x)));
      return aten.add(x, this._ffBlock(this.norm2(x)));
    }
    x = this.norm1(aten.add(x, attend(x)));
    return this.norm2(aten.add(x, this._ffBlock(x)));
  }

  protected _saBlock(
    x: Tensor,
    attnMask: Tensor | null,
    keyPaddingMask: Tensor | null,
    isCausal: boolean,
  ): Tensor {
    const [attended] = this.self_attn(x, x, x, { attnMask, keyPaddingMask, needWeights: false, isCausal });
    return this.dropout1(attended);
  }

  protected _ffBlock(x: Tensor): Tensor {
    return this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))));
  }

  /** The parameters that the fused kernel takes. */
  _fastTensors(): (Tensor | null)[] {
    const { self_attn: attention, norm1, norm2, linear1, linear2 } = this;
    const pairs = [attention.out_proj, norm1, norm2, linear1, linear2];
    const weights = pairs.flatMap(({ weight, bias }): (Tensor | null)[] => [weight, bias]);
    return [attention.in_proj_weight, attention.in_proj_bias, ...weights];
  }

  // The conditions of the fused kernel.
  private _isFast(src: Tensor, hasMask: boolean): boolean {
    const { self_attn: attention } = this;
    return (
      !this.training &&
      getFastpathEnabled() &&
      src.dim() === 3 &&
      attention.batchFirst &&
      attention.in_proj_bias !== null &&
      attention._qkvSameEmbedDim &&
      this.activationReluOrGelu !== 0 &&
      this.norm1.eps === this.norm2.eps &&
      !(hasMask && isNested(src)) &&
      attention.numHeads % 2 === 0 &&
      !isCudaAutocast() &&
      !hasForwardHooks(this) &&
      !(isGradEnabled() && [src, ...this._fastTensors()].some((tensor) => tensor?.requiresGrad))
    );
  }

  private _fused(src: Tensor, srcMask: Tensor | null, padding: Tensor | null): Tensor {
    const { self_attn: attention, norm1 } = this;
    const [qkvWeight, qkvBias, projWeight, projBias, ...rest] = this._fastTensors() as Tensor[];
    const [norm1Weight, norm1Bias, norm2Weight, norm2Bias, ...linear] = rest;
    const [linear1Weight, linear1Bias, linear2Weight, linear2Bias] = linear;
    const [mask, maskType] = attention.mergeMasks(srcMask, padding, src);
    return aten._transformerEncoderLayerFwd(
      src,
      attention.embedDim,
      attention.numHeads,
      qkvWeight,
      qkvBias,
      projWeight,
      projBias,
      this.activationReluOrGelu === 2,
      this.normFirst,
      norm1.eps,
      norm1Weight,
      norm1Bias,
      norm2Weight,
      norm2Bias,
      linear1Weight,
      linear1Bias,
      linear2Weight,
      linear2Bias,
      mask,
      maskType,
    );
  }
}

function hasForwardHooks(module: Module): boolean {
  for (const each of module.modules()) {
    const { forward, forwardPre } = internals(each).hooks;
    if (forward.size + forwardPre.size > 0) return true;
  }
  return false;
}
