// Rows of embeddings, under the names of their twins in test/fixtures/nn/sparse.py.
import torch, { nn } from 'nodetorch';
import { ints, zeros, type Family } from './family';

const F = nn.functional;

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
  },
  functionals: {
    embedding: (x, w) => F.embedding(x, w, -1),
    'embedding/maxNorm': (x, w) => F.embedding(x, w, { maxNorm: 0.5 }),
  },
  errors: {
    'Embedding padding': () => new nn.Embedding(5, 2, 5),
    'Embedding padding negative': () => new nn.Embedding(5, 2, -6),
    'Embedding weight': () => new nn.Embedding(5, 2, { _weight: zeros(4, 2) }),
    'Embedding pretrained': () => nn.Embedding.fromPretrained(zeros(4)),
    'Embedding range': () => new nn.Embedding(5, 2)(ints(5n)),
  },
};
