// Resampling to another size.
import * as aten from '../tensor/aten';
import { TorchError, TorchTypeError, valueError, checkSize } from '../core/errors';
import type { Tensor } from '../tensor';
import { tensor } from '../tensor/kinds';
import { warn } from '../core/warn';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from './pooling/adaptive_pooling';
import type { Size } from './conv/conv';
import { type Call, type Spelled, signature } from '../core/signature';
import { repr } from '../tensor/repr';

/** How values between pixels are made. */
export type InterpolateMode =
  'nearest' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area' | 'nearest-exact' | 'lanczos';

/** Options of `F.upsample`. */
export interface UpsampleOptions {
  /** Sizes of the spatial dimensions of the output. This or `scaleFactor` must be given. */
  size?: Size | null;
  /** What the spatial dimensions are multiplied by. */
  scaleFactor?: Size | null;
  /** Default: `'nearest'`. `'linear'` takes 3-d input, `'trilinear'` 5-d, the other ones of its kind 4-d. */
  mode?: InterpolateMode;
  /** Whether the corner pixels keep their values; for the modes that end in -linear or -cubic. Default: `false`. */
  alignCorners?: boolean | null;
}
/** Options of `F.interpolate`. */
export interface InterpolateOptions extends UpsampleOptions {
  /** Whether the scale is computed anew from the rounded size of the output. Default: `false`. */
  recomputeScaleFactor?: boolean | null;
  /** Whether to blur before shrinking; for `'bilinear'`, `'bicubic'` and `'lanczos'`. Default: `false`. */
  antialias?: boolean;
}
export const UPSAMPLE: Required<UpsampleOptions> = {
  size: null,
  scaleFactor: null,
  mode: 'nearest',
  alignCorners: null,
};
const INTERPOLATE: Required<InterpolateOptions> = {
  ...UPSAMPLE,
  recomputeScaleFactor: null,
  antialias: false,
};
type UpsamplePlaces = [
  size: Size | null,
  scaleFactor: Size | null,
  mode: InterpolateMode,
  alignCorners: boolean | null,
];
const INTERPOLATE_CALL = signature('interpolate', [tensor('input')], INTERPOLATE);
const UPSAMPLE_CALL = signature('upsample', [tensor('input')], UPSAMPLE);

type Sizes = readonly number[] | null;
type Resample = (input: Tensor, size: Sizes, align: boolean, scales: Sizes) => Tensor;

// By the number of dimensions and the mode.
const operators: Record<string, Resample> = {
  '3 nearest': (input, size, _, scales) => aten.upsampleNearest1d(input, size, scales),
  '4 nearest': (input, size, _, scales) => aten.upsampleNearest2d(input, size, scales),
  '5 nearest': (input, size, _, scales) => aten.upsampleNearest3d(input, size, scales),
  '3 nearest-exact': (input, size, _, scales) => aten._upsampleNearestExact1d(input, size, scales),
  '4 nearest-exact': (input, size, _, scales) => aten._upsampleNearestExact2d(input, size, scales),
  '5 nearest-exact': (input, size, _, scales) => aten._upsampleNearestExact3d(input, size, scales),
  '3 area': (input, size) => adaptiveAvgPool1d(input, size as Size),
  '4 area': (input, size) => adaptiveAvgPool2d(input, size as Size),
  '5 area': (input, size) => adaptiveAvgPool3d(input, size as Size),
  '3 linear': (...args) => aten.upsampleLinear1d(...args),
  '4 bilinear': (...args) => aten.upsampleBilinear2d(...args),
  '5 trilinear': (...args) => aten.upsampleTrilinear3d(...args),
  '4 bicubic': (...args) => aten.upsampleBicubic2d(...args),
  '4 bilinear antialias': (...args) => aten._upsampleBilinear2dAa(...args),
  '4 bicubic antialias': (...args) => aten._upsampleBicubic2dAa(...args),
  '4 lanczos antialias': (...args) => aten._upsampleLanczos2dAa(...args),
};

const neededDimensions: Partial<Record<InterpolateMode, number>> = { linear: 3, bilinear: 4, trilinear: 5 };

function noOperator(ndim: number, mode: InterpolateMode): Error {
  const needed = neededDimensions[mode];
  const message =
    needed !== undefined && ndim >= 3 && ndim <= 5
      ? `Got ${ndim}D input, but ${mode} mode needs ${needed}D input`
      : `Input Error: Only 3D, 4D and 5D input Tensors supported (got ${ndim}D) for the modes: nearest | linear | ` +
        `bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got ${mode})`;
  return new TorchError(message, 'NotImplementedError');
}

// One number for each spatial dimension.
function spread(input: Tensor, value: Size, kind: 'size' | 'scale'): readonly number[] {
  checkSize('interpolate', kind === 'size' ? 'size' : 'scaleFactor', value);
  const spatial = input.shape.slice(2);
  const n = input.dim() - 2;
  if (typeof value === 'number') return new Array<number>(Math.max(n, 0)).fill(value);
  if (value.length === n) return value;
  const [what, shown, formatted] =
    kind === 'size'
      ? ['output', `output size of ${repr(value)}`, 'output size in (o1, o2, ...,oK)']
      : ['scale_factor', `scale_factor of shape ${repr(value)}`, 'scale_factor in (s1, s2, ...,sK)'];
  throw valueError(
    `Input and ${what} must have the same number of spatial dimensions, but got input with spatial dimensions ` +
      `of [${spatial.join(', ')}] and ${shown}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and ` +
      `${formatted} format.`,
  );
}

