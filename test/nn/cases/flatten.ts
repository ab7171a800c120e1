// Rows of flattening, under the names of their twins in test/fixtures/nn/flatten.py.
import { nn } from 'nodetorch';
import { zeros, type Family } from './family';

export const flatten: Family = {
  modules: {
    Flatten: () => new nn.Flatten(),
    'Flatten/dims': () => new nn.Flatten(0, 1),
    'Flatten/noncontiguous': () => new nn.Flatten(),
    Unflatten: () => new nn.Unflatten(1, [2, 5]),
    'Flatten/all': () => new nn.Flatten(0),
    'Flatten/vector': () => new nn.Flatten(0),
    'Unflatten/infer': () => new nn.Unflatten(-1, [2, -1]),
    'Unflatten/first': () => new nn.Unflatten(0, [3, 1]),
  },
  errors: {
    'Unflatten size': () => new nn.Unflatten(1, [2, 4])(zeros(2, 9)),
    'Unflatten type': () => new nn.Unflatten(1, 5 as unknown as number[]),
    'Unflatten element': () => new nn.Unflatten(1, [2, 5.5]),
    'Unflatten dim': () => new nn.Unflatten(4, [2, 2])(zeros(2, 4)),
    'Flatten dim': () => new nn.Flatten(3)(zeros(2, 4)),
    'Flatten order': () => new nn.Flatten(1, 0)(zeros(2, 4)),
  },
  spelled: { 'found type int': 'found type number', 'of type float': 'of type number' },
};
