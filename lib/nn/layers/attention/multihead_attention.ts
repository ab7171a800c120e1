import * as aten from '../../../tensor/aten';
import { TorchError, valueError } from '../../../core/errors';
import { checkMethods } from '../../../core/calls';
import * as F from '../../../functional';
import { canonicalMask } from '../../../functional/attention/checks';
import { isNested } from '../../../tensor/print';
import type { Tensor } from '../../../tensor';
import { whyNotFast } from './fast_path';
import * as init from '../../init';
import { Linear } from '../linear';
import { Module } from '../../module/module';
import {
  FORWARD,
  MULTIHEAD_ATTENTION,
  type AttentionCall,
  type AttentionOptions,
  type MultiheadAttentionCall,
  type QKV,
} from './options';
import { Parameter } from '../../parameter';

/** A Linear that PyTorch names so that dynamic quantization leaves it alone. */
export class NonDynamicallyQuantizableLinear extends Linear {}

/**
 * Attention of several heads, with projections before and after (Vaswani et al., 2017).
 *
 * Shapes: query `(L, N, E)` or `(L, E)`, key `(S, N, kdim)`, value `(S, N, vdim)`; with `batchFirst` the
 * batch comes first. Returns the output `(L, N, E)`, and the weights `(N, L, S)`, `(N, numHeads, L, S)` where
 * they are not averaged, or `null`. In evaluation without gradients, self-attention is one fused kernel.
 *
 * @example
 * const attention = new nn.MultiheadAttention(16, 4);
 * const [output, weights] = attention(x, x, x);
 */
export class MultiheadAttention extends Module<AttentionCall, [output: Tensor, weights: Tensor | null]> {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  readonly headDim: number;
  readonly addZeroAttn: boolean;
  readonly q_proj_weight: Parameter | null; // (E, E); these three or in_proj_weight
  readonly k_proj_weight: Parameter | null; // (E, kdim)
  readonly v_proj_weight: Parameter | null; // (E, vdim)
  readonly in_proj_weight: Parameter | null; // (3 E, E)
  readonly in_proj_bias: Parameter | null; // (3 E)
  readonly out_proj: NonDynamicallyQuantizableLinear;
  readonly bias_k: Parameter | null; // (1, 1, E), both
  readonly bias_v: Parameter | null;

  constructor(...args: MultiheadAttentionCall) {
    super();
    const [embedDim, numHeads, given] = MULTIHEAD_ATTENTION.bind(args);
    if (embedDim <= 0 || numHeads <= 0) {
      throw valueError(
        `embed_dim and num_heads must be greater than 0, got embed_dim=${embedDim} and num_heads=${numHeads} instead`,
      );
    }
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    const { bias, addBiasKv, device, dtype } = given;
    this.kdim = given.kdim ?? embedDim;
    this.vdim = given.vdim ?? embedDim;
    this.dropout = given.dropout;
    this.batchFirst = given.batchFirst;
    this.headDim = Math.floor(embedDim / numHeads);
    if (this.headDim * numHeads !== embedDim)
      throw new TorchError('embed_dim must be divisible by num_heads', 'AssertionError');
    const parameter = (...size: number[]): Parameter => new Parameter(aten.empty(size, { device, dtype }));
    const same = this._qkvSameEmbedDim;
    this.q_proj_weight = same ? null : parameter(embedDim, embedDim);
    this.k_proj_weight = same ? null : parameter(embedDim, this.kdim);
    this.v_proj_weight = same ? null : parameter(embedDim, this.vdim);
    this.in_proj_weight = same ? parameter(3 * embedDim, embedDim) : null;
    this.in_proj_bias = bias ? parameter(3 * embedDim) : null;
    this.out_proj = new NonDynamicallyQuantizableLinear(embedDim, embedDim, { bias, device, dtype });
    this.bias_k = addBiasKv ? parameter(1, 1, embedDim) : null;
    this.bias_v = addBiasKv ? parameter(1, 1, embedDim) : null;
    this.addZeroAttn = given.addZeroAttn;
    this._resetParameters();
  }

  /** Whether there is one weight for query, key and value. */
  get _qkvSameEmbedDim(): boolean {
    return this.kdim === this.embedDim && this.vdim === this.embedDim;
  }

