// Losses that are negative log likelihoods, or differences of distributions.
import { valueError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd/mode';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { warn } from '../../core/warn';
import { checkTensor } from '../../native/tensor_base';
import { type Call, signature } from '../../core/signature';
import { value } from '../../core/kinds';
import {
  REDUCTION,
  checkReduction,
  reduced,
  reductionEnum,
  resolveReduction,
  sameSize,
  type Reduction,
  type ReductionOptions,
} from '../reduction';

/** Options of `F.nllLoss`. */
export interface NllLossOptions extends ReductionOptions {
  /** Weight of each class. Default: all one. */
  weight?: Tensor | null;
  /** Targets of this value count for nothing. Default: -100. */
  ignoreIndex?: number;
}
export const NLL_LOSS: Required<NllLossOptions> = {
  weight: null,
  sizeAverage: null,
  ignoreIndex: -100,
  reduce: null,
  reduction: 'mean',
};
type NllPlaces = [
  weight: Tensor | null,
  sizeAverage: boolean | null,
  ignoreIndex: number,
  reduce: boolean | null,
  reduction: Reduction,
];

const PAIR = [tensor('input'), tensor('target')] as const;
const NLL = signature('nllLoss', PAIR, NLL_LOSS);

/**
 * The negative log likelihood: minus the input at the target class.
 *
 * Shapes: input `(N, C, *)` or `(C)` of log probabilities, target `(N, *)` or `()` of classes.
 */
export function nllLoss(...args: Call<typeof NLL, [input: Tensor, target: Tensor], NllPlaces>): Tensor {
  const [input, target, given] = NLL.bind(args);
  const reduction = reductionEnum(resolveReduction(given));
  return aten.nllLossNd(input, target, given.weight, reduction, given.ignoreIndex);
}

/** Options of `F.crossEntropy`. */
export interface CrossEntropyOptions extends NllLossOptions {
  /** Share of the target that is spread over all classes (Szegedy et al., 2015). Default: 0. */
  labelSmoothing?: number;
}
export const CROSS_ENTROPY: Required<CrossEntropyOptions> = { ...NLL_LOSS, labelSmoothing: 0 };
const CROSS = signature('crossEntropy', PAIR, CROSS_ENTROPY);

/**
 * The negative log likelihood of the softmax of `input`.
 *
 * Shapes: input `(N, C, *)` or `(C)` of unnormalized scores; target `(N, *)` or `()` of classes, or
 * of the input's shape, of probabilities.
 */
export function crossEntropy(
  ...args: Call<typeof CROSS, [input: Tensor, target: Tensor], [...NllPlaces, labelSmoothing: number]>
): Tensor {
  const [input, target, given] = CROSS.bind(args);
  const { weight, ignoreIndex, labelSmoothing } = given;
  const reduction = reductionEnum(resolveReduction(given));
  return aten.crossEntropyLoss(input, target, weight, reduction, ignoreIndex, labelSmoothing);
}

/** Options of `F.poissonNllLoss`. */
export interface PoissonNllLossOptions extends ReductionOptions {
  /** Whether the input is the logarithm of the rate. Default: `true`. */
  logInput?: boolean;
  /** Whether to add Stirling's approximation of `log(target!)`. Default: `false`. */
  full?: boolean;
  /** Added to the input before its logarithm is taken. Default: 1e-8. */
  eps?: number;
}
export const POISSON_NLL_LOSS: Required<PoissonNllLossOptions> = {
  logInput: true,
  full: false,
  sizeAverage: null,
  eps: 1e-8,
  reduce: null,
  reduction: 'mean',
};
const POISSON = signature('poissonNllLoss', PAIR, POISSON_NLL_LOSS);

/** `exp(x) - y · x`: the negative log likelihood of counts under a Poisson distribution. Shapes: both the same. */
export function poissonNllLoss(
  ...args: Call<
    typeof POISSON,
    [input: Tensor, target: Tensor],
    [
      logInput: boolean,
      full: boolean,
      sizeAverage: boolean | null,
      eps: number,
      reduce: boolean | null,
      reduction: Reduction,
    ]
  >
): Tensor {
  const [input, target, given] = POISSON.bind(args);
  const reduction = resolveReduction(given);
  checkReduction(reduction, 'is not a valid value for reduction');
  const { logInput, full, eps } = given;
  return aten.poissonNllLoss(input, target, logInput, full, eps, reductionEnum(reduction));
}

/** Options of `F.gaussianNllLoss`. */
export interface GaussianNllLossOptions {
  /** Whether to add the constant `½ log 2π`. Default: `false`. */
  full?: boolean;
  /** The least variance. Default: 1e-6. */
  eps?: number;
  /** Default: `'mean'`. */
  reduction?: Reduction;
}
export const GAUSSIAN_NLL_LOSS: Required<GaussianNllLossOptions> = {
  full: false,
  eps: 1e-6,
  reduction: 'mean',
};
const GAUSSIAN = signature('gaussianNllLoss', [...PAIR, value<Tensor | number>()('var')], GAUSSIAN_NLL_LOSS);

// One variance a sample, or a dimension of the variance that is one, broadcasts.
function fitVariance(variance: Tensor, input: Tensor): Tensor {
  checkTensor('gaussianNllLoss', 'var', variance);
  if (sameSize(variance, input)) return variance;
  const { shape } = input;
  const own = variance.shape;
  if (own.length === shape.length - 1 && own.every((size, i) => size === shape[i]))
    return aten.unsqueeze(variance, -1);
  const different = own.filter((size, i) => size !== shape[i]);
  if (own.length === shape.length && different.reduce((sum, size) => sum + size, 0) === 1) return variance;
  throw valueError('var is of incorrect size');
}

/**
 * `½ (log v + (x - y)² / v)`: the negative log likelihood of a normal distribution (Nix and Weigend, 1994).
 *
 * Shapes: input and target `(N, *)`; `var` the same, or without or with one element in the last dimension,
 * or a number.
 *
 * @throws ValueError for a negative variance, or one of another size.
 */
export function gaussianNllLoss(
  ...args: Call<
    typeof GAUSSIAN,
    [input: Tensor, target: Tensor, variance: Tensor | number],
    [full: boolean, eps: number, reduction: Reduction]
  >
): Tensor {
  const [input, target, variance, given] = GAUSSIAN.bind(args);
  const { full, eps, reduction } = given;
  const negative =
    typeof variance === 'number' ? variance < 0 : aten.isNonzero(aten.any(aten.lt(variance, 0)));
  if (negative) throw valueError('var has negative entry/entries');
  const whole = typeof variance === 'number' ? aten.mul(aten.onesLike(input), variance) : variance;
  const fit = fitVariance(whole, input);
  checkReduction(reduction, 'is not valid');
  const clamped = aten.clone(fit);
  noGrad(() => void aten.clamp_(clamped, { min: eps }));
  // Logarithms first: the order decides how gradients are summed.
  const logs = aten.log(clamped);
  const squares = aten.div(aten.pow(aten.sub(input, target), 2), clamped);
  const loss = aten.mul(aten.add(logs, squares), 0.5);
  if (full) aten.add_(loss, 0.5 * Math.log(2 * Math.PI));
  return reduced(loss, reduction);
}

/** As {@link Reduction}; `'batchmean'` divides the sum by the size of the batch. */
export type KlDivReduction = Reduction | 'batchmean';
/** Options of `F.klDiv`. */
export interface KlDivOptions extends Omit<ReductionOptions, 'reduction'> {
  /** Default: `'mean'`. */
  reduction?: KlDivReduction;
  /** Whether the target, too, is given as logarithms. Default: `false`. */
  logTarget?: boolean;
}
export const KL_DIV: Required<KlDivOptions> = { ...REDUCTION, logTarget: false };
const KL = signature('klDiv', PAIR, KL_DIV);

/**
 * `y (log y - x)`: the Kullback-Leibler divergence of probabilities `y` from log probabilities `x`.
 *
 * Shapes: both the same, `(N, *)`. Only the reduction `'batchmean'` gives the divergence's mean.
 */
export function klDiv(
  ...args: Call<
    typeof KL,
    [input: Tensor, target: Tensor],
    [sizeAverage: boolean | null, reduce: boolean | null, reduction: KlDivReduction, logTarget: boolean]
  >
): Tensor {
  const [input, target, given] = KL.bind(args);
  const { reduction, sizeAverage, reduce, logTarget } = given;
  const perSample = reduction === 'batchmean';
  let meant: string = reduction;
  if (sizeAverage !== null || reduce !== null) {
    meant = resolveReduction({ reduction: 'mean', sizeAverage, reduce });
  } else if (reduction === 'mean') {
    warn(
      "reduction: 'mean' divides the total loss by both the batch size and the support size." +
        "'batchmean' divides only by the batch size, and aligns with the KL div math definition." +
        "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
    );
  } else if (perSample) meant = 'sum';
  const loss = aten.klDiv(input, target, reductionEnum(meant), { logTarget });
  return perSample && input.dim() !== 0 ? aten.div(loss, input.shape[0]) : loss;
}
