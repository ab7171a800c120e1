// Rows of folding, under the names of their twins in test/fixtures/nn/fold.py.
import { nn } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

export const fold: Family = {
  modules: {
    Unfold: () => new nn.Unfold(2),
    'Unfold/options': () => new nn.Unfold([2, 3], { dilation: [2, 1], padding: 1, stride: [2, 1] }),
    'Unfold/positional': () => new nn.Unfold(2, 2, 1, 3),
    'Unfold/unbatched': () => new nn.Unfold(2),
    Fold: () => new nn.Fold([3, 4], 2),
    'Fold/options': () => new nn.Fold([5, 4], [2, 3], { dilation: [2, 1], padding: 1, stride: [2, 1] }),
    'Fold/unbatched': () => new nn.Fold(3, 2),
  },
  functionals: {
    unfold: (x) => F.unfold(x, [2, 3]),
    'unfold/options': (x) => F.unfold(x, 2, { dilation: 2, padding: [1, 0], stride: 2 }),
    fold: (x) => F.fold(x, [3, 4], [2, 3]),
    'fold/options': (x) => F.fold(x, [4, 6], 2, { dilation: 2, padding: [1, 0], stride: 2 }),
  },
  errors: {
    'Unfold dims': () => new nn.Unfold(2)(zeros(3, 4)),
    'Unfold large': () => new nn.Unfold(5)(zeros(1, 2, 3, 4)),
    'Unfold stride': () => new nn.Unfold(2, { stride: 0 })(zeros(1, 2, 3, 4)),
    'Unfold kernel': () => new nn.Unfold([2, 2, 2])(zeros(1, 2, 3, 4)),
    'Fold dims': () => new nn.Fold(3, 2)(zeros(1, 1, 8, 4)),
    'Fold channels': () => new nn.Fold(3, 2)(zeros(1, 7, 4)),
    'Fold windows': () => new nn.Fold(3, 2)(zeros(1, 8, 5)),
    'fold kernel': () => F.fold(zeros(1, 8, 4), 3, 0),
  },
};
