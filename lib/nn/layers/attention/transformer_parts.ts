// What encoder and decoder share.
import * as aten from '../../../tensor/aten';
import { TorchError, checkNumber } from '../../../core/errors';
import * as F from '../../../functional';
import { number } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import { isNested } from '../../../tensor/print';
import type { Tensor } from '../../../tensor';
import { ModuleList } from '../container';
import { checkLayerCount } from '../layer_count';
import { copyModule } from '../../module/copy';
import type { Module } from '../../module/module';
import { FACTORY, type Factory, type FactoryOptions } from '../options';

/** What comes between the two linear layers. */
export type TransformerActivation = 'relu' | 'gelu' | ((input: Tensor) => Tensor);

/** Options of the layers of encoders and decoders. */
export interface TransformerLayerOptions extends FactoryOptions {
  /** Features between the two linear layers. Default: 2048. */
  dimFeedforward?: number;
  /** Probability that an element is zeroed, in training. Default: 0.1. */
  dropout?: number;
  /** What comes between the two linear layers: a name, function or module. Default: ReLU. */
  activation?: TransformerActivation;
  /** Added to the variance in layer norms. Default: 1e-5. */
  layerNormEps?: number;
  /** Whether the batch is the first dimension, not the second. Default: `false`. */
  batchFirst?: boolean;
  /** Whether a layer norm comes before each part, not after it. Default: `false`. */
  normFirst?: boolean;
  /** Whether linear layers and layer norms have biases. Default: `true`. */
  bias?: boolean;
}
export const TRANSFORMER_LAYER: Required<TransformerLayerOptions> = {
  dimFeedforward: 2048,
  dropout: 0.1,
  activation: F.relu,
  layerNormEps: 1e-5,
  batchFirst: false,
  normFirst: false,
  bias: true,
  ...FACTORY,
};

type TransformerLayerPlaces = [
  dimFeedforward: number,
  dropout: number,
  activation: TransformerActivation,
  layerNormEps: number,
  batchFirst: boolean,
  normFirst: boolean,
  bias: boolean,
  ...Factory,
];
const REQUIRED = [number('dModel'), number('nhead')] as const;
export const layerSignature = (name: string) => signature(name, REQUIRED, TRANSFORMER_LAYER);
export type TransformerLayerCall = Call<
  ReturnType<typeof layerSignature>,
  [dModel: number, nhead: number],
  TransformerLayerPlaces
>;

/** @throws TorchError for another name than `'relu'` or `'gelu'`. */
export function activationOf(activation: TransformerActivation): (input: Tensor) => Tensor {
  if (typeof activation !== 'string') return activation;
  if (activation === 'relu') return F.relu;
  if (activation === 'gelu') return F.gelu;
  throw new TorchError(`activation should be relu/gelu, not ${String(activation)}`);
}

/** Copies of a layer: all start with the same values. */
export function clones<M extends Module>(module: M, n: number): ModuleList<M> {
  checkNumber('Transformer', 'numLayers', n);
  checkLayerCount(n);
  return new ModuleList(Array.from({ length: n }, () => copyModule(module)));
}

/** The first of the layers, which tells how they want their inputs. */
export function firstOf<L extends { self_attn: unknown }>(layers: ModuleList): L {
  const layer = layers.at(0);
  if ('self_attn' in layer) return layer as unknown as L;
  throw new TorchError(`'${layer.constructor.name}' object has no attribute 'self_attn'`, 'AttributeError');
}

/** Zeros, and minus infinity above the diagonal: no one sees what comes later. Shape: `(size, size)`. */
export function squareSubsequentMask(size: number, { device, dtype }: Required<FactoryOptions>): Tensor {
  return aten.triu(aten.full([size, size], -Infinity, { dtype, device }), 1);
}

/** How long the sequences are; `null` for nested tensors. */
export function sequenceLength(source: Tensor, batchFirst: boolean): number | null {
  if (isNested(source)) return null;
  return source.shape[source.dim() === 2 || !batchFirst ? 0 : 1];
}

/** What was said of the mask, or, where nothing was, whether it is causal. */
export function detectIsCausal(
  mask: Tensor | null,
  isCausal: boolean | null,
  length: number | null,
): boolean {
  if (isCausal !== null || mask === null) return isCausal === true;
  const { device, dtype } = mask;
  const size = length ?? mask.size(-2);
  if (mask.dim() !== 2 || mask.shape[0] !== size || mask.shape[1] !== size) return false;
  return aten.isNonzero(aten.all(aten.eq(mask, squareSubsequentMask(size, { device, dtype }))));
}
