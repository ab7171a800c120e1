// Rows of transformers, under the names of their twins in test/fixtures/nn/transformer.py.
import { nn, type Tensor } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

function hooked(layer: nn.TransformerEncoderLayer): nn.TransformerEncoderLayer {
  layer.linear1.registerForwardHook((_, _args, output: Tensor) => output.mul(2));
  return layer;
}

const evaluated = <M extends nn.Module>(module: M): M => module.eval().requiresGrad_(false);

export const transformer: Family = {
  modules: {
    TransformerEncoderLayer: () => new nn.TransformerEncoderLayer(8, 2, 12),
    'TransformerEncoderLayer/masks': {
      make: () => new nn.TransformerEncoderLayer(8, 2, 12, { batchFirst: true }),
      call: (m, x, p, c) => [m(x), m(x, c), m(x, c, p), m(x, { srcKeyPaddingMask: p })],
    },
    'TransformerEncoderLayer/masks of floats': {
      make: () => new nn.TransformerEncoderLayer(8, 2, 12, 0, { batchFirst: true }),
      call: (m, x, p, c) => [m(x), m(x, c), m(x, c, p), m(x, { srcKeyPaddingMask: p })],
    },
    'TransformerEncoderLayer/gelu': () =>
      new nn.TransformerEncoderLayer(8, 2, 12, 0, 'gelu', { layerNormEps: 0.1, batchFirst: true }),
    'TransformerEncoderLayer/function': () =>
      new nn.TransformerEncoderLayer(8, 2, 12, 0, F.silu, { batchFirst: true }),
    'TransformerEncoderLayer/module': () =>
      new nn.TransformerEncoderLayer(8, 2, 12, { activation: new nn.ReLU(), batchFirst: true }),
    'TransformerEncoderLayer/module with weights': () =>
      new nn.TransformerEncoderLayer(8, 2, 12, { activation: new nn.PReLU(), batchFirst: true }),
    'TransformerEncoderLayer/normFirst': () =>
      new nn.TransformerEncoderLayer(8, 2, 12, { normFirst: true, batchFirst: true }),
    'TransformerEncoderLayer/no bias': () =>
      new nn.TransformerEncoderLayer(8, 2, 12, { bias: false, batchFirst: true }),
    'TransformerEncoderLayer/odd heads': () => new nn.TransformerEncoderLayer(6, 3, 12, { batchFirst: true }),
    'TransformerEncoderLayer/causal': {
      make: () => new nn.TransformerEncoderLayer(8, 2, 12),
      call: (m, x, c) => m(x, c, { isCausal: true }),
    },
    'TransformerEncoderLayer/unbatched': () => new nn.TransformerEncoderLayer(8, 2, 12, { batchFirst: true }),
    'TransformerEncoderLayer/hooks': () =>
      hooked(new nn.TransformerEncoderLayer(8, 2, 12, { batchFirst: true })),
    TransformerEncoder: () => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2, 12), 2),
    'TransformerEncoder/masks': {
      make: () =>
        new nn.TransformerEncoder(
          new nn.TransformerEncoderLayer(8, 2, 12, { batchFirst: true }),
          1,
          new nn.LayerNorm(8),
        ),
      call: (m, x, p, c) => [m(x), m(x, c), m(x, c, p), m(x, { srcKeyPaddingMask: p })],
    },
    'TransformerEncoder/padding': {
      make: () =>
        new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2, 12, { batchFirst: true }), 2),
      call: (m, x, ...ps) => ps.map((p) => m(x, { srcKeyPaddingMask: p })),
    },
    'TransformerEncoder/no mask check': {
      make: () =>
        new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2, 12, { batchFirst: true }), 1, {
          norm: new nn.LayerNorm(8),
          maskCheck: false,
        }),
      call: (m, x, p) => m(x, { srcKeyPaddingMask: p }),
    },
    'TransformerEncoder/no nested tensor': {
      make: () =>
        new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2, 12, { batchFirst: true }), 1, {
          enableNestedTensor: false,
        }),
      call: (m, x, p) => m(x, { srcKeyPaddingMask: p }),
    },
    'TransformerEncoder/causal': {
      make: () => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2, 12), 1),
      call: (m, x, c) => [m(x, c), m(x, { mask: c, isCausal: false })],
    },
    'TransformerEncoder/normFirst': {
      make: () =>
        new nn.TransformerEncoder(
          new nn.TransformerEncoderLayer(8, 2, 12, { normFirst: true, batchFirst: true }),
          1,
        ),
      call: (m, x, p) => m(x, { srcKeyPaddingMask: p }),
    },
    'TransformerEncoder/unbatched': {
      make: () =>
        new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2, 12, { batchFirst: true }), 1),
      call: (m, x, p) => m(x, { srcKeyPaddingMask: p }),
    },
    TransformerDecoderLayer: () => new nn.TransformerDecoderLayer(8, 2, 12),
    'TransformerDecoderLayer/normFirst': () =>
      new nn.TransformerDecoderLayer(8, 2, 12, 0, { normFirst: true }),
    'TransformerDecoderLayer/gelu': () =>
      new nn.TransformerDecoderLayer(8, 2, 12, 0, 'gelu', { bias: false }),
    'TransformerDecoderLayer/module': () =>
      new nn.TransformerDecoderLayer(8, 2, 12, { activation: new nn.Tanh() }),
    'TransformerDecoderLayer/masks': {
      make: () => new nn.TransformerDecoderLayer(8, 2, 12, { batchFirst: true }),
      call: (m, x, y, a, b, c, d) => [
        m(x, y, a),
        m(x, y, a, b, { tgtKeyPaddingMask: c, memoryKeyPaddingMask: d }),
        m(x, y, { tgtMask: a, tgtIsCausal: true }),
      ],
    },
    TransformerDecoder: () =>
      new nn.TransformerDecoder(new nn.TransformerDecoderLayer(8, 2, 12, { batchFirst: true }), 2),
    'TransformerDecoder/masks': {
      make: () =>
        new nn.TransformerDecoder(new nn.TransformerDecoderLayer(8, 2, 12, { batchFirst: true }), 1, {
          norm: new nn.LayerNorm(8),
        }),
      call: (m, x, y, a, b, c, d) => [
        m(x, y, a),
        m(x, y, a, b, { tgtKeyPaddingMask: c, memoryKeyPaddingMask: d }),
        m(x, y, { tgtMask: a, tgtIsCausal: true }),
      ],
    },
    Transformer: () => new nn.Transformer(8, 2, 1, 1, 12),
    'Transformer/keywords': () =>
      new nn.Transformer({
        dModel: 8,
        nhead: 2,
        numEncoderLayers: 2,
        numDecoderLayers: 1,
        dimFeedforward: 12,
        activation: 'gelu',
        batchFirst: true,
      }),
    'Transformer/normFirst': () =>
      new nn.Transformer(8, 2, 1, 1, 12, 0, { normFirst: true, layerNormEps: 0.01, bias: false }),
    'Transformer/masks': {
      make: () => new nn.Transformer(8, 2, 1, 1, 12, { batchFirst: true }),
      call: (m, x, y, c, s, t) =>
        m(x, y, { tgtMask: c, srcKeyPaddingMask: s, tgtKeyPaddingMask: t, memoryKeyPaddingMask: s }),
    },
    'Transformer/hints': {
      make: () => new nn.Transformer(8, 2, 1, 1, 12),
      call: (m, x, y, c) => m(x, y, c, c, c, { srcIsCausal: true, tgtIsCausal: false, memoryIsCausal: true }),
    },
  },
  errors: {
    'Transformer batches': () => new nn.Transformer(8, 2, 1, 1, 12)(zeros(3, 2, 8), zeros(3, 3, 8)),
    'Transformer batchFirst batches': () =>
      new nn.Transformer(8, 2, 1, 1, 12, { batchFirst: true })(zeros(3, 2, 8), zeros(2, 2, 8)),
    'Transformer features': () => new nn.Transformer(8, 2, 1, 1, 12)(zeros(3, 2, 8), zeros(3, 2, 5)),
    'Transformer heads': () => new nn.Transformer(4, 3),
    'TransformerEncoderLayer activation': () =>
      new nn.TransformerEncoderLayer(4, 2, { activation: 'tanh' as 'relu' }),
    'TransformerEncoderLayer dropout': () => new nn.TransformerEncoderLayer(8, 2, 12, 1.5),
    'TransformerEncoderLayer mask dtype': () =>
      new nn.TransformerEncoderLayer(8, 2, 12)(zeros(3, 2, 8), zeros(3, 3).long()),
    'TransformerEncoderLayer mask size': () =>
      new nn.TransformerEncoderLayer(8, 2, 12)(zeros(3, 2, 8), zeros(2, 3)),
    'TransformerEncoderLayer causal without mask': () =>
      new nn.TransformerEncoderLayer(8, 2, 12)(zeros(3, 2, 8), { isCausal: true }),
    'TransformerEncoderLayer fused mask size': () =>
      evaluated(new nn.TransformerEncoderLayer(8, 2, 12, { batchFirst: true }))(zeros(2, 3, 8), zeros(2, 3)),
    'TransformerEncoder padding dtype': () =>
      new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2, 12), 1)(zeros(3, 2, 8), {
        srcKeyPaddingMask: zeros(2, 3).byte(),
      }),
    'TransformerEncoder padding size': () =>
      new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2, 12), 1)(zeros(3, 2, 8), {
        srcKeyPaddingMask: zeros(3, 3),
      }),
    'TransformerDecoderLayer activation': () =>
      new nn.TransformerDecoderLayer(4, 2, { activation: 'silu' as 'relu' }),
    'TransformerDecoderLayer memory': () =>
      new nn.TransformerDecoderLayer(8, 2, 12)(zeros(3, 2, 8), zeros(3, 2, 5)),
    'TransformerDecoder memory dims': () =>
      new nn.TransformerDecoder(new nn.TransformerDecoderLayer(8, 2, 12), 1)(zeros(3, 2, 8), zeros(3, 8)),
  },
};
