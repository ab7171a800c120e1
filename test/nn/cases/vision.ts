// Rows of pixels, resampling and grids, under the names of their twins in test/fixtures/nn/vision.py.
import torch, { nn, type Tensor } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;
type Functionals = NonNullable<Family['functionals']>;
type Errors = NonNullable<Family['errors']>;
type Mode = nn.functional.InterpolateMode;

const shapes: Record<string, number[]> = { 3: [1, 2, 5], 4: [1, 2, 4, 5], 5: [1, 1, 3, 4, 3] };
const modes: Record<string, Mode[]> = {
  3: ['nearest', 'nearest-exact', 'area', 'linear'],
  4: ['nearest', 'nearest-exact', 'area', 'bilinear', 'bicubic'],
  5: ['nearest', 'nearest-exact', 'area', 'trilinear'],
};

function resampled(ndim: string, mode: Mode): Functionals {
  const size = [3, 7, 5].slice(0, Number(ndim) - 2);
  const name = `interpolate/${ndim}d ${mode}`;
  const rows: Functionals = {
    [`${name} size`]: (x: Tensor) => F.interpolate(x, size, { mode }),
    [`${name} scale`]: (x: Tensor) => F.interpolate(x, { scaleFactor: 1.7, mode }),
  };
  if (!/linear|cubic/.test(mode)) return rows;
  const recompute = { scaleFactor: 0.6, mode, recomputeScaleFactor: true };
  rows[`${name} corners`] = (x: Tensor) => F.interpolate(x, size, null, mode, true);
  rows[`${name} recompute`] = (x: Tensor) => F.interpolate(x, recompute);
  return rows;
}

function antialiased(mode: Mode): Functionals {
  const scaled = { scaleFactor: [0.5, 0.7], mode, antialias: true };
  return {
    [`interpolate/${mode} antialias`]: (x: Tensor) => F.interpolate(x, [3, 2], { mode, antialias: true }),
    [`interpolate/${mode} antialias scales`]: (x: Tensor) => F.interpolate(x, scaled),
  };
}

function sampled(mode: nn.functional.GridSampleMode): Functionals {
  const paddings = ['zeros', 'border', 'reflection'] as const;
  const rows = paddings.map((paddingMode): Functionals => {
    const name = `gridSample/${mode} ${paddingMode}`;
    return {
      [name]: (x: Tensor, g: Tensor) => F.gridSample(x, g, mode, paddingMode, true),
      [`${name} edges`]: (x: Tensor, g: Tensor) =>
        F.gridSample(x, g, { mode, paddingMode, alignCorners: false }),
    };
  });
  return Object.assign({}, ...rows) as Functionals;
}

function refused(ndim: string): Errors {
  const all: Mode[] = ['linear', 'bilinear', 'trilinear', 'bicubic', 'lanczos'];
  const others = all.filter((mode) => !modes[ndim].includes(mode) && (ndim !== '4' || mode !== 'lanczos'));
  const rows = others.map((mode) => [
    `interpolate ${ndim}d ${mode}`,
    () => F.interpolate(zeros(...shapes[ndim]), 3, { mode }),
  ]);
  return Object.fromEntries(rows) as Errors;
}

const image = zeros(1, 2, 4, 4);
const theta = (...shape: number[]): Tensor => zeros(...shape);

