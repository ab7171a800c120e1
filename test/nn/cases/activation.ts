// Rows of activations, under the names of their twins in test/fixtures/nn/activation.py.
import torch, { nn } from 'nodetorch';
import type { Family } from './family';

const F = nn.functional;

export const activation: Family = {
  modules: {
    ReLU: () => new nn.ReLU(),
    'ReLU/inplace': () => new nn.Sequential(new nn.Linear(4, 3), new nn.ReLU({ inplace: true })),
    GELU: () => new nn.GELU(),
    'GELU/tanh': () => new nn.GELU('tanh'),
    Sigmoid: () => new nn.Sigmoid(),
    Tanh: () => new nn.Tanh(),
    Softmax: () => new nn.Softmax(1),
    'Softmax/implicit': () => new nn.Softmax(),
    Softmin: () => new nn.Softmin({ dim: 0 }),
    LogSoftmax: () => new nn.LogSoftmax({ dim: -1 }),
  },
  functionals: {
    relu: (x) => F.relu(x),
    'relu/inplace': (x) => F.relu(x.mul(2), { inplace: true }),
    gelu: (x) => F.gelu(x),
    'gelu/tanh': (x) => F.gelu(x, { approximate: 'tanh' }),
    sigmoid: (x) => F.sigmoid(x),
    tanh: (x) => F.tanh(x),
    softmax: (x) => F.softmax(x, 1),
    'softmax/dtype': (x) => F.softmax(x, { dim: 0, dtype: torch.float64 }),
    softmin: (x) => F.softmin(x, -1),
    logSoftmax: (x) => F.logSoftmax(x, { dim: 1 }),
    'logSoftmax/implicit': (x) => F.logSoftmax(x),
  },
};