function checkWhole(sizes: readonly unknown[]): void {
  if (sizes.every(Number.isInteger)) return;
  const types = sizes.map((size) => (Number.isInteger(size) ? "<class 'int'>" : "<class 'float'>"));
  throw new TorchTypeError(
    'expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got size with ' +
      `types [${types.join(', ')}]`,
  );
}

// The sizes and the scales for the operator, of which one is `null`.
function resolve(input: Tensor, given: Required<InterpolateOptions>): [Sizes, Sizes] {
  const { size, scaleFactor, mode, recomputeScaleFactor } = given;
  if (size !== null && scaleFactor !== null)
    throw valueError('only one of size or scale_factor should be defined');
  if (size !== null) {
    const sizes = spread(input, size, 'size');
    if (typeof size !== 'number') checkWhole(sizes);
    if (recomputeScaleFactor)
      throw valueError('recompute_scale_factor is not meaningful with an explicit size.');
    return [sizes, null];
  }
  if (scaleFactor === null) throw valueError('either size or scale_factor should be defined');
  const scales = spread(input, scaleFactor, 'scale');
  if (!recomputeScaleFactor && mode !== 'area') return [null, scales];
  const { shape } = input;
  return [scales.map((scale, d) => Math.trunc(shape[d + 2] * scale)), null];
}

/**
 * Resamples to a given size, or by a given factor. Shape: `(N, C, ...)` of 3, 4 or 5 dimensions.
 *
 * @throws ValueError for options that do not go together, TorchError for a mode that does not take the input.
 */
export function interpolate(
  ...args: Call<
    typeof INTERPOLATE_CALL,
    [input: Tensor],
    [...UpsamplePlaces, recomputeScaleFactor: boolean | null, antialias: boolean]
  >
): Tensor {
  const [input, given] = INTERPOLATE_CALL.bind(args);
  const { antialias } = given;
  const plain = ['nearest', 'area', 'nearest-exact'].includes(given.mode);
  if (plain && given.alignCorners !== null) {
    throw valueError(
      'align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear',
    );
  }
  const align = given.alignCorners ?? false;
  const [sizes, scales] = resolve(input, given);
  const ndim = input.dim();
  if (antialias && !(['bilinear', 'bicubic', 'lanczos'].includes(given.mode) && ndim === 4)) {
    throw valueError(
      'Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input',
    );
  }
  if (given.mode === 'lanczos' && ndim === 4) checkLanczos(align, antialias);
  const operator = operators[`${ndim} ${given.mode}${antialias ? ' antialias' : ''}`];
  if (operator === undefined) throw noOperator(ndim, given.mode);
  return operator(input, sizes, align, scales);
}

function checkLanczos(align: boolean, antialias: boolean): void {
  if (align) throw valueError('Lanczos mode does not support align_corners=True');
  if (!antialias) throw valueError('Lanczos mode requires antialias=True');
}

function warnDeprecated(name: string): void {
  warn(`\`nn.functional.${name}\` is deprecated. Use \`nn.functional.interpolate\` instead.`);
}

/** Deprecated: as {@link interpolate}. */
export function upsample(...args: Call<typeof UPSAMPLE_CALL, [input: Tensor], UpsamplePlaces>): Tensor {
  const [input, given] = UPSAMPLE_CALL.bind(args);
  warnDeprecated('upsample');
  return interpolate(input, given);
}

/** What both deprecated functions take. */
export type UpsampleSizeOptions = Pick<UpsampleOptions, 'size' | 'scaleFactor'>;
export const UPSAMPLE_SIZE: Required<UpsampleSizeOptions> = { size: null, scaleFactor: null };

const upsampleSignature = (name: string) => signature(name, [tensor('input')], UPSAMPLE_SIZE);
interface Upsample {
  (
    ...args: Call<
      ReturnType<typeof upsampleSignature>,
      [input: Tensor],
      [size: Size | null, scaleFactor: Size | null]
    >
  ): Tensor;
}

function upsampleOf(name: string, pythonName: string, options: InterpolateOptions): Upsample {
  const own = upsampleSignature(name);
  return (...args: unknown[]) => {
    const [input, given] = own.bind(args);
    warnDeprecated(pythonName);
    return interpolate(input, { ...given, ...options });
  };
}

/** Deprecated: as {@link interpolate} with `mode: 'nearest'`. */
export const upsampleNearest: Spelled<Upsample> = upsampleOf('upsampleNearest', 'upsample_nearest', {
  mode: 'nearest',
});

/** Deprecated: as {@link interpolate} with `mode: 'bilinear', alignCorners: true`. */
export const upsampleBilinear: Spelled<Upsample> = upsampleOf('upsampleBilinear', 'upsample_bilinear', {
  mode: 'bilinear',
  alignCorners: true,
});
