// Losses that are negative log likelihoods, or differences of distributions.
import * as F from '../../../functional';
import type { KlDivOptions, Reduction } from '../../../functional';
import { type Call, signature } from '../../../core/signature';
import {
  CROSS_ENTROPY,
  GAUSSIAN_NLL_LOSS,
  KL_DIV,
  NLL_LOSS,
  POISSON_NLL_LOSS,
} from '../../../functional/loss';
import { REDUCTION } from '../../../functional/reduction';
import type { Tensor } from '../../../tensor';
import { warn } from '../../../core/warn';
import { FLAGS, Loss, WeightedLoss } from './base';

const NLL = signature('NLLLoss', [], NLL_LOSS, [
  'weight',
  'sizeAverage',
  'ignoreIndex',
  'reduce',
  'reduction',
]);
type WithIgnored = [
  weight: Tensor | null,
  sizeAverage: boolean | null,
  ignoreIndex: number,
  reduce: boolean | null,
  reduction: Reduction,
];

/**
 * The negative log likelihood of classes.
 *
 * Shapes: input `(N, C, *)` or `(C)` of log probabilities, target `(N, *)` or `()` of classes; weight `(C)`.
 */
export class NLLLoss extends WeightedLoss {
  readonly ignoreIndex: number;

  constructor(...args: Call<typeof NLL, [], WithIgnored>) {
    const [given] = NLL.bind(args, new.target.name);
    super(given);
    this.ignoreIndex = given.ignoreIndex;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction } = this;
    return F.nllLoss(input, target, { weight, ignoreIndex, reduction });
  }
}

/**
 * Another name of {@link NLLLoss}.
 *
 * @deprecated Use {@link NLLLoss}.
 */
export class NLLLoss2d extends NLLLoss {
  constructor(...args: Call<typeof NLL, [], WithIgnored>) {
    warn(
      '`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement and see ' +
        'https://pytorch.org/docs/main/nn.html#torch.nn.NLLLoss for more details.',
      'FutureWarning',
    );
    super(...args);
  }
}

const CROSS_ENTROPY_LOSS = signature('CrossEntropyLoss', [], CROSS_ENTROPY, [
  'weight',
  'sizeAverage',
  'ignoreIndex',
  'reduce',
  'reduction',
  'labelSmoothing',
]);

/**
 * The negative log likelihood of classes, from unnormalized scores.
 *
 * Shapes: input `(N, C, *)` or `(C)`; target `(N, *)` or `()` of classes, or the input's shape, of
 * probabilities; weight `(C)`.
 *
 * @example
 * const loss = new nn.CrossEntropyLoss({ labelSmoothing: 0.1 });
 * loss(torch.randn([3, 5]), torch.tensor([1n, 0n, 4n])).backward();
 */
export class CrossEntropyLoss extends WeightedLoss {
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;

  constructor(...args: Call<typeof CROSS_ENTROPY_LOSS, [], [...WithIgnored, labelSmoothing: number]>) {
    const [given] = CROSS_ENTROPY_LOSS.bind(args);
    super(given);
    this.ignoreIndex = given.ignoreIndex;
    this.labelSmoothing = given.labelSmoothing;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction, labelSmoothing } = this;
    return F.crossEntropy(input, target, { weight, ignoreIndex, reduction, labelSmoothing });
  }
}

const POISSON = signature('PoissonNLLLoss', [], POISSON_NLL_LOSS, [
  'logInput',
  'full',
  'sizeAverage',
  'eps',
  'reduce',
  'reduction',
]);

/** The negative log likelihood of counts under a Poisson distribution. Shapes: both the same. */
export class PoissonNLLLoss extends Loss {
  readonly logInput: boolean;
  readonly full: boolean;
  readonly eps: number;

  constructor(
    ...args: Call<
      typeof POISSON,
      [],
      [
        logInput: boolean,
        full: boolean,
        sizeAverage: boolean | null,
        eps: number,
        reduce: boolean | null,
        reduction: Reduction,
      ]
    >
  ) {
    const [given] = POISSON.bind(args);
    super(given);
    this.logInput = given.logInput;
    this.full = given.full;
    this.eps = given.eps;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { logInput, full, eps, reduction } = this;
    return F.poissonNllLoss(input, target, { logInput, full, eps, reduction });
  }
}

const GAUSSIAN = signature('GaussianNLLLoss', [], GAUSSIAN_NLL_LOSS, []);

/**
 * The negative log likelihood of a normal distribution (Nix and Weigend, 1994). Shapes: see
 * {@link F.gaussianNllLoss}.
 */
export class GaussianNLLLoss extends Loss<[input: Tensor, target: Tensor, variance: Tensor | number]> {
  readonly full: boolean;
  readonly eps: number;

  constructor(...args: Call<typeof GAUSSIAN, []>) {
    const [given] = GAUSSIAN.bind(args);
    super({ ...REDUCTION, reduction: given.reduction });
    this.full = given.full;
    this.eps = given.eps;
  }
  override forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    const { full, eps, reduction } = this;
    return F.gaussianNllLoss(input, target, variance, { full, eps, reduction });
  }
}

const KL_DIV_LOSS = signature('KLDivLoss', [], KL_DIV, [...FLAGS, 'logTarget']);

/** The Kullback-Leibler divergence of probabilities from log probabilities. Shapes: both the same, `(N, *)`. */
export class KLDivLoss extends Loss {
  readonly logTarget: boolean;

  constructor(
    ...args: Call<
      typeof KL_DIV_LOSS,
      [],
      [
        sizeAverage: boolean | null,
        reduce: boolean | null,
        reduction: Required<KlDivOptions>['reduction'],
        logTarget: boolean,
      ]
    >
  ) {
    const [{ reduction, sizeAverage, reduce, logTarget }] = KL_DIV_LOSS.bind(args);
    super({ reduction: reduction as Reduction, sizeAverage, reduce });
    this.logTarget = logTarget;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.klDiv(input, target, { reduction: this.reduction, logTarget: this.logTarget });
  }
}
