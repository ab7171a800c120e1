// Rows of flattening, under the names of their twins in test/fixtures/nn/flatten.py.
import { nn } from 'nodetorch';
import { zeros, type Family } from './family';

export const flatten: Family = {
  modules: {
    Flatten: () => new nn.Flatten(),
    'Flatten/dims': () => new nn.Flatten(0, 1),
    'Flatten/noncontiguous': () => new nn.Flatten(),
    Unflatten: () => new nn.Unflatten(1, [2, 5]),
  },
  errors: {
    'Unflatten size': () => new nn.Unflatten(1, [2, 4])(zeros(2, 9)),
  },
};
