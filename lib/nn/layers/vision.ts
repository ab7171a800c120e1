import * as F from '../../functional';
import { number } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';

const PIXEL_SHUFFLE = signature('PixelShuffle', [number('upscaleFactor')], {});

/** Shape: `(*, C r², H, W)` to `(*, C, H r, W r)`, with `r` = `upscaleFactor` (Shi et al., 2016). */
export class PixelShuffle extends Module<[Tensor], Tensor> {
  readonly upscaleFactor: number;

  constructor(...args: Call<typeof PIXEL_SHUFFLE, [upscaleFactor: number]>) {
    super();
    const [upscaleFactor] = PIXEL_SHUFFLE.bind(args);
    this.upscaleFactor = upscaleFactor;
  }
  override forward(input: Tensor): Tensor {
    return F.pixelShuffle(input, this.upscaleFactor);
  }
  override extraRepr(): string {
    return `upscale_factor=${this.upscaleFactor}`;
  }
}

const PIXEL_UNSHUFFLE = signature('PixelUnshuffle', [number('downscaleFactor')], {});

/** The inverse of {@link PixelShuffle}. Shape: `(*, C, H r, W r)` to `(*, C r², H, W)`. */
export class PixelUnshuffle extends Module<[Tensor], Tensor> {
  readonly downscaleFactor: number;

  constructor(...args: Call<typeof PIXEL_UNSHUFFLE, [downscaleFactor: number]>) {
    super();
    const [downscaleFactor] = PIXEL_UNSHUFFLE.bind(args);
    this.downscaleFactor = downscaleFactor;
  }
  override forward(input: Tensor): Tensor {
    return F.pixelUnshuffle(input, this.downscaleFactor);
  }
  override extraRepr(): string {
    return `downscale_factor=${this.downscaleFactor}`;
  }
}
