// Rows of padding, under the names of their twins in test/fixtures/nn/padding.py.
import { nn } from 'nodetorch';
import type { Family } from './family';

const F = nn.functional;

export const padding: Family = {
  functionals: {
    pad: (x) => F.pad(x, [1, 2]),
    'pad/value': (x) => F.pad(x, [1, 0, -1, 2], 'constant', 2.5),
    'pad/reflect': (x) => F.pad(x, [1, 1], { mode: 'reflect' }),
  },
};
