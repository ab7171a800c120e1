import * as aten from '../../../tensor/aten';
import { number, value } from '../../../core/kinds';
import { type Call, method, signature } from '../../../core/signature';
import { tensor } from '../../../tensor/kinds';
import type { Tensor } from '../../../tensor';
import type { ModuleList } from '../container';
import { Dropout } from '../dropout';
import { Linear } from '../linear';
import { Module } from '../../module/module';
import { MultiheadAttention } from './multihead_attention';
import { LayerNorm } from '../norm/normalization';
import {
  activationOf,
  clones,
  detectIsCausal,
  firstOf,
  layerSignature,
  sequenceLength,
  type TransformerLayerCall,
} from './transformer_parts';

/** Options of a call of `nn.TransformerDecoder` and of its layers. */
export interface DecodeOptions {
  /** Where a place must not look: true there, or numbers to add. `(T, T)` or `(N * nhead, T, T)`. */
  tgtMask?: Tensor | null;
  /** Where it must not look in the memory. `(T, S)` or `(N * nhead, T, S)`. */
  memoryMask?: Tensor | null;
  /** Padding of the target: true there, or numbers to add. `(N, T)` or `(T)`. */
  tgtKeyPaddingMask?: Tensor | null;
  /** Padding of the memory. `(N, S)` or `(S)`. */
  memoryKeyPaddingMask?: Tensor | null;
  /** Whether `tgtMask` is causal. Default: what it looks like; of a single layer `false`. */
  tgtIsCausal?: boolean | null;
  /** A hint that `memoryMask` is causal. Default: `false`. */
  memoryIsCausal?: boolean;
}
const DECODE: Required<DecodeOptions> = {
  tgtMask: null,
  memoryMask: null,
  tgtKeyPaddingMask: null,
  memoryKeyPaddingMask: null,
  tgtIsCausal: null,
  memoryIsCausal: false,
};
const FORWARD = method('TransformerDecoderLayer.forward', [tensor('tgt'), tensor('memory')], DECODE);
type Decode = Call<
  typeof FORWARD,
  [tgt: Tensor, memory: Tensor],
  [
    tgtMask: Tensor | null,
    memoryMask: Tensor | null,
    tgtKeyPaddingMask: Tensor | null,
    memoryKeyPaddingMask: Tensor | null,
    tgtIsCausal: boolean | null,
    memoryIsCausal: boolean,
  ]
>;

const LAYER = layerSignature('TransformerDecoderLayer');

/**
 * Self-attention, attention to an encoder's output and two linear layers, each with a residual and a layer
 * norm (Vaswani et al., 2017).
 *
 * Shapes: tgt `(T, N, dModel)`, memory `(S, N, dModel)`, with `batchFirst` the batch first, or neither with a
 * batch; output as tgt.
 */
export class TransformerDecoderLayer extends Module<Decode, Tensor> {
  readonly self_attn: MultiheadAttention;
  readonly multihead_attn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly normFirst: boolean;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;
  readonly activation: (input: Tensor) => Tensor;

  constructor(...args: TransformerLayerCall) {
    super();
    const [dModel, nhead, given] = LAYER.bind(args);
    const { batchFirst, layerNormEps: eps, bias, device, dtype } = given;
    const common = { bias, device, dtype };
    this.self_attn = new MultiheadAttention(dModel, nhead, given.dropout, { batchFirst, ...common });
    this.multihead_attn = new MultiheadAttention(dModel, nhead, given.dropout, { batchFirst, ...common });
    this.linear1 = new Linear(dModel, given.dimFeedforward, common);
    this.dropout = new Dropout(given.dropout);
    this.linear2 = new Linear(given.dimFeedforward, dModel, common);
    this.normFirst = given.normFirst;
    this.norm1 = new LayerNorm(dModel, eps, common);
    this.norm2 = new LayerNorm(dModel, eps, common);
    this.norm3 = new LayerNorm(dModel, eps, common);
    this.dropout1 = new Dropout(given.dropout);
    this.dropout2 = new Dropout(given.dropout);
    this.dropout3 = new Dropout(given.dropout);
    this.activation = activationOf(given.activation);
  }

  override forward(...args: Decode): Tensor {
    const [tgt, memory, given] = FORWARD.bind(args);
    let x = tgt;
    if (this.normFirst) {
      x = aten.add(x, this._saBlock(this.norm1(x), given));
      x = aten.add(x, this._mhaBlock(this.norm2(x), memory, given));
      return aten.add(x, this._ffBlock(this.norm3(x)));
    }
    x = this.norm1(aten.add(x, this._saBlock(x, given)));
    x = this.norm2(aten.add(x, this._mhaBlock(x, memory, given)));
    return this.norm3(aten.add(x, this._ffBlock(x)));
  }

  protected _saBlock(x: Tensor, given: Required<DecodeOptions>): Tensor {
    const [attended] = this.self_attn(x, x, x, {
      attnMask: given.tgtMask,
      keyPaddingMask: given.tgtKeyPaddingMask,
      isCausal: given.tgtIsCausal ?? false,
      needWeights: false,
    });
    return this.dropout1(attended);
  }

  protected _mhaBlock(x: Tensor, memory: Tensor, given: Required<DecodeOptions>): Tensor {
    const [attended] = this.multihead_attn(x, memory, memory, {
      attnMask: given.memoryMask,
      keyPaddingMask: given.memoryKeyPaddingMask,
      isCausal: given.memoryIsCausal,
      needWeights: false,
    });
    return this.dropout2(attended);
  }

  protected _ffBlock(x: Tensor): Tensor {
    return this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x)))));
  }
}

const DECODER = signature('TransformerDecoder', [value<Module>()('decoderLayer'), number('numLayers')], {
  norm: null,
} as { norm: Module | null });

/**
 * Copies of a decoder layer, one after the other. Shapes: as the layer's.
 *
 * @example
 * const layer = new nn.TransformerDecoderLayer(16, 4, { batchFirst: true });
 * const decoder = new nn.TransformerDecoder(layer, 6);
 */
export class TransformerDecoder extends Module<Decode, Tensor> {
  readonly numLayers: number;
  readonly layers: ModuleList;
  readonly norm: Module | null;

  constructor(
    ...args: Call<typeof DECODER, [decoderLayer: Module, numLayers: number], [norm: Module | null]>
  ) {
    super();
    const [decoderLayer, numLayers, { norm }] = DECODER.bind(args);
    this.numLayers = numLayers;
    this.layers = clones(decoderLayer, numLayers);
    this.norm = norm;
  }

  override forward(...args: Decode): Tensor {
    const [tgt, memory, given] = FORWARD.bind(args, 'TransformerDecoder.forward');
    const first = firstOf<TransformerDecoderLayer>(this.layers);
    const length = sequenceLength(tgt, first.self_attn.batchFirst);
    const tgtIsCausal = detectIsCausal(given.tgtMask, given.tgtIsCausal, length);
    let output = tgt;
    for (const layer of this.layers) output = layer(output, memory, { ...given, tgtIsCausal });
    return this.norm === null ? output : this.norm(output);
  }
}
