// Rows of attention, under the names of their twins in test/fixtures/nn/attention.py.
import torch, { nn, type Tensor } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;
const W = zeros(24, 8);
const Q = zeros(2, 3, 4);

function forward(
  weight: Tensor | null,
  options?: nn.functional.MultiHeadAttentionForwardOptions,
  biasK: Tensor | null = null,
  biasV: Tensor | null = null,
): unknown {
  const x = zeros(3, 2, 8);
  return F.multiHeadAttentionForward(
    ...([x, x, x, 8, 2, weight, null, biasK, biasV, false, 0, zeros(8, 8), null] as const),
    options,
  );
}

// Only the fused kernel takes tensors of sequences of different lengths.
const nested = (): Tensor => torch.ops.aten._nested_tensor_from_mask(zeros(2, 3, 8), zeros(2, 3).eq(0));
const N = nested();

type Sizes = ConstructorParameters<typeof nn.MultiheadAttention>;
const withGradients = (...sizes: Sizes): nn.MultiheadAttention => new nn.MultiheadAttention(...sizes).eval();
const evaluated = (...sizes: Sizes): nn.MultiheadAttention => withGradients(...sizes).requiresGrad_(false);

function switchedOff(module: nn.MultiheadAttention): unknown {
  torch.backends.mha.setFastpathEnabled(false);
  try {
    return module(N, N, N);
  } finally {
    torch.backends.mha.setFastpathEnabled(true);
  }
}