export const vision: Family = {
  modules: {
    PixelShuffle: () => new nn.PixelShuffle(2),
    'PixelShuffle/unbatched': () => new nn.PixelShuffle(3),
    PixelUnshuffle: () => new nn.PixelUnshuffle(2),
    'PixelUnshuffle/many': () => new nn.PixelUnshuffle(2),
    ChannelShuffle: () => new nn.ChannelShuffle(2),
    'ChannelShuffle/3d': () => new nn.ChannelShuffle(3),
    Upsample: () => new nn.Upsample({ scaleFactor: 2 }),
    'Upsample/size': () => new nn.Upsample([5, 4]),
    'Upsample/number': () => new nn.Upsample(5, { mode: 'linear' }),
    'Upsample/scales': () => new nn.Upsample(null, [1.5, 2], 'bilinear', { alignCorners: false }),
    'Upsample/corners': () => new nn.Upsample({ scaleFactor: 1.6, mode: 'bicubic', alignCorners: true }),
    'Upsample/recompute': () =>
      new nn.Upsample({ scaleFactor: 1.7, mode: 'trilinear', recomputeScaleFactor: true }),
    UpsamplingNearest2d: () => new nn.UpsamplingNearest2d({ scaleFactor: 2 }),
    'UpsamplingNearest2d/size': () => new nn.UpsamplingNearest2d([3, 5]),
    UpsamplingBilinear2d: () => new nn.UpsamplingBilinear2d({ scaleFactor: 2 }),
    'UpsamplingBilinear2d/size': () => new nn.UpsamplingBilinear2d(5),
  },
  functionals: {
    pixelShuffle: (x) => F.pixelShuffle(x, 2),
    pixelUnshuffle: (x) => F.pixelUnshuffle(x, 2),
    channelShuffle: (x) => F.channelShuffle(x, 3),
    nativeChannelShuffle: (x) => F.nativeChannelShuffle(x, 2),
    interpolate: (x) => F.interpolate(x, 3),
    ...(Object.assign(
      {},
      ...Object.entries(modes).flatMap(([ndim, of]) => of.map((mode) => resampled(ndim, mode))),
    ) as Functionals),
    ...antialiased('bilinear'),
    ...antialiased('bicubic'),
    ...antialiased('lanczos'),
    'interpolate/bilinear antialias corners': (x) =>
      F.interpolate(x, [3, 2], { mode: 'bilinear', antialias: true, alignCorners: true }),
    'interpolate/bytes': (x) =>
      F.interpolate(x.to(torch.uint8), [3, 7], { mode: 'bilinear', antialias: true }),
    upsample: (x) => F.upsample(x, { scaleFactor: 2, mode: 'bilinear', alignCorners: true }),
    upsampleNearest: (x) => F.upsampleNearest(x, [3, 5]),
    upsampleBilinear: (x) => F.upsampleBilinear(x, { scaleFactor: 2 }),
    gridSample: (x, g) => F.gridSample(x, g),
    ...sampled('bilinear'),
    ...sampled('nearest'),
    ...sampled('bicubic'),
    'gridSample/3d': (x, g) => F.gridSample(x, g, { alignCorners: false }),
    'gridSample/3d nearest': (x, g) => F.gridSample(x, g, 'nearest', 'border', { alignCorners: true }),
    affineGrid: (t) => F.affineGrid(t, [2, 1, 3, 4]),
    'affineGrid/corners': (t) => F.affineGrid(t, [2, 1, 3, 4], { alignCorners: true }),
    'affineGrid/3d': (t) => F.affineGrid(t, [1, 1, 2, 3, 2], false),
    'affineGrid/unit': (t) => F.affineGrid(t, [2, 1, 1, 4], { alignCorners: true }),
  },
  errors: {
    'PixelShuffle channels': () => new nn.PixelShuffle(2)(zeros(1, 3, 4, 4)),
    'PixelShuffle dims': () => new nn.PixelShuffle(2)(zeros(4, 4)),
    'PixelShuffle factor': () => new nn.PixelShuffle(-1)(image),
    'PixelUnshuffle size': () => new nn.PixelUnshuffle(3)(image),
    'PixelUnshuffle factor': () => new nn.PixelUnshuffle(0)(image),
    'ChannelShuffle groups': () => new nn.ChannelShuffle(3)(image),
    'ChannelShuffle dims': () => new nn.ChannelShuffle(2)(zeros(4, 4)),
    'nativeChannelShuffle groups': () => F.nativeChannelShuffle(image, 3),
    'Upsample neither': () => new nn.Upsample()(image),
    'Upsample both': () => new nn.Upsample(2, 2)(image),
    'Upsample mode': () => new nn.Upsample(2, { mode: 'linear' })(image),
    'UpsamplingNearest2d neither': () => new nn.UpsamplingNearest2d()(image),
    'UpsamplingBilinear2d dims': () => new nn.UpsamplingBilinear2d(3)(zeros(1, 2, 3)),
    'interpolate align': () => F.interpolate(image, 3, { alignCorners: false }),
    'interpolate size': () => F.interpolate(image, [3, 3, 3]),
    'interpolate float size': () => F.interpolate(image, [3, 3.5]),
    'interpolate scale': () => F.interpolate(image, { scaleFactor: [2, 2, 2.5] }),
    'interpolate recompute': () => F.interpolate(image, 3, { recomputeScaleFactor: true }),
    'interpolate antialias': () => F.interpolate(image, 3, { antialias: true }),
    'interpolate lanczos': () => F.interpolate(image, 3, { mode: 'lanczos' }),
    'interpolate lanczos corners': () =>
      F.interpolate(image, 3, { mode: 'lanczos', alignCorners: true, antialias: true }),
    'interpolate dims': () => F.interpolate(zeros(2, 2), 3),
    'interpolate mode': () => F.interpolate(image, 3, { mode: 'cubic' as 'bicubic' }),
    ...refused('3'),
    ...refused('4'),
    ...refused('5'),
    'interpolate empty': () => F.interpolate(image, 0),
    'upsample neither': () => F.upsample(image),
    'upsampleNearest neither': () => F.upsampleNearest(image),
    'upsampleBilinear dims': () => F.upsampleBilinear(zeros(1, 2, 3), 3),
    'gridSample mode': () => F.gridSample(image, zeros(1, 2, 2, 2), { mode: 'cubic' as 'bicubic' }),
    'gridSample padding': () =>
      F.gridSample(image, zeros(1, 2, 2, 2), { paddingMode: 'circular' as 'border' }),
    'gridSample grid': () => F.gridSample(image, zeros(1, 2, 2, 3)),
    'gridSample batch': () => F.gridSample(image, zeros(2, 2, 2, 2)),
    'gridSample 3d bicubic': () => F.gridSample(zeros(1, 1, 2, 2, 2), zeros(1, 2, 2, 2, 3), 'bicubic'),
    'affineGrid dtype': () => F.affineGrid(theta(1, 2, 3).long(), [1, 1, 2, 2]),
    'affineGrid theta': () => F.affineGrid(theta(1, 2, 2), [1, 1, 2, 2]),
    'affineGrid theta 3d': () => F.affineGrid(theta(1, 2, 3), [1, 1, 2, 2, 2]),
    'affineGrid size': () => F.affineGrid(theta(1, 2, 3), [1, 1, 2]),
    'affineGrid empty': () => F.affineGrid(theta(1, 2, 3), [1, 1, 0, 2]),
  },
};
