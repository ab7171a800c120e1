// Pooling whose windows follow from the size of the output.
import { checkTensor } from '../../native/tensor_base';
import { valueError, checkSize } from '../../core/errors';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Size } from '../conv/conv';
import { keywords } from '../../core/keywords';

/** One size for every dimension, or one for each; `null` keeps the input's. */
export type AdaptiveSize = number | readonly (number | null)[];

// One size for each of `n` dimensions; those that are `null`, from the input.
function outputSizeOf(name: string, input: Tensor, size: AdaptiveSize, n: number): number[] {
  checkTensor(name, 'input', input);
  checkSize(name, 'outputSize', size);
  if (typeof size === 'number') return new Array<number>(n).fill(size);
  const { shape } = input;
  if (shape.length <= size.length) throw valueError(`Input dimension should be at least ${size.length + 1}`);
  return size.map((value, d) => value ?? shape[shape.length - size.length + d]);
}

/** The mean of windows that make an output of that length. Shape: `(N, C, L)` or `(C, L)`. */
export function adaptiveAvgPool1d(input: Tensor, outputSize: Size): Tensor {
  return aten.adaptiveAvgPool1d(input, outputSize);
}

/** The mean of windows that make an output of that size. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export function adaptiveAvgPool2d(input: Tensor, outputSize: AdaptiveSize): Tensor {
  return aten.adaptiveAvgPool2d(input, outputSizeOf('adaptiveAvgPool2d', input, outputSize, 2));
}

/** The mean of windows that make an output of that size. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export function adaptiveAvgPool3d(input: Tensor, outputSize: AdaptiveSize): Tensor {
  return aten.adaptiveAvgPool3d(input, outputSizeOf('adaptiveAvgPool3d', input, outputSize, 3));
}

export interface AdaptiveMaxPoolOptions {
  /** Whether to return where the maxima were, too. Default: `false`. */
  returnIndices?: boolean;
}
export const ADAPTIVE_MAX_POOL: Required<AdaptiveMaxPoolOptions> = { returnIndices: false };

interface AdaptiveMaxPool<S> {
  /** The maxima, and where they were. */
  (input: Tensor, outputSize: S, returnIndices: true | { returnIndices: true }): [Tensor, Tensor];
  /** The maximum of each window. */
  (input: Tensor, outputSize: S, returnIndices?: boolean | AdaptiveMaxPoolOptions): Tensor;
}
type WithIndices<S> = (
  input: Tensor,
  outputSize: S,
  returnIndices?: boolean | AdaptiveMaxPoolOptions,
) => [values: Tensor, indices: Tensor];

function adaptiveMaxPool<S>(name: string, withIndices: WithIndices<S>): AdaptiveMaxPool<S> {
  const pool = (
    input: Tensor,
    outputSize: S,
    returnIndices?: boolean | AdaptiveMaxPoolOptions,
  ): Tensor | [Tensor, Tensor] => {
    const given = keywords<AdaptiveMaxPoolOptions>(name, ADAPTIVE_MAX_POOL, { returnIndices });
    const [values, indices] = withIndices(input, outputSize);
    return given.returnIndices ? [values, indices] : values;
  };
  return pool as AdaptiveMaxPool<S>;
}

function maxPoolWithIndices<S>(
  name: string,
  pool: (input: Tensor, outputSize: S) => [Tensor, Tensor],
): WithIndices<S> {
  return (input, outputSize, returnIndices) => {
    keywords<AdaptiveMaxPoolOptions>(name, ADAPTIVE_MAX_POOL, { returnIndices });
    return pool(input, outputSize);
  };
}

/** As {@link adaptiveMaxPool1d} with `returnIndices`. */
export const adaptiveMaxPool1dWithIndices: WithIndices<Size> = maxPoolWithIndices(
  'adaptiveMaxPool1dWithIndices',
  (input, outputSize) => aten.adaptiveMaxPool1d(input, outputSize),
);

/** As {@link adaptiveMaxPool2d} with `returnIndices`. */
export const adaptiveMaxPool2dWithIndices: WithIndices<AdaptiveSize> = maxPoolWithIndices(
  'adaptiveMaxPool2dWithIndices',
  (input, outputSize) =>
    aten.adaptiveMaxPool2d(input, outputSizeOf('adaptiveMaxPool2d', input, outputSize, 2)),
);

/** As {@link adaptiveMaxPool3d} with `returnIndices`. */
export const adaptiveMaxPool3dWithIndices: WithIndices<AdaptiveSize> = maxPoolWithIndices(
  'adaptiveMaxPool3dWithIndices',
  (input, outputSize) =>
    aten.adaptiveMaxPool3d(input, outputSizeOf('adaptiveMaxPool3d', input, outputSize, 3)),
);

/** The maximum of windows that make an output of that length. Shape: `(N, C, L)` or `(C, L)`. */
export const adaptiveMaxPool1d: AdaptiveMaxPool<Size> = adaptiveMaxPool(
  'adaptiveMaxPool1d',
  adaptiveMaxPool1dWithIndices,
);

/** The maximum of windows that make an output of that size. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export const adaptiveMaxPool2d: AdaptiveMaxPool<AdaptiveSize> = adaptiveMaxPool(
  'adaptiveMaxPool2d',
  adaptiveMaxPool2dWithIndices,
);

/** The maximum of windows that make an output of that size. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export const adaptiveMaxPool3d: AdaptiveMaxPool<AdaptiveSize> = adaptiveMaxPool(
  'adaptiveMaxPool3d',
  adaptiveMaxPool3dWithIndices,
);
