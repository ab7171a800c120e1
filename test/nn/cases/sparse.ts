// Rows of embeddings, under the names of their twins in test/fixtures/nn/sparse.py.
import torch, { nn, type Tensor } from 'nodetorch';
import { ints, zeros, type Family } from './family';

const F = nn.functional;

const whole = (...shape: number[]): Tensor => torch.zeros(shape, { dtype: torch.int64 });
const six = (): Tensor => torch.arange(0, 6, { dtype: torch.float32 }).reshape([3, 2]);

export const sparse: Family = {
  modules: {
    Embedding: () => new nn.Embedding(7, 3),
    'Embedding/padding': () => new nn.Embedding(7, 3, -2),
    'Embedding/maxNorm': () =>
      new nn.Embedding(7, 3, { maxNorm: 0.75, normType: 1.5, scaleGradByFreq: true }),
    'Embedding/sparse': () => new nn.Embedding(7, 3, { sparse: true }),
    'Embedding/pretrained': () =>
      nn.Embedding.fromPretrained(
        torch.tensor([
          [0, 1],
          [2, 3],
          [4, 5],
        ]),
      ),
    'Embedding/paddingFirst': () => new nn.Embedding(7, 3, { paddingIdx: 0, dtype: torch.float64 }),
    EmbeddingBag: () => new nn.EmbeddingBag(7, 3),
    'EmbeddingBag/sum': () => new nn.EmbeddingBag(7, 3, { mode: 'sum' }),
    'EmbeddingBag/sumPadding': () => new nn.EmbeddingBag(7, 3, { mode: 'sum', paddingIdx: -2 }),
    'EmbeddingBag/mean': () => new nn.EmbeddingBag(7, 3, { mode: 'mean' }),
    'EmbeddingBag/meanPadding': () => new nn.EmbeddingBag(7, 3, { mode: 'mean', paddingIdx: -2 }),
    'EmbeddingBag/max': () => new nn.EmbeddingBag(7, 3, { mode: 'max' }),
    'EmbeddingBag/maxPadding': () => new nn.EmbeddingBag(7, 3, { mode: 'max', paddingIdx: -2 }),
    'EmbeddingBag/weights': () => new nn.EmbeddingBag(7, 3, { mode: 'sum' }),
    'EmbeddingBag/weights2d': () => new nn.EmbeddingBag(7, 3, { mode: 'sum', paddingIdx: 0 }),
    'EmbeddingBag/lastOffset': () => new nn.EmbeddingBag(7, 3, { includeLastOffset: true }),
    'EmbeddingBag/maxNorm': () => new nn.EmbeddingBag(7, 3, 0.75, { normType: 1.5, scaleGradByFreq: true }),
    'EmbeddingBag/sparse': () => new nn.EmbeddingBag(7, 3, { sparse: true, mode: 'sum' }),
    'EmbeddingBag/pretrained': () => nn.EmbeddingBag.fromPretrained(six(), { mode: 'max' }),
    'EmbeddingBag/thawed': () => nn.EmbeddingBag.fromPretrained(six(), { freeze: false }),
  },
  functionals: {
    embedding: (x, w) => F.embedding(x, w, -1),
    'embedding/maxNorm': (x, w) => F.embedding(x, w, { maxNorm: 0.5 }),
    embeddingBag: (x, w) => F.embeddingBag(x, w),
    'embeddingBag/offsets': (x, w, o) => F.embeddingBag(x, w, o, { mode: 'sum' }),
    'embeddingBag/weights': (x, w, perSampleWeights) =>
      F.embeddingBag(x, w, { mode: 'sum', perSampleWeights }),
    'embeddingBag/swapped': (x, w) => F.embeddingBag(w, x),
    'embeddingBag/int32': (x, w) => F.embeddingBag(x.int(), w, { mode: 'max', paddingIdx: 1 }),
    oneHot: (x) => F.oneHot(x),
    'oneHot/classes': (x) => F.oneHot(x, { numClasses: 5 }),
  },
  errors: {
    'Embedding padding': () => new nn.Embedding(5, 2, 5),
    'Embedding padding negative': () => new nn.Embedding(5, 2, -6),
    'Embedding weight': () => new nn.Embedding(5, 2, { _weight: zeros(4, 2) }),
    'Embedding pretrained': () => nn.Embedding.fromPretrained(zeros(4)),
    'Embedding range': () => new nn.Embedding(5, 2)(ints(5n)),
    'EmbeddingBag padding': () => new nn.EmbeddingBag(5, 2, { paddingIdx: 5 }),
    'EmbeddingBag padding negative': () => new nn.EmbeddingBag(5, 2, { paddingIdx: -6 }),
    'EmbeddingBag weight': () => new nn.EmbeddingBag(5, 2, { _weight: zeros(4, 2) }),
    'EmbeddingBag pretrained': () => nn.EmbeddingBag.fromPretrained(zeros(4)),
    'EmbeddingBag mode': () => new nn.EmbeddingBag(5, 2, { mode: 'min' as 'max' })(whole(2, 2)),
    'EmbeddingBag max freq': () =>
      new nn.EmbeddingBag(5, 2, { mode: 'max', scaleGradByFreq: true })(whole(2, 2)),
    'EmbeddingBag max sparse': () => new nn.EmbeddingBag(5, 2, { mode: 'max', sparse: true })(whole(2, 2)),
    'EmbeddingBag offsets missing': () => new nn.EmbeddingBag(5, 2)(ints(1n)),
    'EmbeddingBag offsets dims': () => new nn.EmbeddingBag(5, 2)(ints(1n), whole(1, 1)),
    'EmbeddingBag offsets 2d': () => new nn.EmbeddingBag(5, 2)(whole(2, 2), ints(0n)),
    'EmbeddingBag offsets first': () => new nn.EmbeddingBag(5, 2)(ints(1n, 2n), ints(1n)),
    'EmbeddingBag dims': () => new nn.EmbeddingBag(5, 2)(whole(2, 2, 2)),
    'EmbeddingBag weights mode': () => new nn.EmbeddingBag(5, 2)(whole(2, 2), null, torch.ones([2, 2])),
    'EmbeddingBag weights shape': () =>
      new nn.EmbeddingBag(5, 2, { mode: 'sum' })(whole(2, 2), null, torch.ones([2, 3])),
    'embeddingBag weight dims': () => F.embeddingBag(whole(2, 2), zeros(3)),
    'oneHot negative': () => F.oneHot(ints(-1n)),
    'oneHot classes': () => F.oneHot(ints(3n), 2),
    'oneHot dtype': () => F.oneHot(zeros(2)),
  },
};
