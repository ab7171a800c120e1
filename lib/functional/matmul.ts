// Products of matrices in groups, and of scaled ones of few bits.
import * as aten from '../tensor/aten';
import type { DTypeLike } from '../core/dtype';
import type { Tensor } from '../tensor';
import { tensor } from '../tensor/kinds';
import { value } from '../core/kinds';
import { type Call, signature } from '../core/signature';

/** What part of a matrix a scale is for. */
export const ScalingType = {
  TensorWise: 0,
  RowWise: 1,
  BlockWise1x16: 2,
  BlockWise1x32: 3,
  BlockWise1x128: 4,
  BlockWise128x128: 5,
} as const;
export type ScalingType = (typeof ScalingType)[keyof typeof ScalingType];

/** How scales lie in memory. */
export const SwizzleType = { NO_SWIZZLE: 0, SWIZZLE_32_4_4: 1 } as const;
export type SwizzleType = (typeof SwizzleType)[keyof typeof SwizzleType];

/** Options of `F.groupedMm`. */
export interface GroupedMmOptions {
  /** Where each group ends, in the dimension that the groups share. Default: none, for two 3-d tensors. */
  offs?: Tensor | null;
  /** Added to the product. Default: none. */
  bias?: Tensor | null;
  /** What the product holds. Default: as `matA`. */
  outDtype?: DTypeLike | null;
}
const GROUPED_MM: Required<GroupedMmOptions> = { offs: null, bias: null, outDtype: null };
const MATRICES = [tensor('matA'), tensor('matB')] as const;
const GROUPED = signature('groupedMm', MATRICES, GROUPED_MM, []);

/** The product of each group of two 2-d or 3-d tensors. */
export function groupedMm(...args: Call<typeof GROUPED, [matA: Tensor, matB: Tensor]>): Tensor {
  const [matA, matB, { offs, bias, outDtype }] = GROUPED.bind(args);
  return aten._groupedMm(matA, matB, offs, bias, outDtype);
}

type Several<T> = T | readonly T[];

/** Options of `F.scaledMm`. */
export interface ScaledMmOptions {
  /** How `scaleA` lies in memory. Default: plainly. */
  swizzleA?: Several<SwizzleType> | null;
  /** How `scaleB` lies in memory. Default: plainly. */
  swizzleB?: Several<SwizzleType> | null;
  /** Added to the product. Default: none. */
  bias?: Tensor | null;
  /** What the product holds. Default: `'bfloat16'`. */
  outputDtype?: DTypeLike | null;
  /** The dimensions that are summed over. Default: the last of `matA` and the last but one of `matB`. */
  contractionDim?: readonly number[];
  /** Whether sums may be less exact. Default: `false`. */
  useFastAccum?: boolean;
}
/** Options of `F.scaledGroupedMm`. */
export interface ScaledGroupedMmOptions extends ScaledMmOptions {
  /** Where each group ends, in the dimension that the groups share. Default: none. */
  offs?: Tensor | null;
}
const SCALED_MM: Required<ScaledMmOptions> = {
  swizzleA: null,
  swizzleB: null,
  bias: null,
  outputDtype: 'bfloat16',
  contractionDim: [],
  useFastAccum: false,
};
const SCALED_GROUPED_MM: Required<ScaledGroupedMmOptions> = { ...SCALED_MM, offs: null };
type SwizzlesAndBias = [
  swizzleA: Several<SwizzleType> | null,
  swizzleB: Several<SwizzleType> | null,
  bias: Tensor | null,
];
type OutputPlaces = [outputDtype: DTypeLike | null, contractionDim: readonly number[], useFastAccum: boolean];

const WITH_SCALES = [
  ...MATRICES,
  value<Several<Tensor>>()('scaleA'),
  value<Several<ScalingType>>()('scaleRecipeA'),
  value<Several<Tensor>>()('scaleB'),
  value<Several<ScalingType>>()('scaleRecipeB'),
] as const;
const SCALED = signature('scaledMm', WITH_SCALES, SCALED_MM);
const SCALED_GROUPED = signature('scaledGroupedMm', WITH_SCALES, SCALED_GROUPED_MM, [
  'swizzleA',
  'swizzleB',
  'bias',
  'offs',
  'outputDtype',
  'contractionDim',
  'useFastAccum',
]);

function several<T>(values: Several<T> | null): readonly T[] {
  if (values === null) return [];
  return Array.isArray(values) ? (values as readonly T[]) : [values as T];
}

/** The product of two matrices that are to be multiplied by scales. */
export function scaledMm(
  ...args: Call<
    typeof SCALED,
    [
      matA: Tensor,
      matB: Tensor,
      scaleA: Several<Tensor>,
      scaleRecipeA: Several<ScalingType>,
      scaleB: Several<Tensor>,
      scaleRecipeB: Several<ScalingType>,
    ],
    [...SwizzlesAndBias, ...OutputPlaces]
  >
): Tensor {
  const [matA, matB, scaleA, scaleRecipeA, scaleB, scaleRecipeB, given] = SCALED.bind(args);
  return aten._scaledMmV2(
    matA,
    matB,
    several(scaleA),
    several(scaleRecipeA),
    several(given.swizzleA),
    several(scaleB),
    several(scaleRecipeB),
    several(given.swizzleB),
    given.bias,
    given.outputDtype,
    given.contractionDim,
    given.useFastAccum,
  );
}

/** {@link scaledMm} of each group. Needs a GPU. */
export function scaledGroupedMm(
  ...args: Call<
    typeof SCALED_GROUPED,
    [
      matA: Tensor,
      matB: Tensor,
      scaleA: Several<Tensor>,
      scaleRecipeA: Several<ScalingType>,
      scaleB: Several<Tensor>,
      scaleRecipeB: Several<ScalingType>,
    ],
    [...SwizzlesAndBias, offs: Tensor | null, ...OutputPlaces]
  >
): Tensor {
  const [matA, matB, scaleA, scaleRecipeA, scaleB, scaleRecipeB, given] = SCALED_GROUPED.bind(args);
  return aten._scaledGroupedMmV2(
    matA,
    matB,
    several(scaleA),
    several(scaleRecipeA),
    several(given.swizzleA),
    several(scaleB),
    several(scaleRecipeB),
    several(given.swizzleB),
    given.offs,
    given.bias,
    given.outputDtype,
    given.contractionDim,
    given.useFastAccum,
  );
}