  // `out_proj.weight` was drawn before these.
  _resetParameters(): void {
    for (const weight of [this.in_proj_weight, this.q_proj_weight, this.k_proj_weight, this.v_proj_weight])
      if (weight !== null) init.xavierUniform_(weight);
    if (this.in_proj_bias !== null) {
      init.constant_(this.in_proj_bias, 0);
      init.constant_(this.out_proj.bias!, 0);
    }
    if (this.bias_k !== null) init.xavierNormal_(this.bias_k);
    if (this.bias_v !== null) init.xavierNormal_(this.bias_v);
  }

  override forward(...args: AttentionCall): [output: Tensor, weights: Tensor | null] {
    const [query, key, value, given] = FORWARD.bind(args);
    const { attnMask: attn, keyPaddingMask: padding, needWeights, averageAttnWeights } = given;
    const areFloats = [attn, padding].some((mask) => mask?.isFloatingPoint());
    const masks = {
      keyPaddingMask: canonicalMask(padding, 'key_padding_mask', query.dtype, attn, 'attn_mask'),
      attnMask: canonicalMask(attn, 'attn_mask', query.dtype),
    };
    const inputs: QKV = [query, key, value];
    const whyNot = whyNotFast(this, inputs, areFloats, masks);
    if (whyNot !== null) return this._slowly(inputs, { ...given, ...masks }, whyNot);
    const [mask, maskType] = this.mergeMasks(masks.attnMask, masks.keyPaddingMask, query);
    const { embedDim, numHeads, in_proj_weight: w, in_proj_bias: b, out_proj } = this;
    return aten._nativeMultiHeadAttention(
      ...inputs,
      embedDim,
      numHeads,
      w!,
      b!,
      out_proj.weight,
      out_proj.bias!,
      mask,
      needWeights,
      averageAttnWeights,
      maskType,
    );
  }

  private _slowly(inputs: QKV, given: Required<AttentionOptions>, whyNot: string): [Tensor, Tensor | null] {
    if (inputs.some(isNested)) {
      throw new TorchError(
        'MultiheadAttention does not support NestedTensor outside of its fast path. ' +
          `The fast path was not hit because ${whyNot}`,
        'AssertionError',
      );
    }
    const turned = this.batchFirst && inputs[0].dim() === 3;
    const [output, weights] = F.multiHeadAttentionForward(
      ...(turned ? transposed(inputs) : inputs),
      this.embedDim,
      this.numHeads,
      this.in_proj_weight,
      this.in_proj_bias,
      this.bias_k,
      this.bias_v,
      this.addZeroAttn,
      this.dropout,
      this.out_proj.weight,
      this.out_proj.bias,
      {
        ...given,
        training: this.training,
        useSeparateProjWeight: !this._qkvSameEmbedDim,
        qProjWeight: this.q_proj_weight,
        kProjWeight: this.k_proj_weight,
        vProjWeight: this.v_proj_weight,
      },
    );
    return [turned ? aten.transpose(output, 1, 0) : output, weights];
  }

  /** Both masks in one, and which they were: 1 is padding alone, 2 is with `attnMask`. */
  mergeMasks(
    attnMask: Tensor | null,
    keyPaddingMask: Tensor | null,
    query: Tensor,
  ): [merged: Tensor | null, type: number | null] {
    if (attnMask === null) return [keyPaddingMask, keyPaddingMask === null ? null : 1];
    const [batch, length] = query.shape;
    const attn =
      attnMask.dim() === 3
        ? aten.view(attnMask, [batch, -1, length, length])
        : aten.expand(aten.view(attnMask, [1, 1, length, length]), [batch, this.numHeads, -1, -1]);
    if (keyPaddingMask === null) return [attn, 2];
    const padding = aten.view(keyPaddingMask, [batch, 1, 1, length]);
    return [aten.add(attn, aten.expand(padding, [-1, this.numHeads, -1, -1])), 2];
  }
}
checkMethods('MultiheadAttention', MultiheadAttention, 'mergeMasks(attnMask, keyPaddingMask, query)');

// The same tensor stays the same: projections look at that.
function transposed([query, key, value]: QKV): QKV {
  const turn = (tensor: Tensor): Tensor => aten.transpose(tensor, 1, 0);
  const q = turn(query);
  if (!key.is(value)) return [q, turn(key), turn(value)];
  const k = query.is(key) ? q : turn(key);
  return [q, k, k];
}
