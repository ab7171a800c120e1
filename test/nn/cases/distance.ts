// Rows of distances, under the names of their twins in test/fixtures/nn/distance.py.
import torch, { nn } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

export const distance: Family = {
  modules: {
    PairwiseDistance: () => new nn.PairwiseDistance(),
    'PairwiseDistance/options': () => new nn.PairwiseDistance({ p: 1.5, eps: 1e-3, keepdim: true }),
    'PairwiseDistance/unbatched': () => new nn.PairwiseDistance(1),
    'PairwiseDistance/broadcast': () => new nn.PairwiseDistance(Infinity),
    CosineSimilarity: () => new nn.CosineSimilarity(),
    'CosineSimilarity/dim': () => new nn.CosineSimilarity({ dim: 0, eps: 1e-3 }),
    'CosineSimilarity/broadcast': () => new nn.CosineSimilarity(2),
  },
  functionals: {
    pairwiseDistance: (x, y) => F.pairwiseDistance(x, y),
    'pairwiseDistance/options': (x, y) => F.pairwiseDistance(x, y, 3, 1e-4, { keepdim: true }),
    cosineSimilarity: (x, y) => F.cosineSimilarity(x, y),
    'cosineSimilarity/dim': (x, y) => F.cosineSimilarity(x, y, { dim: -2, eps: 0.5 }),
    'cosineSimilarity/zero': (x, y) => F.cosineSimilarity(x.mul(0), y),
    pdist: (x) => F.pdist(x),
    'pdist/p': (x) => F.pdist(x, 1),
    'pdist/infinity': (x) => F.pdist(x, { p: Infinity }),
    'pdist/zero': (x) => F.pdist(x, { p: 0 }),
  },
  errors: {
    'PairwiseDistance sizes': () => new nn.PairwiseDistance()(zeros(3, 4), zeros(3, 5)),
    'CosineSimilarity sizes': () => new nn.CosineSimilarity()(zeros(3, 4), zeros(3, 5)),
    'CosineSimilarity dim': () => new nn.CosineSimilarity(5)(zeros(3, 4), zeros(3, 4)),
    'CosineSimilarity dtype': () => new nn.CosineSimilarity()(zeros(3, 4).long(), zeros(3, 4).long()),
    'pdist dims': () => F.pdist(zeros(3)),
    'pdist dtype': () => F.pdist(torch.zeros([3, 2], { dtype: torch.int64 })),
    'pdist p': () => F.pdist(zeros(3, 2), -1),
  },
};
