// Pooling whose windows follow from the size of the output.
import { valueError, checkSize } from '../../core/errors';
import { kind, size } from '../../core/kinds';
import { type Call, type Spelled, signature } from '../../core/signature';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import type { Size } from '../conv/conv';

/** One size for every dimension, or one for each; `null` keeps the input's. */
export type AdaptiveSize = number | readonly (number | null)[];

// One size for each of `n` dimensions; those that are `null`, from the input.
function outputSizeOf(input: Tensor, size: AdaptiveSize, n: number): number[] {
  if (typeof size === 'number') return new Array<number>(n).fill(size);
  const { shape } = input;
  if (shape.length <= size.length) throw valueError(`Input dimension should be at least ${size.length + 1}`);
  return size.map((value, d) => value ?? shape[shape.length - size.length + d]);
}

const AVG_POOL_1D = signature('adaptiveAvgPool1d', [tensor('input'), size('outputSize')], {});

/** The mean of windows that make an output of that length. Shape: `(N, C, L)` or `(C, L)`. */
export function adaptiveAvgPool1d(
  ...args: Call<typeof AVG_POOL_1D, [input: Tensor, outputSize: Size]>
): Tensor {
  const [input, outputSize] = AVG_POOL_1D.bind(args);
  return aten.adaptiveAvgPool1d(input, outputSize);
}

// null stands for the input's own size.
const checkAdaptiveSize: typeof checkSize = (fn, argument, value) =>
  checkSize(fn, argument, Array.isArray(value) ? value.filter((each) => each !== null) : value);
const adaptiveSize = kind<AdaptiveSize>(checkAdaptiveSize);
const avgPoolSignature = (name: string) => signature(name, [tensor('input'), adaptiveSize('outputSize')], {});
interface AdaptiveAvgPool {
  (...args: Call<ReturnType<typeof avgPoolSignature>, [input: Tensor, outputSize: AdaptiveSize]>): Tensor;
}

function adaptiveAvgPool(name: 'adaptiveAvgPool2d' | 'adaptiveAvgPool3d', n: number): AdaptiveAvgPool {
  const own = avgPoolSignature(name);
  return (...args: unknown[]) => {
    const [input, outputSize] = own.bind(args);
    return aten[name](input, outputSizeOf(input, outputSize, n));
  };
}

/** The mean of windows that make an output of that size. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export const adaptiveAvgPool2d: Spelled<AdaptiveAvgPool> = adaptiveAvgPool('adaptiveAvgPool2d', 2);

/** The mean of windows that make an output of that size. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export const adaptiveAvgPool3d: Spelled<AdaptiveAvgPool> = adaptiveAvgPool('adaptiveAvgPool3d', 3);

/** Options of `F.adaptiveMaxPool1d`, `F.adaptiveMaxPool2d` and `F.adaptiveMaxPool3d`. */
export interface AdaptiveMaxPoolOptions {
  /** Whether to return where the maxima were, too. Default: `false`. */
  returnIndices?: boolean;
}
export const ADAPTIVE_MAX_POOL: Required<AdaptiveMaxPoolOptions> = { returnIndices: false };

const maxPoolSignature = <S>(name: string) =>
  signature(name, [tensor('input'), kind<S>(checkAdaptiveSize)('outputSize')], ADAPTIVE_MAX_POOL);
type MaxPoolOptional = [returnIndices: boolean];

interface AdaptiveMaxPool<S> {
  /** The maxima, and where they were. */
  (input: Tensor, outputSize: S, returnIndices: true | { returnIndices: true }): [Tensor, Tensor];
  /** The maximum of each window. */
  (
    ...args: Call<ReturnType<typeof maxPoolSignature<S>>, [input: Tensor, outputSize: S], MaxPoolOptional>
  ): Tensor;
}
interface WithIndices<S> {
  (
    ...args: Call<ReturnType<typeof maxPoolSignature<S>>, [input: Tensor, outputSize: S], MaxPoolOptional>
  ): [values: Tensor, indices: Tensor];
}

function adaptiveMaxPool<S>(
  name: string,
  operator: (input: Tensor, outputSize: S) => [Tensor, Tensor],
): [AdaptiveMaxPool<S>, WithIndices<S>] {
  const own = maxPoolSignature<S>(name);
  const ownWithIndices = maxPoolSignature<S>(`${name}WithIndices`);
  const pool = (...args: unknown[]): Tensor | [Tensor, Tensor] => {
    const [input, outputSize, { returnIndices }] = own.bind(args);
    const both = operator(input, outputSize);
    return returnIndices ? both : both[0];
  };
  const withIndices = (...args: unknown[]): [Tensor, Tensor] => {
    const [input, outputSize] = ownWithIndices.bind(args);
    return operator(input, outputSize);
  };
  return [pool as AdaptiveMaxPool<S>, withIndices];
}

const [pool1d, withIndices1d] = adaptiveMaxPool<Size>('adaptiveMaxPool1d', (input, outputSize) =>
  aten.adaptiveMaxPool1d(input, outputSize),
);
const [pool2d, withIndices2d] = adaptiveMaxPool<AdaptiveSize>('adaptiveMaxPool2d', (input, outputSize) =>
  aten.adaptiveMaxPool2d(input, outputSizeOf(input, outputSize, 2)),
);
const [pool3d, withIndices3d] = adaptiveMaxPool<AdaptiveSize>('adaptiveMaxPool3d', (input, outputSize) =>
  aten.adaptiveMaxPool3d(input, outputSizeOf(input, outputSize, 3)),
);

/** The maximum of windows that make an output of that length. Shape: `(N, C, L)` or `(C, L)`. */
export const adaptiveMaxPool1d: AdaptiveMaxPool<Size> = pool1d;

/** The maximum of windows that make an output of that size. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export const adaptiveMaxPool2d: AdaptiveMaxPool<AdaptiveSize> = pool2d;

/** The maximum of windows that make an output of that size. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export const adaptiveMaxPool3d: AdaptiveMaxPool<AdaptiveSize> = pool3d;

/** As {@link adaptiveMaxPool1d} with `returnIndices`. */
export const adaptiveMaxPool1dWithIndices: Spelled<WithIndices<Size>> = withIndices1d;

/** As {@link adaptiveMaxPool2d} with `returnIndices`. */
export const adaptiveMaxPool2dWithIndices: Spelled<WithIndices<AdaptiveSize>> = withIndices2d;

/** As {@link adaptiveMaxPool3d} with `returnIndices`. */
export const adaptiveMaxPool3dWithIndices: Spelled<WithIndices<AdaptiveSize>> = withIndices3d;
