import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Size } from '../conv/conv';
import { size } from '../../core/kinds';
import { type Call, type Spelled, signature } from '../../core/signature';
import { tensor } from '../../tensor/kinds';

/** Options of `F.maxPool1d`, `F.maxPool2d` and `F.maxPool3d`. */
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

/** Python's order for functions; a module takes `returnIndices` before `ceilMode`. */
const MAX_POOL_POSITIONAL = ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices'] as const;
const maxPoolSignature = (name: string) =>
  signature(name, [tensor('input'), size('kernelSize')], MAX_POOL, MAX_POOL_POSITIONAL);
type MaxPoolOptional = [
  stride: Size | null,
  padding: Size,
  dilation: Size,
  ceilMode: boolean,
  returnIndices: boolean,
];

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
    ...args: Call<ReturnType<typeof maxPoolSignature>, [input: Tensor, kernelSize: Size], MaxPoolOptional>
  ): Tensor;
}

function maxPool(name: string, values: Pool<Tensor>, withIndices: Pool<[Tensor, Tensor]>): MaxPool {
  const own = maxPoolSignature(name);
  const pool = (...args: unknown[]): Tensor | [Tensor, Tensor] => {
    const [input, kernelSize, given] = own.bind(args);
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

interface WithIndices {
  (
    ...args: Call<ReturnType<typeof maxPoolSignature>, [input: Tensor, kernelSize: Size], MaxPoolOptional>
  ): [values: Tensor, indices: Tensor];
}

function maxPoolWithIndices(name: string, operator: Pool<[Tensor, Tensor]>): WithIndices {
  const own = maxPoolSignature(name);
  return (...args: unknown[]) => {
    const [input, kernelSize, given] = own.bind(args);
    return operator(input, kernelSize, given.stride ?? [], given.padding, given.dilation, given.ceilMode);
  };
}

/** As {@link maxPool1d} with `returnIndices`. */
export const maxPool1dWithIndices: Spelled<WithIndices> = maxPoolWithIndices(
  'maxPool1dWithIndices',
  (...args) => aten.maxPool1dWithIndices(...args),
);

/** As {@link maxPool2d} with `returnIndices`. */
export const maxPool2dWithIndices: Spelled<WithIndices> = maxPoolWithIndices(
  'maxPool2dWithIndices',
  (...args) => aten.maxPool2dWithIndices(...args),
);

/** As {@link maxPool3d} with `returnIndices`. */
export const maxPool3dWithIndices: Spelled<WithIndices> = maxPoolWithIndices(
  'maxPool3dWithIndices',
  (...args) => aten.maxPool3dWithIndices(...args),
);

/** Options of `F.avgPool1d`. */
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

/** Options of `F.avgPool2d` and `F.avgPool3d`. */
export interface AvgPoolOptions extends AvgPool1dOptions {
  /** What sums are divided by. Default: the number of elements in the window. */
  divisorOverride?: number | null;
}
export const AVG_POOL: Required<AvgPoolOptions> = { ...AVG_POOL_1D, divisorOverride: null };

const AVG_POOL_1D_CALL = signature('avgPool1d', [tensor('input'), size('kernelSize')], AVG_POOL_1D);

/** The mean of each window. Shape: `(N, C, L)` or `(C, L)`. */
export function avgPool1d(
  ...args: Call<
    typeof AVG_POOL_1D_CALL,
    [input: Tensor, kernelSize: Size],
    [stride: Size | null, padding: Size, ceilMode: boolean, countIncludePad: boolean]
  >
): Tensor {
  const [input, kernelSize, given] = AVG_POOL_1D_CALL.bind(args);
  const { padding, ceilMode, countIncludePad } = given;
  return aten.avgPool1d(input, kernelSize, given.stride ?? [], padding, ceilMode, countIncludePad);
}

const avgPoolSignature = (name: string) => signature(name, [tensor('input'), size('kernelSize')], AVG_POOL);

interface AvgPool {
  (
    ...args: Call<
      ReturnType<typeof avgPoolSignature>,
      [input: Tensor, kernelSize: Size],
      [
        stride: Size | null,
        padding: Size,
        ceilMode: boolean,
        countIncludePad: boolean,
        divisorOverride: number | null,
      ]
    >
  ): Tensor;
}

function avgPool(name: 'avgPool2d' | 'avgPool3d'): AvgPool {
  const own = avgPoolSignature(name);
  return (...args: unknown[]) => {
    const [input, kernelSize, given] = own.bind(args);
    const { padding, ceilMode, countIncludePad, divisorOverride } = given;
    const stride = given.stride ?? [];
    return aten[name](input, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);
  };
}

/** The mean of each window. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export const avgPool2d: Spelled<AvgPool> = avgPool('avgPool2d');

/** The mean of each window. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export const avgPool3d: Spelled<AvgPool> = avgPool('avgPool3d');
