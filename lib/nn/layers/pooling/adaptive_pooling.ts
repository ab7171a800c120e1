import * as F from '../../../functional';
import type { AdaptiveMaxPoolOptions, AdaptiveSize, Size } from '../../../functional';
import { ADAPTIVE_MAX_POOL } from '../../../functional/pooling/adaptive_pooling';
import { keywords } from '../../../core/keywords';
import type { Tensor } from '../../../tensor';
import { Module } from '../../module/module';
import type { Pooled } from './pooling';
import { repr } from '../../../tensor/repr';

abstract class AdaptiveAvgPoolNd<S> extends Module<[Tensor], Tensor> {
  constructor(readonly outputSize: S) {
    super();
  }
  override extraRepr(): string {
    return `output_size=${repr(this.outputSize)}`;
  }
}

/** The mean of windows that make an output of that length. Shape: `(N, C, L)` or `(C, L)`. */
export class AdaptiveAvgPool1d extends AdaptiveAvgPoolNd<Size> {
  override forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool1d(input, this.outputSize);
  }
}

/**
 * The mean of windows that make an output of that size; `null` keeps the input's.
 * Shape: `(N, C, H, W)` or `(C, H, W)`.
 *
 * @example
 * new nn.AdaptiveAvgPool2d([null, 7])(torch.randn([1, 64, 10, 9])).shape; // [1, 64, 10, 7]
 */
export class AdaptiveAvgPool2d extends AdaptiveAvgPoolNd<AdaptiveSize> {
  override forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool2d(input, this.outputSize);
  }
}

/**
 * The mean of windows that make an output of that size; `null` keeps the input's.
 * Shape: `(N, C, D, H, W)` or `(C, D, H, W)`.
 */
export class AdaptiveAvgPool3d extends AdaptiveAvgPoolNd<AdaptiveSize> {
  override forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool3d(input, this.outputSize);
  }
}

type MaxPoolOptions<R extends boolean> = AdaptiveMaxPoolOptions & { returnIndices?: R };

abstract class AdaptiveMaxPoolNd<S, R extends boolean> extends Module<[Tensor], Pooled<R>> {
  readonly returnIndices: boolean;

  constructor(
    readonly outputSize: S,
    returnIndices?: R | MaxPoolOptions<R>,
  ) {
    super();
    const given = keywords<AdaptiveMaxPoolOptions>(new.target.name, ADAPTIVE_MAX_POOL, { returnIndices });
    this.returnIndices = given.returnIndices;
  }
  override extraRepr(): string {
    return `output_size=${repr(this.outputSize)}`;
  }
}

/** The maximum of windows that make an output of that length. Shape: `(N, C, L)` or `(C, L)`. */
export class AdaptiveMaxPool1d<R extends boolean = false> extends AdaptiveMaxPoolNd<Size, R> {
  override forward(input: Tensor): Pooled<R> {
    return F.adaptiveMaxPool1d(input, this.outputSize, this.returnIndices) as Pooled<R>;
  }
}

/**
 * The maximum of windows that make an output of that size; `null` keeps the input's.
 * Shape: `(N, C, H, W)` or `(C, H, W)`.
 */
export class AdaptiveMaxPool2d<R extends boolean = false> extends AdaptiveMaxPoolNd<AdaptiveSize, R> {
  override forward(input: Tensor): Pooled<R> {
    return F.adaptiveMaxPool2d(input, this.outputSize, this.returnIndices) as Pooled<R>;
  }
}

/**
 * The maximum of windows that make an output of that size; `null` keeps the input's.
 * Shape: `(N, C, D, H, W)` or `(C, D, H, W)`.
 */
export class AdaptiveMaxPool3d<R extends boolean = false> extends AdaptiveMaxPoolNd<AdaptiveSize, R> {
  override forward(input: Tensor): Pooled<R> {
    return F.adaptiveMaxPool3d(input, this.outputSize, this.returnIndices) as Pooled<R>;
  }
}
