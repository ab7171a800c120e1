// Losses that are negative log likelihoods, or differences of distributions.
import * as F from '../../../functional';
import type {
  CrossEntropyOptions,
  GaussianNllLossOptions,
  KlDivOptions,
  NllLossOptions,
  PoissonNllLossOptions,
  Reduction,
} from '../../../functional';
import { keywords } from '../../../core/keywords';
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
import { Loss, WeightedLoss } from './base';

/**
 * The negative log likelihood of classes.
 *
 * Shapes: input `(N, C, *)` or `(C)` of log probabilities, target `(N, *)` or `()` of classes; weight `(C)`.
 */
export class NLLLoss extends WeightedLoss {
  readonly ignoreIndex: number;

  constructor(weight?: Tensor | null | NllLossOptions, options?: NllLossOptions) {
    const given = keywords<NllLossOptions>('NLLLoss', NLL_LOSS, { weight }, options);
    super(given);
    this.ignoreIndex = given.ignoreIndex;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction } = this;
    return F.nllLoss(input, target, { weight, ignoreIndex, reduction });
  }
}

/** @deprecated Use {@link NLLLoss}. */
export class NLLLoss2d extends NLLLoss {
  constructor(weight?: Tensor | null | NllLossOptions, options?: NllLossOptions) {
    warn(
      '`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement and see ' +
        'https://pytorch.org/docs/main/nn.html#torch.nn.NLLLoss for more details.',
      'FutureWarning',
    );
    super(weight, options);
  }
}

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

  constructor(weight?: Tensor | null | CrossEntropyOptions, options?: CrossEntropyOptions) {
    const given = keywords<CrossEntropyOptions>('CrossEntropyLoss', CROSS_ENTROPY, { weight }, options);
    super(given);
    this.ignoreIndex = given.ignoreIndex;
    this.labelSmoothing = given.labelSmoothing;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction, labelSmoothing } = this;
    return F.crossEntropy(input, target, { weight, ignoreIndex, reduction, labelSmoothing });
  }
}

/** The negative log likelihood of counts under a Poisson distribution. Shapes: both the same. */
export class PoissonNLLLoss extends Loss {
  readonly logInput: boolean;
  readonly full: boolean;
  readonly eps: number;

  constructor(options?: PoissonNllLossOptions) {
    const given = keywords<PoissonNllLossOptions>('PoissonNLLLoss', POISSON_NLL_LOSS, null, options);
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

/**
 * The negative log likelihood of a normal distribution (Nix and Weigend, 1994). Shapes: see
 * {@link F.gaussianNllLoss}.
 */
export class GaussianNLLLoss extends Loss<[input: Tensor, target: Tensor, variance: Tensor | number]> {
  readonly full: boolean;
  readonly eps: number;

  constructor(options?: GaussianNllLossOptions) {
    const given = keywords<GaussianNllLossOptions>('GaussianNLLLoss', GAUSSIAN_NLL_LOSS, null, options);
    super({ ...REDUCTION, reduction: given.reduction });
    this.full = given.full;
    this.eps = given.eps;
  }
  override forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    const { full, eps, reduction } = this;
    return F.gaussianNllLoss(input, target, variance, { full, eps, reduction });
  }
}

/** The Kullback-Leibler divergence of probabilities from log probabilities. Shapes: both the same, `(N, *)`. */
export class KLDivLoss extends Loss {
  readonly logTarget: boolean;

  constructor(options?: KlDivOptions) {
    const given = keywords<KlDivOptions>('KLDivLoss', KL_DIV, null, options);
    const { reduction, sizeAverage, reduce, logTarget } = given;
    super({ reduction: reduction as Reduction, sizeAverage, reduce });
    this.logTarget = logTarget;
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.klDiv(input, target, { reduction: this.reduction, logTarget: this.logTarget });
  }
}
