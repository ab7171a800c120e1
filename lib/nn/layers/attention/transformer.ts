import { TorchError } from '../../../core/errors';
import { number } from '../../../core/kinds';
import { type Call, method, signature } from '../../../core/signature';
import { tensor } from '../../../tensor/kinds';
import type { Tensor } from '../../../tensor';
import * as init from '../../init';
import { Module } from '../../module/module';
import { LayerNorm } from '../norm/normalization';
import { FACTORY, type Factory } from '../options';
import { TransformerDecoder, TransformerDecoderLayer } from './transformer_decoder';
import { TransformerEncoder } from './transformer_encoder';
import { TransformerEncoderLayer } from './transformer_encoder_layer';
import {
  TRANSFORMER_LAYER,
  squareSubsequentMask,
  type TransformerActivation,
  type TransformerLayerOptions,
} from './transformer_parts';

/** Options of `nn.Transformer`. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** Features. Default: 512. */
  dModel?: number;
  /** Heads of each attention. Default: 8. */
  nhead?: number;
  /** Default: 6. */
  numEncoderLayers?: number;
  /** Default: 6. */
  numDecoderLayers?: number;
  /** Takes the place of the encoder. */
  customEncoder?: Module | null;
  /** Takes the place of the decoder. */
  customDecoder?: Module | null;
}
const DEFAULTS: Required<TransformerOptions> = {
  dModel: 512,
  nhead: 8,
  numEncoderLayers: 6,
  numDecoderLayers: 6,
  customEncoder: null,
  customDecoder: null,
  ...TRANSFORMER_LAYER,
};
const TRANSFORMER = signature('Transformer', [], DEFAULTS, [
  'dModel',
  'nhead',
  'numEncoderLayers',
  'numDecoderLayers',
  'dimFeedforward',
  'dropout',
  'activation',
  'customEncoder',
  'customDecoder',
  'layerNormEps',
  'batchFirst',
  'normFirst',
  'bias',
  'device',
  'dtype',
]);

/** Options of a call of `nn.Transformer`. */
export interface TransformOptions {
  /** Where a place of the source must not look: true there, or numbers to add. `(S, S)`. */
  srcMask?: Tensor | null;
  /** The same of the target. `(T, T)`. */
  tgtMask?: Tensor | null;
  /** Where the target must not look in the encoder's output. `(T, S)`. */
  memoryMask?: Tensor | null;
  /** Padding of the source: true there, or numbers to add. `(N, S)` or `(S)`. */
  srcKeyPaddingMask?: Tensor | null;
  /** Padding of the target. `(N, T)` or `(T)`. */
  tgtKeyPaddingMask?: Tensor | null;
  /** Padding of the encoder's output. `(N, S)` or `(S)`. */
  memoryKeyPaddingMask?: Tensor | null;
  /** Whether `srcMask` is causal. Default: what it looks like. */
  srcIsCausal?: boolean | null;
  /** Whether `tgtMask` is causal. Default: what it looks like. */
  tgtIsCausal?: boolean | null;
  /** A hint that `memoryMask` is causal. Default: `false`. */
  memoryIsCausal?: boolean;
}
const TRANSFORM: Required<TransformOptions> = {
  srcMask: null,
  tgtMask: null,
  memoryMask: null,
  srcKeyPaddingMask: null,
  tgtKeyPaddingMask: null,
  memoryKeyPaddingMask: null,
  srcIsCausal: null,
  tgtIsCausal: null,
  memoryIsCausal: false,
};
const FORWARD = method('Transformer.forward', [tensor('src'), tensor('tgt')], TRANSFORM);
type Transform = Call<
  typeof FORWARD,
  [src: Tensor, tgt: Tensor],
  [
    srcMask: Tensor | null,
    tgtMask: Tensor | null,
    memoryMask: Tensor | null,
    srcKeyPaddingMask: Tensor | null,
    tgtKeyPaddingMask: Tensor | null,
    memoryKeyPaddingMask: Tensor | null,
    srcIsCausal: boolean | null,
    tgtIsCausal: boolean | null,
    memoryIsCausal: boolean,
  ]
