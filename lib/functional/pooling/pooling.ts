import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Size } from '../conv/conv';
import { keywords } from '../../core/keywords';

export interface MaxPoolOptions {
  /** Step of the window. Default: the window's size. */
  stride?: Size | null;
  /** Negative infinities added on both sides. Default: 0. */
  padding?: Size;
  /** Distance between the window's elements. Default: 1. */
  dilation?: Size;
  /** Whether a last window that is only partly inside counts. Default: `false`. */
  ceilMode?: boolean;
  /** Whether to return where the maxima were, too. Default: `false`. */
  returnIndices?: boolean;
}
export const MAX_POOL: Required<MaxPoolOptions> = {
  stride: null,
  padding: 0,
  dilation: 1,
  ceilMode: false,
  returnIndices: false,
};

type Stride<O> = Size | null | O;
type Pool<R> = (
  input: Tensor,
  kernelSize: Size,
  stride: Size,
  padding: Size,
  dilation: Size,
  ceilMode: boolean,
) => R;
interface MaxPool {
  /** The maxima, and where they were. */
  (input: Tensor, kernelSize: Size, options: MaxPoolOptions & { returnIndices: true }): [Tensor, Tensor];
  (
    input: Tensor,
    kernelSize: Size,
    stride: Size | null,
    options: MaxPoolOptions & { returnIndices: true },
  ): [Tensor, Tensor];
  /** The maximum of each window. */
  (
    input: Tensor,
    kernelSize: Size,
    stride?: Stride<MaxPoolOptions>,
    padding?: Size | MaxPoolOptions,
    options?: MaxPoolOptions,
  ): Tensor;
}

function maxPool(name: string, values: Pool<Tensor>, withIndices: Pool<[Tensor, Tensor]>): MaxPool {
  const pool = (
    input: Tensor,
    kernelSize: Size,
    stride?: Stride<MaxPoolOptions>,
    padding?: Size | MaxPoolOptions,
    options?: MaxPoolOptions,
  ): Tensor | [Tensor, Tensor] => {
    const given = keywords<MaxPoolOptions>(name, MAX_POOL, { stride, padding }, options);
    const operator: Pool<Tensor | [Tensor, Tensor]> = given.returnIndices ? withIndices : values;
    return operator(input, kernelSize, given.stride ?? [], given.padding, given.dilation, given.ceilMode);
  };
  return pool as MaxPool;
}

/** The maximum of each window. Shape: `(N, C, L)` or `(C, L)`. */
export const maxPool1d: MaxPool = maxPool(
  'maxPool1d',
  (...args) => aten.maxPool1d(...args),
  (...args) => aten.maxPool1dWithIndices(...args),
);

/** The maximum of each window. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export const maxPool2d: MaxPool = maxPool(
  'maxPool2d',
  (...args) => aten.maxPool2d(...args),
  (...args) => aten.maxPool2dWithIndices(...args),
);

/** The maximum of each window. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export const maxPool3d: MaxPool = maxPool(
  'maxPool3d',
  (...args) => aten.maxPool3d(...args),
  (...args) => aten.maxPool3dWithIndices(...args),
);

type WithIndices = (
  input: Tensor,
  kernelSize: Size,
  stride?: Stride<MaxPoolOptions>,
  padding?: Size | MaxPoolOptions,
  options?: MaxPoolOptions,
) => [values: Tensor, indices: Tensor];

function maxPoolWithIndices(name: string, operator: Pool<[Tensor, Tensor]>): WithIndices {
  return (input, kernelSize, stride, padding, options) => {
    const given = keywords<MaxPoolOptions>(name, MAX_POOL, { stride, padding }, options);
    return operator(input, kernelSize, given.stride ?? [], given.padding, given.dilation, given.ceilMode);
  };
}

/** As {@link maxPool1d} with `returnIndices`. */
export const maxPool1dWithIndices: WithIndices = maxPoolWithIndices('maxPool1dWithIndices', (...args) =>
  aten.maxPool1dWithIndices(...args),
);

/** As {@link maxPool2d} with `returnIndices`. */
export const maxPool2dWithIndices: WithIndices = maxPoolWithIndices('maxPool2dWithIndices', (...args) =>
  aten.maxPool2dWithIndices(...args),
);

/** As {@link maxPool3d} with `returnIndices`. */
export const maxPool3dWithIndices: WithIndices = maxPoolWithIndices('maxPool3dWithIndices', (...args) =>
  aten.maxPool3dWithIndices(...args),
);

export interface AvgPool1dOptions {
  /** Step of the window. Default: the window's size. */
  stride?: Size | null;
  /** Zeros added on both sides. Default: 0. */
  padding?: Size;
  /** Whether a last window that is only partly inside counts. Default: `false`. */
  ceilMode?: boolean;
  /** Whether the added zeros count in the mean. Default: `true`. */
  countIncludePad?: boolean;
}
export const AVG_POOL_1D: Required<AvgPool1dOptions> = {
  stride: null,
  padding: 0,
  ceilMode: false,
  countIncludePad: true,
};

export interface AvgPoolOptions extends AvgPool1dOptions {
  /** What sums are divided by. Default: the number of elements in the window. */
  divisorOverride?: number | null;
}
export const AVG_POOL: Required<AvgPoolOptions> = { ...AVG_POOL_1D, divisorOverride: null };

/** The mean of each window. Shape: `(N, C, L)` or `(C, L)`. */
export function avgPool1d(
  input: Tensor,
  kernelSize: Size,
  stride?: Stride<AvgPool1dOptions>,
  padding?: Size | AvgPool1dOptions,
  options?: AvgPool1dOptions,
): Tensor {
  const given = keywords<AvgPool1dOptions>('avgPool1d', AVG_POOL_1D, { stride, padding }, options);
  return aten.avgPool1d(
    input,
    kernelSize,
    given.stride ?? [],
    given.padding,
    given.ceilMode,
    given.countIncludePad,
  );
}

type AvgPool = typeof aten.avgPool2d;

function avgPool(
  operator: AvgPool,
  input: Tensor,
  kernelSize: Size,
  given: Required<AvgPoolOptions>,
): Tensor {
  return operator(
    input,
    kernelSize,
    given.stride ?? [],
    given.padding,
    given.ceilMode,
    given.countIncludePad,
    given.divisorOverride,
  );
}

/** The mean of each window. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export function avgPool2d(
  input: Tensor,
  kernelSize: Size,
  stride?: Stride<AvgPoolOptions>,
  padding?: Size | AvgPoolOptions,
  options?: AvgPoolOptions,
): Tensor {
  const given = keywords<AvgPoolOptions>('avgPool2d', AVG_POOL, { stride, padding }, options);
  return avgPool(aten.avgPool2d, input, kernelSize, given);
}

/** The mean of each window. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export function avgPool3d(
  input: Tensor,
  kernelSize: Size,
  stride?: Stride<AvgPoolOptions>,
  padding?: Size | AvgPoolOptions,
  options?: AvgPoolOptions,
): Tensor {
  const given = keywords<AvgPoolOptions>('avgPool3d', AVG_POOL, { stride, padding }, options);
  return avgPool(aten.avgPool3d, input, kernelSize, given);
}
