// Rows of losses, under the names of their twins in test/fixtures/nn/loss.py.
import torch, { nn, type Tensor } from 'nodetorch';
import { ints, zeros, type Family } from './family';

const F = nn.functional;
const classWeights = (): Tensor => torch.tensor([1, 2, 0.5]);

export const loss: Family = {
  modules: {
    CrossEntropyLoss: () => new nn.CrossEntropyLoss(),
    'CrossEntropyLoss/options': () =>
      new nn.CrossEntropyLoss(classWeights(), { ignoreIndex: 1, reduction: 'sum', labelSmoothing: 0.1 }),
    'CrossEntropyLoss/none': () => new nn.CrossEntropyLoss({ reduction: 'none' }),
    'CrossEntropyLoss/probabilities': () => new nn.CrossEntropyLoss(),
    NLLLoss: () => new nn.NLLLoss({ ignoreIndex: 2 }),
    'NLLLoss/weight': () => new nn.NLLLoss(classWeights()),
    MSELoss: () => new nn.MSELoss(),
    'MSELoss/sum': () => new nn.MSELoss({ reduction: 'sum' }),
    'MSELoss/broadcast': () => new nn.MSELoss({ reduction: 'none' }),
    L1Loss: () => new nn.L1Loss(),
    BCEWithLogitsLoss: () => new nn.BCEWithLogitsLoss(),
    'BCEWithLogitsLoss/weight': () =>
      new nn.BCEWithLogitsLoss({
        weight: torch.tensor([1, 2, 0.5, 3]),
        reduction: 'none',
        posWeight: torch.tensor([2, 1, 1, 0.5]),
      }),
  },
  functionals: {
    crossEntropy: (x, t) => F.crossEntropy(x, t),
    'crossEntropy/options': (x, t) =>
      F.crossEntropy(x, t, torch.tensor([1, 2, 3]), {
        ignoreIndex: 0,
        reduction: 'none',
        labelSmoothing: 0.2,
      }),
    'crossEntropy/legacy': (x, t) => F.crossEntropy(x, t, { sizeAverage: false }),
    nllLoss: (x, t) => F.nllLoss(x, t, { reduction: 'sum' }),
    mseLoss: (x, y) => F.mseLoss(x, y),
    'mseLoss/weight': (x, y, weight) => F.mseLoss(x, y, { weight }),
    'mseLoss/legacy': (x, y) => F.mseLoss(x, y, { reduce: false }),
    l1Loss: (x, y) => F.l1Loss(x, y, { reduction: 'none' }),
    'l1Loss/weight': (x, y, weight) => F.l1Loss(x, y, { reduction: 'sum', weight }),
    binaryCrossEntropyWithLogits: (x, y) =>
      F.binaryCrossEntropyWithLogits(x, y, { posWeight: torch.tensor(2) }),
  },
  errors: {
    'CrossEntropyLoss reduction': () =>
      new nn.CrossEntropyLoss({ reduction: 'average' as 'mean' })(zeros(2, 3), ints(0n, 1n)),
    'CrossEntropyLoss target': () => new nn.CrossEntropyLoss()(zeros(2, 3), ints(0n, 3n)),
    'MSELoss sizes': () => new nn.MSELoss()(zeros(2, 3), zeros(4)),
    'mse_loss weight': () => F.mseLoss(zeros(2, 3), zeros(2, 3), { weight: zeros(3) }),
    'BCEWithLogitsLoss sizes': () => new nn.BCEWithLogitsLoss()(zeros(2, 3), zeros(2)),
  },
};
