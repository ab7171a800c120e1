// Rows of pooling, under the names of their twins in test/fixtures/nn/pooling.py.
import { nn } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

export const pooling: Family = {
  modules: {
    MaxPool1d: () => new nn.MaxPool1d(2),
    MaxPool2d: () => new nn.MaxPool2d(2),
    'MaxPool2d/options': () => new nn.MaxPool2d([3, 2], 2, [1, 0], { dilation: [1, 2], ceilMode: true }),
    'MaxPool2d/indices': () => new nn.MaxPool2d(2, { stride: [2, 1], returnIndices: true }),
    'MaxPool2d/channelsLast': () => new nn.MaxPool2d(2),
    MaxPool3d: () => new nn.MaxPool3d(2, 1),
    AvgPool1d: () => new nn.AvgPool1d(3, { stride: 2, padding: 1 }),
    AvgPool2d: () => new nn.AvgPool2d(2),
    'AvgPool2d/options': () =>
      new nn.AvgPool2d([3, 2], [2, 1], 1, { ceilMode: true, countIncludePad: false, divisorOverride: 5 }),
    AvgPool3d: () => new nn.AvgPool3d(2, 1),
  },
  functionals: {
    maxPool1d: (x) => F.maxPool1d(x, 2, 1),
    'maxPool1d/indices': (x) => F.maxPool1d(x, 2, { returnIndices: true }),
    maxPool2d: (x) => F.maxPool2d(x, 2),
    'maxPool2d/indices': (x) => F.maxPool2d(x, 3, 2, { padding: 1, returnIndices: true }),
    maxPool3d: (x) => F.maxPool3d(x, 2, { ceilMode: true }),
    avgPool1d: (x) => F.avgPool1d(x, 3, 2, 1, { countIncludePad: false }),
    avgPool2d: (x) => F.avgPool2d(x, 2),
    'avgPool2d/divisor': (x) => F.avgPool2d(x, [3, 2], 2, 1, { divisorOverride: 3 }),
    avgPool3d: (x) => F.avgPool3d(x, 2, { ceilMode: true }),
  },
  errors: {
    'MaxPool2d padding': () => new nn.MaxPool2d(2, { padding: 2 })(zeros(1, 1, 4, 4)),
  },
};
