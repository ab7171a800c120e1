// Pixels moved about, and sampled on a grid.
import * as aten from '../tensor/aten';
import { TorchError, valueError, argumentError } from '../core/errors';
import type { Tensor } from '../tensor';
import { tensor } from '../tensor/kinds';
import { warn } from '../core/warn';
import { number, value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { sizeText } from '../core/size_text';

const SHUFFLE = signature('pixelShuffle', [tensor('input'), number('upscaleFactor')], {});
const UNSHUFFLE = signature('pixelUnshuffle', [tensor('input'), number('downscaleFactor')], {});
const CHANNELS = [tensor('input'), number('groups')] as const;
const CHANNEL_SHUFFLE = signature('channelShuffle', CHANNELS, {});
const NATIVE_SHUFFLE = signature('nativeChannelShuffle', CHANNELS, {});

/** Shape: `(*, C r², H, W)` to `(*, C, H r, W r)`, with `r` = `upscaleFactor` (Shi et al., 2016). */
export function pixelShuffle(...args: Call<typeof SHUFFLE, [input: Tensor, upscaleFactor: number]>): Tensor {
  const [input, upscaleFactor] = SHUFFLE.bind(args);
  return aten.pixelShuffle(input, upscaleFactor);
}

/** The inverse of {@link pixelShuffle}. Shape: `(*, C, H r, W r)` to `(*, C r², H, W)`. */
export function pixelUnshuffle(
  ...args: Call<typeof UNSHUFFLE, [input: Tensor, downscaleFactor: number]>
): Tensor {
  const [input, downscaleFactor] = UNSHUFFLE.bind(args);
  return aten.pixelUnshuffle(input, downscaleFactor);
}

/** Deals the channels out to groups and gathers them again, transposed. Shape: `(N, C, *)`. */
export function channelShuffle(
  ...args: Call<typeof CHANNEL_SHUFFLE, [input: Tensor, groups: number]>
): Tensor {
  const [input, groups] = CHANNEL_SHUFFLE.bind(args);
  return aten.channelShuffle(input, groups);
}

/** The kernel behind {@link channelShuffle}. */
export function nativeChannelShuffle(
  ...args: Call<typeof NATIVE_SHUFFLE, [input: Tensor, groups: number]>
): Tensor {
  const [input, groups] = NATIVE_SHUFFLE.bind(args);
  return aten.nativeChannelShuffle(input, groups);
}

const gridModes = ['bilinear', 'nearest', 'bicubic'] as const;
const gridPaddings = ['zeros', 'border', 'reflection'] as const;
/** How values between pixels are made. */
export type GridSampleMode = (typeof gridModes)[number];
/** What is outside of the input. */
export type GridSamplePaddingMode = (typeof gridPaddings)[number];

/** Options of `F.gridSample`. */
export interface GridSampleOptions {
  /** How values between pixels are made. Default: `'bilinear'`, which for 5-d input is trilinear. */
  mode?: GridSampleMode;
  /** What is outside the input. Default: `'zeros'`. */
  paddingMode?: GridSamplePaddingMode;
  /** Whether -1 and 1 are the centres of the corner pixels, not their outer edges. Default: `false`. */
  alignCorners?: boolean | null;
}
const GRID_SAMPLE: Required<GridSampleOptions> = {
  mode: 'bilinear',
  paddingMode: 'zeros',
  alignCorners: null,
};
const GRID_SAMPLE_CALL = signature('gridSample', [tensor('input'), tensor('grid')], GRID_SAMPLE);

function resolveAlign(alignCorners: boolean | null): boolean {
  if (alignCorners === null) {
    warn(
      'Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please ' +
        'specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for ' +
        'details.',
    );
  }
  return alignCorners ?? false;
}

/**
 * Values of the input at the places of `grid`, whose last dimension is `(x, y)` or `(x, y, z)` from -1 to 1.
 *
 * Shapes: input `(N, C, H, W)`, grid `(N, Hout, Wout, 2)`, output `(N, C, Hout, Wout)`; or with depth.
 *
 * @throws ValueError for another mode or padding mode.
 */
export function gridSample(
  ...args: Call<
    typeof GRID_SAMPLE_CALL,
    [input: Tensor, grid: Tensor],
    [mode: GridSampleMode, paddingMode: GridSamplePaddingMode, alignCorners: boolean | null]
  >
): Tensor {
  const [input, grid, given] = GRID_SAMPLE_CALL.bind(args);
  const modeNumber = gridModes.indexOf(given.mode);
  if (modeNumber < 0) {
    throw valueError(
      "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: " +
        `'${String(given.mode)}'`,
    );
  }
  const paddingNumber = gridPaddings.indexOf(given.paddingMode);
  if (paddingNumber < 0) {
    throw valueError(
      "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: " +
        `'${String(given.paddingMode)}'`,
    );
  }
  return aten.gridSampler(input, grid, modeNumber, paddingNumber, resolveAlign(given.alignCorners));
}

/** Options of `F.affineGrid`. */
export type AffineGridOptions = Pick<GridSampleOptions, 'alignCorners'>;
const AFFINE_GRID: Required<AffineGridOptions> = { alignCorners: null };
const AFFINE_GRID_CALL = signature(
  'affineGrid',
  [tensor('theta'), value<readonly number[]>()('size')],
  AFFINE_GRID,
);

// The spatial part of `size`.
function checkAffine(theta: Tensor, size: readonly number[]): readonly number[] {
  if (!Array.isArray(size)) throw argumentError('affineGrid', 'size', 'an array of numbers', size);
  const text = `[${size.join(', ')}]`;
  if (!theta.isFloatingPoint())
    throw valueError(`Expected theta to have floating point type, but got ${theta.dtype}`);
  const n = size.length - 2;
  if (n !== 2 && n !== 3) {
    throw new TorchError(
      'affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size ' +
        `${text}.`,
      'NotImplementedError',
    );
  }
  const { shape } = theta;
  if (shape.length !== 3 || shape[1] !== n || shape[2] !== n + 1) {
    throw valueError(
      `Expected a batch of ${n}D affine matrices of shape Nx${n}x${n + 1} for size ${text}. Got ${sizeText(shape)}.`,
    );
  }
  return size.slice(2);
}

/**
 * The grid for {@link gridSample} that an affine map of the output's places makes.
 *
 * Shapes: theta `(N, 2, 3)` and size `[N, C, H, W]` give `(N, H, W, 2)`; `(N, 3, 4)` with depth.
 *
 * @throws ValueError when `theta` does not suit `size`.
 */
export function affineGrid(
  ...args: Call<
    typeof AFFINE_GRID_CALL,
    [theta: Tensor, size: readonly number[]],
    [alignCorners: boolean | null]
  >
): Tensor {
  const [theta, size, { alignCorners }] = AFFINE_GRID_CALL.bind(args);
  const align = resolveAlign(alignCorners);
  const spatial = checkAffine(theta, size);
  if (align && Math.min(...spatial) === 1) {
    warn(
      'Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This ' +
        'is not an intended use case of affine_grid. See the documentation of affine_grid for details.',
    );
  } else if (Math.min(...size) <= 0) {
    throw valueError(`Expected non-zero, positive output size. Got [${size.join(', ')}]`);
  }
  return aten.affineGridGenerator(theta, size, align);
}
