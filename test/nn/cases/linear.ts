// Rows of linear layers, under the names of their twins in test/fixtures/nn/linear.py.
import torch, { nn } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

export const linear: Family = {
  modules: {
    Identity: () => new nn.Identity(54, { unused: true }),
    Linear: () => new nn.Linear(4, 3),
    'Linear/bias': () => new nn.Linear(4, 3, { bias: false }),
    'Linear/float64': () => new nn.Linear(4, 3, { dtype: torch.float64 }),
    'Linear/bfloat16': () => new nn.Linear(4, 3, { dtype: 'bfloat16' }),
    'Linear/unbatched': () => new nn.Linear(4, 3),
    'Linear/empty': () => new nn.Linear(4, 3),
  },
  functionals: {
    linear: (x, w, b) => F.linear(x, w, b),
    'linear/bias': (x, w) => F.linear(x, w),
  },
  errors: {
    'Linear shape': () => new nn.Linear(3, 4)(zeros(2, 5)),
  },
};
