// Rows of dropout, under the names of their twins in test/fixtures/nn/dropout.py.
import { nn } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

export const dropout: Family = {
  modules: {
    Dropout: () => new nn.Dropout(),
    'Dropout/p': () => new nn.Dropout(0.2),
    Dropout1d: () => new nn.Dropout1d(0.4),
    'Dropout1d/unbatched': () => new nn.Dropout1d({ p: 0.4 }),
    Dropout2d: () => new nn.Dropout2d(0.4),
    Dropout3d: () => new nn.Dropout3d(0.4),
  },
  functionals: {
    dropout: (x) => F.dropout(x),
    'dropout/p': (x) => F.dropout(x, 0.3, { training: true }),
    'dropout/eval': (x) => F.dropout(x, 0.3, { training: false }),
    'dropout/inplace': (x) => F.dropout(x.mul(1), { p: 0.3, inplace: true }),
    dropout1d: (x) => F.dropout1d(x, 0.5),
    'dropout1d/inplace': (x) => F.dropout1d(x.mul(1), 0.5, { inplace: true }),
    dropout2d: (x) => F.dropout2d(x, 0.5),
    'dropout2d/3d': (x) => F.dropout2d(x, 0.5),
    dropout3d: (x) => F.dropout3d(x, 0.5),
  },
  errors: {
    'Dropout p': () => new nn.Dropout(1.5),
    'dropout p': () => F.dropout(zeros(2), -1),
    'Dropout1d dims': () => new nn.Dropout1d()(zeros(2)),
  },
};