export const attention: Family = {
  modules: {
    MultiheadAttention: () => new nn.MultiheadAttention(8, 2),
    'MultiheadAttention/self': {
      make: () => new nn.MultiheadAttention(8, 4, { batchFirst: true }),
      call: (m, x) => m(x, x, x),
    },
    'MultiheadAttention/self without weights': {
      make: () => new nn.MultiheadAttention(8, 4, { batchFirst: true }),
      call: (m, x) => m(x, x, x, { needWeights: false }),
    },
    'MultiheadAttention/self weights of heads': {
      make: () => new nn.MultiheadAttention(8, 4, { batchFirst: true }),
      call: (m, x) => m(x, x, x, { averageAttnWeights: false }),
    },
    'MultiheadAttention/self odd heads': {
      make: () => new nn.MultiheadAttention(9, 3, { batchFirst: true }),
      call: (m, x) => m(x, x, x),
    },
    'MultiheadAttention/self sequence first': {
      make: () => new nn.MultiheadAttention(8, 2, 0.5),
      call: (m, x) => m(x, x, x),
    },
    'MultiheadAttention/self dropout without weights': {
      make: () => new nn.MultiheadAttention(8, 2, { dropout: 0.5 }),
      call: (m, x) => m(x, x, x, { needWeights: false }),
    },
    'MultiheadAttention/self masks': {
      make: () => new nn.MultiheadAttention(8, 2, { batchFirst: true }),
      call: (m, x, p, attnMask) => m(x, x, x, p, { attnMask }),
    },
    'MultiheadAttention/self padding': {
      make: () => new nn.MultiheadAttention(8, 2, { batchFirst: true }),
      call: (m, x, p) => m(x, x, x, p),
    },
    'MultiheadAttention/self mask': {
      make: () => new nn.MultiheadAttention(8, 2, { batchFirst: true }),
      call: (m, x, attnMask) => m(x, x, x, { attnMask, needWeights: false }),
    },
    'MultiheadAttention/self mask of heads': {
      make: () => new nn.MultiheadAttention(8, 2, { batchFirst: true }),
      call: (m, x, attnMask) => m(x, x, x, { attnMask }),
    },
    'MultiheadAttention/self floats': {
      make: () => new nn.MultiheadAttention(8, 2, { batchFirst: true }),
      call: (m, x, p, attnMask) => m(x, x, x, p, { attnMask }),
    },
    'MultiheadAttention/self floats without weights': {
      make: () => new nn.MultiheadAttention(8, 2, { batchFirst: true }),
      call: (m, x, keyPaddingMask, attnMask) => m(x, x, x, { keyPaddingMask, needWeights: false, attnMask }),
    },
    'MultiheadAttention/mixed masks': {
      make: () => new nn.MultiheadAttention(8, 2),
      call: (m, x, p, attnMask) => m(x, x, x, p, { attnMask }),
    },
    'MultiheadAttention/causal': {
      make: () => new nn.MultiheadAttention(8, 2, { batchFirst: true }),
      call: (m, x, attnMask) => m(x, x, x, { attnMask, isCausal: true }),
    },
    'MultiheadAttention/causal without weights': {
      make: () => new nn.MultiheadAttention(8, 2),
      call: (m, x, attnMask) => m(x, x, x, { attnMask, isCausal: true, needWeights: false }),
    },
    'MultiheadAttention/causal with padding': {
      make: () => new nn.MultiheadAttention(8, 2),
      call: (m, x, p, attnMask) => m(x, x, x, p, { attnMask, isCausal: true, needWeights: false }),
    },
    'MultiheadAttention/no bias': {
      make: () => new nn.MultiheadAttention(8, 2, { bias: false, batchFirst: true }),
      call: (m, x) => m(x, x, x),
    },
    'MultiheadAttention/biasKv': {
      make: () => new nn.MultiheadAttention(8, 2, { addBiasKv: true }),
      call: (m, x, p, attnMask) => m(x, x, x, p, { attnMask }),
    },
    'MultiheadAttention/zeroAttn': {
      make: () => new nn.MultiheadAttention(8, 2, { addZeroAttn: true, batchFirst: true }),
      call: (m, x, p, attnMask) => m(x, x, x, p, { attnMask }),
    },
    'MultiheadAttention/biasKv zeroAttn': {
      make: () => new nn.MultiheadAttention(8, 2, { addBiasKv: true, addZeroAttn: true }),
      call: (m, q, k, v) => m(q, k, v, { needWeights: false }),
    },
    'MultiheadAttention/kdim vdim': () => new nn.MultiheadAttention(8, 2, { kdim: 6, vdim: 4 }),
    'MultiheadAttention/kdim no bias': () =>
      new nn.MultiheadAttention(8, 2, { bias: false, kdim: 6, batchFirst: true }),
    'MultiheadAttention/key is value': {
      make: () => new nn.MultiheadAttention(8, 2),
      call: (m, q, k) => m(q, k, k),
    },
    'MultiheadAttention/key is value batch first': {
      make: () => new nn.MultiheadAttention(8, 2, { bias: false, batchFirst: true }),
      call: (m, q, k) => m(q, k, k),
    },
    'MultiheadAttention/unbatched': () => new nn.MultiheadAttention(8, 2),
    'MultiheadAttention/unbatched masks': {
      make: () => new nn.MultiheadAttention(8, 2, { batchFirst: true }),
      call: (m, x, p, attnMask) => m(x, x, x, p, { attnMask, averageAttnWeights: false }),
    },
    'MultiheadAttention/unbatched without weights': {
      make: () => new nn.MultiheadAttention(8, 2),
      call: (m, x, p) => m(x, x, x, p, { needWeights: false }),
    },
  },
  functionals: {
    scaledDotProductAttention: (q, k, v) => F.scaledDotProductAttention(q, k, v),
    'scaledDotProductAttention/same sizes': (q, k, v) =>
      F.scaledDotProductAttention(q, k, v, { isCausal: true }),
    'scaledDotProductAttention/mask': (q, k, v, m) => F.scaledDotProductAttention(q, k, v, m),
    'scaledDotProductAttention/booleans': (q, k, v, m) =>
      F.scaledDotProductAttention(q, k, v, { attnMask: m, scale: 0.5 }),
    'scaledDotProductAttention/dropout': (q, k, v) =>
      F.scaledDotProductAttention(q, k, v, null, 0.5, { isCausal: true }),
    'scaledDotProductAttention/gqa': (q, k, v) => F.scaledDotProductAttention(q, k, v, { enableGqa: true }),
    'scaledDotProductAttention/3-d': (q, k, v) => F.scaledDotProductAttention(q, k, v),
    multiHeadAttentionForward: (q, k, v, w, b, o, c) =>
      F.multiHeadAttentionForward(q, k, v, 8, 2, w, b, null, null, false, 0, o, c),
    'multiHeadAttentionForward/options': (q, k, v, w, b, o, c) =>
      F.multiHeadAttentionForward(q, k, v, 8, 2, w, b, null, null, false, 0, o, c, {
        training: false,
        needWeights: true,
        averageAttnWeights: false,
      }),
    'multiHeadAttentionForward/dropout': (q, k, v, w, b, o, c) =>
      F.multiHeadAttentionForward(q, k, v, 8, 2, w, b, null, null, false, 0.5, o, c, { needWeights: false }),
    'multiHeadAttentionForward/dropout of weights': (q, k, v, w, b, o, c) =>
      F.multiHeadAttentionForward(q, k, v, 8, 2, w, b, null, null, false, 0.5, o, c),
    'multiHeadAttentionForward/evaluation': (q, k, v, w, b, o, c) =>
      F.multiHeadAttentionForward(q, k, v, 8, 2, w, b, null, null, false, 0.5, o, c, { training: false }),
    'multiHeadAttentionForward/no bias': (q, k, v, w, o) =>
      F.multiHeadAttentionForward(q, k, v, 8, 2, w, null, null, null, false, 0, o, null),
    'multiHeadAttentionForward/biases': (q, k, v, w, b, s, t, o, c) =>
      F.multiHeadAttentionForward(q, k, v, 8, 2, w, b, s, t, true, 0, o, c),
    'multiHeadAttentionForward/static': (q, k, v, w, b, o, c, s, t) =>
      F.multiHeadAttentionForward(q, k, v, 8, 2, w, b, null, null, false, 0, o, c, {
        staticK: s,
        staticV: t,
      }),
    'multiHeadAttentionForward/separate': (q, k, v, b, o, c, x, y, z) =>
      F.multiHeadAttentionForward(q, k, v, 8, 2, null, b, null, null, false, 0, o, c, {
        useSeparateProjWeight: true,
        qProjWeight: x,
        kProjWeight: y,
        vProjWeight: z,
      }),
    'multiHeadAttentionForward/masks': (q, w, b, o, c, p, m) =>
      F.multiHeadAttentionForward(q, q, q, 8, 2, w, b, null, null, false, 0, o, c, {
        keyPaddingMask: p,
        attnMask: m,
      }),
  },
  errors: {
    'MultiheadAttention sizes': () => new nn.MultiheadAttention(0, 2),
    'MultiheadAttention heads': () => new nn.MultiheadAttention(8, -1),
    'MultiheadAttention divisible': () => new nn.MultiheadAttention(8, 3),
    'MultiheadAttention query dims': () =>
      new nn.MultiheadAttention(8, 2)(zeros(2, 2, 2, 8), zeros(2, 2, 2, 8), zeros(2, 2, 2, 8)),
    'MultiheadAttention batched key dims': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(3, 8), zeros(3, 2, 8)),
    'MultiheadAttention unbatched key dims': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 8), zeros(3, 2, 8), zeros(3, 8)),
    'MultiheadAttention batched padding dims': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(3, 2, 8), zeros(3, 2, 8), {
        keyPaddingMask: zeros(3),
      }),
    'MultiheadAttention unbatched padding dims': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 8), zeros(3, 8), zeros(3, 8), { keyPaddingMask: zeros(1, 3) }),
    'MultiheadAttention batched mask dims': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(3, 2, 8), zeros(3, 2, 8), { attnMask: zeros(3) }),
    'MultiheadAttention unbatched mask dims': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 8), zeros(3, 8), zeros(3, 8), { attnMask: zeros(3) }),
    'MultiheadAttention unbatched mask size': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 8), zeros(3, 8), zeros(3, 8), { attnMask: zeros(3, 3, 3) }),
    'MultiheadAttention mask 2-d size': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(3, 2, 8), zeros(3, 2, 8), {
        attnMask: zeros(3, 4),
      }),
    'MultiheadAttention mask 3-d size': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(3, 2, 8), zeros(3, 2, 8), {
        attnMask: zeros(2, 3, 3),
      }),
    'MultiheadAttention mask dtype': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(3, 2, 8), zeros(3, 2, 8), {
        attnMask: zeros(3, 3).long(),
      }),
    'MultiheadAttention padding dtype': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(3, 2, 8), zeros(3, 2, 8), {
        keyPaddingMask: zeros(2, 3).byte(),
      }),
    'MultiheadAttention padding batch': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(3, 2, 8), zeros(3, 2, 8), {
        keyPaddingMask: zeros(1, 3),
      }),
    'MultiheadAttention padding length': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(3, 2, 8), zeros(3, 2, 8), {
        keyPaddingMask: zeros(2, 4),
      }),
    'MultiheadAttention causal without mask': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(3, 2, 8), zeros(3, 2, 8), { isCausal: true }),
    'MultiheadAttention embedding': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 6), zeros(3, 2, 6), zeros(3, 2, 6)),
    'MultiheadAttention key and value': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(4, 2, 8), zeros(5, 2, 8)),
    'MultiheadAttention separate key and value': () =>
      new nn.MultiheadAttention(8, 2, { kdim: 6 })(zeros(3, 2, 8), zeros(4, 2, 6), zeros(5, 2, 8)),
    'MultiheadAttention separate key weight': () =>
      new nn.MultiheadAttention(8, 2, { kdim: 6 })(zeros(3, 2, 8), zeros(4, 2, 5), zeros(4, 2, 8)),
    'MultiheadAttention batches': () =>
      new nn.MultiheadAttention(8, 2)(zeros(3, 2, 8), zeros(4, 3, 8), zeros(4, 3, 8)),
    'multiHeadAttentionForward no weight': () => forward(null),
    'multiHeadAttentionForward separate weights': () => forward(W, { useSeparateProjWeight: true }),
    'multiHeadAttentionForward static key': () => forward(W, { staticK: zeros(3, 2, 4) }),
    'multiHeadAttentionForward static value': () => forward(W, { staticV: zeros(4, 2, 3) }),
    'multiHeadAttentionForward query weight': () =>
      forward(W, { useSeparateProjWeight: true, qProjWeight: zeros(8, 7), kProjWeight: W, vProjWeight: W }),
    'multiHeadAttentionForward bias of the key alone': () => forward(W, {}, zeros(1, 1, 8)),
    'multiHeadAttentionForward bias of the value alone': () => forward(W, {}, null, zeros(1, 1, 8)),
    'multiHeadAttentionForward bias and static key': () =>
      forward(W, { staticK: W }, zeros(1, 1, 8), zeros(1, 1, 8)),
    'scaledDotProductAttention sizes': () =>
      F.scaledDotProductAttention(zeros(2, 3, 4), zeros(2, 3, 5), zeros(2, 3, 5)),
    'scaledDotProductAttention dims': () => F.scaledDotProductAttention(zeros(3), zeros(3), zeros(3)),
    'scaledDotProductAttention causal and mask': () =>
      F.scaledDotProductAttention(Q, Q, Q, zeros(3, 3), { isCausal: true }),
    'MultiheadAttention not fast: training': () =>
      new nn.MultiheadAttention(8, 2, { batchFirst: true })(N, N, N),
    'MultiheadAttention not fast: gradients': () => withGradients(8, 2, { batchFirst: true })(N, N, N),
    'MultiheadAttention not fast: other key': () => evaluated(8, 2, { batchFirst: true })(N, nested(), N),
    'MultiheadAttention not fast: other value': () => evaluated(8, 2, { batchFirst: true })(N, N, nested()),
    'MultiheadAttention not fast: dtype': () =>
      evaluated(8, 2, { batchFirst: true, dtype: torch.float64 })(N, N, N),
    'MultiheadAttention not fast: dtype without bias': () =>
      evaluated(8, 2, { bias: false, batchFirst: true, dtype: torch.float64 })(N, N, N),
    'MultiheadAttention not fast: kdim': () =>
      evaluated(8, 2, { bias: false, kdim: 6, batchFirst: true })(N, N, N),
    'MultiheadAttention not fast: odd heads': () => evaluated(8, 1, { batchFirst: true })(N, N, N),
    'MultiheadAttention not fast: sequence first': () => evaluated(8, 2)(N, N, N),
    'MultiheadAttention not fast: biasKv': () =>
      evaluated(8, 2, { addBiasKv: true, batchFirst: true })(N, N, N),
    'MultiheadAttention not fast: zeroAttn': () =>
      evaluated(8, 2, { addZeroAttn: true, batchFirst: true })(N, N, N),
    'MultiheadAttention not fast: masks': () =>
      evaluated(8, 2, { batchFirst: true })(N, N, N, { attnMask: zeros(3, 3).bool() }),
    'MultiheadAttention not fast: masks of floats': () => evaluated(8, 2)(N, N, N, { attnMask: zeros(3, 3) }),
    'MultiheadAttention not fast: no bias': () => evaluated(8, 2, { bias: false, batchFirst: true })(N, N, N),
    'MultiheadAttention not fast: switched off': () => switchedOff(evaluated(8, 2, { batchFirst: true })),
  },
};
