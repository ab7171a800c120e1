// Rows of normalization, under the names of their twins in test/fixtures/nn/normalization.py.
import torch, { nn } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

export const normalization: Family = {
  modules: {
    BatchNorm1d: () => new nn.BatchNorm1d(3),
    'BatchNorm1d/momentum': () => new nn.BatchNorm1d(3, { eps: 1e-3, momentum: null }),
    BatchNorm2d: () => new nn.BatchNorm2d(3),
    'BatchNorm2d/affine': () => new nn.BatchNorm2d(3, { affine: false, momentum: 0.3 }),
    'BatchNorm2d/bias': () => new nn.BatchNorm2d(3, { bias: false }),
    'BatchNorm2d/stats': () => new nn.BatchNorm2d(3, { trackRunningStats: false }),
    'BatchNorm2d/bfloat16': () => new nn.BatchNorm2d(3, { dtype: torch.bfloat16 }),
    BatchNorm3d: () => new nn.BatchNorm3d(2),
    LayerNorm: () => new nn.LayerNorm(5),
    'LayerNorm/shape': () => new nn.LayerNorm([4, 5], 1e-6),
    'LayerNorm/affine': () => new nn.LayerNorm(5, { elementwiseAffine: false }),
    'LayerNorm/bias': () => new nn.LayerNorm(5, { bias: false }),
  },
  functionals: {
    batchNorm: (x) => F.batchNorm(x, torch.zeros([3]), torch.ones([3])),
    'batchNorm/training': (x, w, b) =>
      F.batchNorm(x, null, null, w, b, { training: true, momentum: 0.2, eps: 1e-3 }),
    layerNorm: (x) => F.layerNorm(x, [4]),
    'layerNorm/weight': (x, w, b) => F.layerNorm(x, [2, 4], w, b, 1e-3),
  },
  errors: {
    'BatchNorm1d dims': () => new nn.BatchNorm1d(3)(zeros(2, 3, 4, 5)),
    'BatchNorm2d dims': () => new nn.BatchNorm2d(3)(zeros(2, 3, 4)),
    'BatchNorm3d dims': () => new nn.BatchNorm3d(3)(zeros(2, 3)),
    'BatchNorm1d one value': () => new nn.BatchNorm1d(3)(zeros(1, 3)),
    'BatchNorm1d eps': () => new nn.BatchNorm1d(3, { eps: 0 })(zeros(2, 3)),
    'batch_norm eps': () => F.batchNorm(zeros(2, 3), zeros(3), zeros(3), { eps: -1 }),
    'BatchNorm1d channels': () => new nn.BatchNorm1d(3)(zeros(2, 4)),
    'LayerNorm shape': () => new nn.LayerNorm(3)(zeros(2, 4)),
  },
};
