import * as F from '../../../functional';
import type { AdaptiveMaxPoolOptions, AdaptiveSize, Size } from '../../../functional';
import { ADAPTIVE_MAX_POOL } from '../../../functional/pooling/adaptive_pooling';
import { value } from '../../../core/kinds';
import { type Call, type Signature, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { Module } from '../../module/module';
import type { Pooled } from './pooling';
import { repr } from '../../../tensor/repr';

const outputSize = <S>() => value<S>()('outputSize');
const averageOf = <S>() => signature('AdaptiveAvgPool', [outputSize<S>()], {});
const AVERAGE = averageOf<unknown>();

abstract class AdaptiveAvgPoolNd<S> extends Module<[Tensor], Tensor> {
  readonly outputSize: S;

  constructor(...args: Call<ReturnType<typeof averageOf<S>>, [outputSize: S]>) {
    super();
    const [size] = AVERAGE.bind(args, new.target.name);
    this.outputSize = size as S;
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
const MAXIMUM = signature('AdaptiveMaxPool', [outputSize<unknown>()], ADAPTIVE_MAX_POOL);
type Maximum<S, R extends boolean> = Signature<
  readonly [ReturnType<typeof outputSize<S>>],
  Required<MaxPoolOptions<R>>
>;

abstract class AdaptiveMaxPoolNd<S, R extends boolean> extends Module<[Tensor], Pooled<R>> {
  readonly outputSize: S;
  readonly returnIndices: boolean;

  constructor(...args: Call<Maximum<S, R>, [outputSize: S], [returnIndices: R]>) {
    super();
    const [size, { returnIndices }] = MAXIMUM.bind(args, new.target.name);
    this.outputSize = size as S;
    this.returnIndices = returnIndices;
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
