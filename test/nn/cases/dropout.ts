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
    'Dropout/inplace': () => new nn.Sequential(new nn.Linear(5, 4), new nn.Dropout(0.3, { inplace: true })),
    'Dropout2d/3d': () => new nn.Dropout2d(0.4),
    'Dropout3d/unbatched': () => new nn.Dropout3d(0.4),
    AlphaDropout: () => new nn.AlphaDropout(),
    'AlphaDropout/p': () => new nn.AlphaDropout({ p: 0.2 }),
    'AlphaDropout/all': () => new nn.AlphaDropout(1),
    FeatureAlphaDropout: () => new nn.FeatureAlphaDropout(),
    'FeatureAlphaDropout/inplace': () => new nn.FeatureAlphaDropout(0.3, { inplace: true }),
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
    alphaDropout: (x) => F.alphaDropout(x, { training: true }),
    'alphaDropout/default': (x) => F.alphaDropout(x, 0.5),
    'alphaDropout/inplace': (x) => F.alphaDropout(x.mul(1), 0.3, { training: true, inplace: true }),
    featureAlphaDropout: (x) => F.featureAlphaDropout(x, 0.4, { training: true }),
    'featureAlphaDropout/inplace': (x) =>
      F.featureAlphaDropout(x.mul(1), 0.4, { training: true, inplace: true }),
    'dropout/zero': (x) => F.dropout(x, 0),
    'dropout/all': (x) => F.dropout(x, 1),
  },
  errors: {
    'Dropout p': () => new nn.Dropout(1.5),
    'dropout p': () => F.dropout(zeros(2), -1),
    'Dropout1d dims': () => new nn.Dropout1d()(zeros(2)),
    'AlphaDropout p': () => new nn.AlphaDropout(-0.5),
    'FeatureAlphaDropout p': () => new nn.FeatureAlphaDropout(2),
    'FeatureAlphaDropout dims': () => new nn.FeatureAlphaDropout()(zeros(3)),
    'alphaDropout p': () => F.alphaDropout(zeros(2), 1.5),
    'featureAlphaDropout p': () => F.featureAlphaDropout(zeros(2), -1),
    'dropout1d p': () => F.dropout1d(zeros(2, 3), 1.5),
    'dropout2d p': () => F.dropout2d(zeros(1, 2, 3, 3), 1.5),
    'dropout3d p': () => F.dropout3d(zeros(1, 2, 3, 3, 3), 1.5),
  },
};
