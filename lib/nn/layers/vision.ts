import * as F from '../../functional';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';

/** Shape: `(*, C r², H, W)` to `(*, C, H r, W r)`, with `r` = `upscaleFactor` (Shi et al., 2016). */
export class PixelShuffle extends Module<[Tensor], Tensor> {
  constructor(readonly upscaleFactor: number) {
    super();
  }
  override forward(input: Tensor): Tensor {
    return F.pixelShuffle(input, this.upscaleFactor);
  }
  override extraRepr(): string {
    return `upscale_factor=${this.upscaleFactor}`;
  }
}

/** The inverse of {@link PixelShuffle}. Shape: `(*, C, H r, W r)` to `(*, C r², H, W)`. */
export class PixelUnshuffle extends Module<[Tensor], Tensor> {
  constructor(readonly downscaleFactor: number) {
    super();
  }
  override forward(input: Tensor): Tensor {
    return F.pixelUnshuffle(input, this.downscaleFactor);
  }
  override extraRepr(): string {
    return `downscale_factor=${this.downscaleFactor}`;
  }
}