>;

const SQUARE_MASK = signature('Transformer.generateSquareSubsequentMask', [number('sz')], FACTORY);

/**
 * An encoder, and a decoder that attends to its output (Vaswani et al., "Attention Is All You Need", 2017).
 *
 * Shapes: src `(S, N, dModel)`, tgt `(T, N, dModel)`, with `batchFirst` the batch first, or neither with a
 * batch; output as tgt.
 *
 * @example
 * const model = new nn.Transformer({ nhead: 16, numEncoderLayers: 12 });
 * model(torch.rand([10, 32, 512]), torch.rand([20, 32, 512])).shape; // [20, 32, 512]
 */
export class Transformer extends Module<Transform, Tensor> {
  readonly encoder: Module;
  readonly decoder: Module;
  readonly dModel: number;
  readonly nhead: number;
  readonly batchFirst: boolean;

  constructor(
    ...args: Call<
      typeof TRANSFORMER,
      [],
      [
        dModel: number,
        nhead: number,
        numEncoderLayers: number,
        numDecoderLayers: number,
        dimFeedforward: number,
        dropout: number,
        activation: TransformerActivation,
        customEncoder: Module | null,
        customDecoder: Module | null,
        layerNormEps: number,
        batchFirst: boolean,
        normFirst: boolean,
        bias: boolean,
        ...Factory,
      ]
    >
  ) {
    super();
    const [given] = TRANSFORMER.bind(args);
    this.encoder = given.customEncoder ?? newEncoder(given);
    this.decoder = given.customDecoder ?? newDecoder(given);
    this._resetParameters();
    this.dModel = given.dModel;
    this.nhead = given.nhead;
    this.batchFirst = given.batchFirst;
  }

  override forward(...args: Transform): Tensor {
    const [src, tgt, given] = FORWARD.bind(args);
    const batch = this.batchFirst ? 0 : 1;
    if (src.size(batch) !== tgt.size(batch) && src.dim() === 3)
      throw new TorchError('the batch number of src and tgt must be equal');
    if (src.size(-1) !== this.dModel || tgt.size(-1) !== this.dModel)
      throw new TorchError('the feature number of src and tgt must be equal to d_model');
    const { srcMask, srcKeyPaddingMask, srcIsCausal, ...forDecoder } = given;
    const memory: Tensor = this.encoder(src, { mask: srcMask, srcKeyPaddingMask, isCausal: srcIsCausal });
    return this.decoder(tgt, memory, forDecoder);
  }

  /** Zeros, and minus infinity above the diagonal: no one sees what comes later. Shape: `(sz, sz)`. */
  static generateSquareSubsequentMask(...args: Call<typeof SQUARE_MASK, [sz: number], Factory>): Tensor {
    return squareSubsequentMask(...SQUARE_MASK.bind(args));
  }

  _resetParameters(): void {
    for (const param of this.parameters()) if (param.dim() > 1) init.xavierUniform_(param);
  }
}

type Given = Required<TransformerOptions>;

// What a layer takes, and what its norm does.
function split(given: Given): [Required<TransformerLayerOptions>, LayerNorm] {
  const { dimFeedforward, dropout, activation, batchFirst, normFirst, layerNormEps, bias, device, dtype } =
    given;
  const common = { bias, device, dtype };
  const norm = new LayerNorm(given.dModel, layerNormEps, common);
  return [{ dimFeedforward, dropout, activation, batchFirst, normFirst, layerNormEps, ...common }, norm];
}

function newEncoder(given: Given): TransformerEncoder {
  const [options, norm] = split(given);
  const layer = new TransformerEncoderLayer(given.dModel, given.nhead, options);
  return new TransformerEncoder(layer, given.numEncoderLayers, norm);
}

function newDecoder(given: Given): TransformerDecoder {
  const [options, norm] = split(given);
  const layer = new TransformerDecoderLayer(given.dModel, given.nhead, options);
  return new TransformerDecoder(layer, given.numDecoderLayers, norm);
}
