// Rows of convolutions, under the names of their twins in test/fixtures/nn/conv.py.
import torch, { nn } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

export const conv: Family = {
  modules: {
    Conv1d: () => new nn.Conv1d(4, 6, 3),
    'Conv1d/circular': () => new nn.Conv1d(2, 3, 3, { padding: 2, paddingMode: 'circular' }),
    'Conv1d/unbatched': () => new nn.Conv1d(2, 3, 3),
    Conv2d: () => new nn.Conv2d(3, 4, 3),
    'Conv2d/options': () =>
      new nn.Conv2d(4, 6, [3, 2], {
        stride: [2, 1],
        padding: [1, 0],
        dilation: [1, 2],
        groups: 2,
        bias: false,
      }),
    'Conv2d/positional': () => new nn.Conv2d(2, 3, 3, 2, 1),
    'Conv2d/same': () => new nn.Conv2d(2, 3, [4, 3], { padding: 'same' }),
    'Conv2d/valid': () => new nn.Conv2d(2, 3, 3, { padding: 'valid' }),
    'Conv2d/reflect': () => new nn.Conv2d(2, 3, 3, { padding: 1, paddingMode: 'reflect' }),
    'Conv2d/replicate': () =>
      new nn.Conv2d(2, 3, [2, 4], { padding: 'same', dilation: 2, paddingMode: 'replicate' }),
    'Conv2d/depthwise': () => new nn.Conv2d(4, 8, 3, { groups: 4 }),
    'Conv2d/channelsLast': () => new nn.Conv2d(3, 4, 3),
    'Conv2d/float64': () => new nn.Conv2d(3, 4, 3, { dtype: torch.float64 }),
    Conv3d: () => new nn.Conv3d(2, 3, [2, 3, 2], { padding: 1 }),
    'Conv3d/same': () => new nn.Conv3d(2, 2, 3, { padding: 'same', bias: false }),
  },
  functionals: {
    conv1d: (x, w, b) => F.conv1d(x, w, b, 2, 1),
    conv2d: (x, w) => F.conv2d(x, w),
    'conv2d/options': (x, w, b) => F.conv2d(x, w, b, { stride: 2, padding: [2, 1], dilation: 2, groups: 3 }),
    'conv2d/same': (x, w) => F.conv2d(x, w, null, { padding: 'same' }),
    conv3d: (x, w) => F.conv3d(x, w, null, 1, 1),
  },
  errors: {
    'Conv2d groups 0': () => new nn.Conv2d(2, 2, 1, { groups: 0 }),
    'Conv2d in_channels': () => new nn.Conv2d(3, 4, 1, { groups: 2 }),
    'Conv2d out_channels': () => new nn.Conv2d(4, 3, 1, { groups: 2 }),
    'Conv2d same strided': () => new nn.Conv2d(2, 2, 3, { stride: 2, padding: 'same' }),
    'Conv2d channels': () => new nn.Conv2d(3, 4, 3)(zeros(1, 2, 5, 5)),
    'Conv2d small': () => new nn.Conv2d(3, 4, 7)(zeros(1, 3, 5, 5)),
  },
};
