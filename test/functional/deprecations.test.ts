// What Python warns of in resampling, grids, embeddings and containers; each warning is shown once.
import torch, { nn } from 'nodetorch';

const F = nn.functional;
const image = torch.zeros([1, 2, 4, 4]);
const theta = torch.zeros([1, 2, 3]);
const alignment =
  'Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please ' +
  'specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.';

test.each([
  [
    'upsample',
    () => F.upsample(image, 2),
    '`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.',
  ],
  [
    'upsampleNearest',
    () => F.upsampleNearest(image, 2),
    '`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.',
  ],
  [
    'upsampleBilinear',
    () => F.upsampleBilinear(image, 2),
    '`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.',
  ],
  ['a grid without alignCorners', () => F.affineGrid(theta, [1, 1, 2, 2]), alignment],
  [
    'a grid of one row',
    () => F.affineGrid(theta, [1, 1, 1, 2], { alignCorners: true }),
    'Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This is ' +
      'not an intended use case of affine_grid. See the documentation of affine_grid for details.',
  ],
  [
    'embeddingBag with its arguments swapped',
    () => F.embeddingBag(torch.zeros([3, 2]), torch.zeros([1, 2], { dtype: torch.int64 })),
    'Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is ' +
      'deprecated, and should now be `embedding_bag(input, weight, ...)`.',
  ],
  [
    'Container',
    () => new nn.Container(),
    '`nn.Container` is deprecated. All of its functionality is now implemented in `nn.Module`. Subclass that ' +
      'instead.',
    'FutureWarning',
  ],
])('%s', (_, call: () => unknown, message: string, category = 'UserWarning') => {
  const emitted = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    call();
    call();
    expect(emitted.mock.calls).toEqual([[message, category]]);
  } finally {
    emitted.mockRestore();
  }
});

test('gridSample and affineGrid share a warning', () => {
  const emitted = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  F.gridSample(image, torch.zeros([1, 2, 2, 2]));
  expect(emitted).not.toHaveBeenCalled();
  emitted.mockRestore();
});
