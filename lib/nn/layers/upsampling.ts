import * as F from '../../functional';
import type { InterpolateMode, Size, UpsampleOptions, UpsampleSizeOptions } from '../../functional';
import { UPSAMPLE, UPSAMPLE_SIZE } from '../../functional/interpolate';
import { keywords } from '../../core/keywords';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import { repr, reprFloat } from '../../tensor/repr';

export interface UpsampleModuleOptions extends UpsampleOptions {
  /** Whether the scale is computed anew from the rounded size of the output. Default: `false`. */
  recomputeScaleFactor?: boolean | null;
}
const UPSAMPLE_MODULE: Required<UpsampleModuleOptions> = { ...UPSAMPLE, recomputeScaleFactor: null };

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
    size?: Size | null | UpsampleModuleOptions,
    scaleFactor?: Size | null | UpsampleModuleOptions,
    mode?: InterpolateMode | UpsampleModuleOptions,
    options?: UpsampleModuleOptions,
  ) {
    super();
    const positional = { size, scaleFactor, mode };
    const given = keywords<UpsampleModuleOptions>('Upsample', UPSAMPLE_MODULE, positional, options);
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

type Given = Size | null | UpsampleSizeOptions;

/** `Upsample` by the nearest pixel. Shape: `(N, C, H, W)`. */
export class UpsamplingNearest2d extends Upsample {
  constructor(size?: Given, scaleFactor?: Given) {
    const given = keywords<UpsampleSizeOptions>('UpsamplingNearest2d', UPSAMPLE_SIZE, { size, scaleFactor });
    super({ ...given, mode: 'nearest' });
  }
}

/** `Upsample` between pixels, with the corners aligned. Shape: `(N, C, H, W)`. */
export class UpsamplingBilinear2d extends Upsample {
  constructor(size?: Given, scaleFactor?: Given) {
    const given = keywords<UpsampleSizeOptions>('UpsamplingBilinear2d', UPSAMPLE_SIZE, { size, scaleFactor });
    super({ ...given, mode: 'bilinear', alignCorners: true });
  }
}
