import * as F from '../../functional';
import type { InterpolateMode, Size, UpsampleOptions } from '../../functional';
import { UPSAMPLE, UPSAMPLE_SIZE } from '../../functional/interpolate';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import { repr, reprFloat } from '../../tensor/repr';

/** Options of `nn.Upsample`. */
export interface UpsampleModuleOptions extends UpsampleOptions {
  /** Whether the scale is computed anew from the rounded size of the output. Default: `false`. */
  recomputeScaleFactor?: boolean | null;
}
const UPSAMPLE_DEFAULTS: Required<UpsampleModuleOptions> = { ...UPSAMPLE, recomputeScaleFactor: null };
const UPSAMPLE_MODULE = signature('Upsample', [], UPSAMPLE_DEFAULTS, [
  'size',
  'scaleFactor',
  'mode',
  'alignCorners',
  'recomputeScaleFactor',
]);

function reprScale(scale: Size): string {
  if (typeof scale === 'number') return reprFloat(scale);
  return `(${scale.map(reprFloat).join(', ')}${scale.length === 1 ? ',' : ''})`;
}

/**
 * Resamples to a given size, or by a given factor. Shape: `(N, C, ...)` of 3, 4 or 5 dimensions.
 *
 * @example
 * const m = new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' });
 * m(torch.randn([1, 3, 4, 4])).shape; // [1, 3, 8, 8]
 */
export class Upsample extends Module<[Tensor], Tensor> {
  readonly size: Size | null;
  readonly scaleFactor: Size | null;
  readonly mode: InterpolateMode;
  readonly alignCorners: boolean | null;
  readonly recomputeScaleFactor: boolean | null;

  constructor(
    ...args: Call<
      typeof UPSAMPLE_MODULE,
      [],
      [
        size: Size | null,
        scaleFactor: Size | null,
        mode: InterpolateMode,
        alignCorners: boolean | null,
        recomputeScaleFactor: boolean | null,
      ]
    >
  ) {
    super();
    const [given] = UPSAMPLE_MODULE.bind(args);
    this.size = given.size;
    this.scaleFactor = given.scaleFactor === 0 ? null : given.scaleFactor;
    this.mode = given.mode;
    this.alignCorners = given.alignCorners;
    this.recomputeScaleFactor = given.recomputeScaleFactor;
  }
  override forward(input: Tensor): Tensor {
    const { size, scaleFactor, mode, alignCorners, recomputeScaleFactor } = this;
    return F.interpolate(input, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor });
  }
  override extraRepr(): string {
    const { scaleFactor, size, mode } = this;
    const info = scaleFactor === null ? `size=${repr(size)}` : `scale_factor=${reprScale(scaleFactor)}`;
    return `${info}, mode=${repr(mode)}`;
  }
}

const BY_SIZE = signature('UpsamplingNearest2d', [], UPSAMPLE_SIZE, ['size', 'scaleFactor']);
type BySize = [size: Size | null, scaleFactor: Size | null];

/** `Upsample` by the nearest pixel. Shape: `(N, C, H, W)`. */
export class UpsamplingNearest2d extends Upsample {
  constructor(...args: Call<typeof BY_SIZE, [], BySize>) {
    const [given] = BY_SIZE.bind(args);
    super({ ...given, mode: 'nearest' });
  }
}

/** `Upsample` between pixels, with the corners aligned. Shape: `(N, C, H, W)`. */
export class UpsamplingBilinear2d extends Upsample {
  constructor(...args: Call<typeof BY_SIZE, [], BySize>) {
    const [given] = BY_SIZE.bind(args, 'UpsamplingBilinear2d');
    super({ ...given, mode: 'bilinear', alignCorners: true });
  }
}
