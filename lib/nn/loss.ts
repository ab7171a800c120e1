import * as F from '../functional';
import type {
  BceWithLogitsOptions,
  CrossEntropyOptions,
  NllLossOptions,
  Reduction,
  ReductionOptions,
} from '../functional';
import { keywords } from '../functional/keywords';
import { BCE_WITH_LOGITS, CROSS_ENTROPY, NLL_LOSS } from '../functional/loss';
import { REDUCTION, resolveReduction } from '../functional/reduction';
import type { Tensor } from '../tensor';
import { Module } from './module';

type Pair = [input: Tensor, target: Tensor];

/** The mean of `(x - y)²`. Shapes: both the same, output `()`, or the input's when not reduced. */
export class MSELoss extends Module<Pair, Tensor> {
  readonly reduction: Reduction;

  constructor(options?: ReductionOptions) {
    super();
    this.reduction = resolveReduction(keywords('MSELoss', REDUCTION, null, options));
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, { reduction: this.reduction });
  }
}

/** The mean of `|x - y|`. Shapes: both the same, output `()`, or the input's when not reduced. */
export class L1Loss extends Module<Pair, Tensor> {
  readonly reduction: Reduction;

  constructor(options?: ReductionOptions) {
    super();
    this.reduction = resolveReduction(keywords('L1Loss', REDUCTION, null, options));
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, { reduction: this.reduction });
  }
}

/**
 * The negative log likelihood of classes.
 *
 * Shapes: input `(N, C, *)` or `(C)` of log probabilities, target `(N, *)` or `()` of classes.
 */
export class NLLLoss extends Module<Pair, Tensor> {
  readonly reduction: Reduction;
  readonly ignoreIndex: number;
  readonly weight!: Tensor | null; // (C)

  constructor(weight?: Tensor | null | NllLossOptions, options?: NllLossOptions) {
    super();
    const given = keywords<NllLossOptions>('NLLLoss', NLL_LOSS, { weight }, options);
    this.reduction = resolveReduction(given);
    this.ignoreIndex = given.ignoreIndex;
    this.registerBuffer('weight', given.weight);
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction } = this;
    return F.nllLoss(input, target, { weight, ignoreIndex, reduction });
  }
}

/**
 * The negative log likelihood of classes, from unnormalized scores.
 *
 * Shapes: input `(N, C, *)` or `(C)`; target `(N, *)` or `()` of classes, or the input's shape, of
 * probabilities.
 *
 * @example
 * const loss = new nn.CrossEntropyLoss({ labelSmoothing: 0.1 });
 * loss(torch.randn([3, 5]), torch.tensor([1n, 0n, 4n])).backward();
 */
export class CrossEntropyLoss extends Module<Pair, Tensor> {
  readonly reduction: Reduction;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
  readonly weight!: Tensor | null; // (C)

  constructor(weight?: Tensor | null | CrossEntropyOptions, options?: CrossEntropyOptions) {
    super();
    const given = keywords<CrossEntropyOptions>('CrossEntropyLoss', CROSS_ENTROPY, { weight }, options);
    this.reduction = resolveReduction(given);
    this.ignoreIndex = given.ignoreIndex;
    this.labelSmoothing = given.labelSmoothing;
    this.registerBuffer('weight', given.weight);
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction, labelSmoothing } = this;
    return F.crossEntropy(input, target, { weight, ignoreIndex, reduction, labelSmoothing });
  }
}

/** The binary cross entropy of `sigmoid(input)`. Shapes: both the same, output `()` unless not reduced. */
export class BCEWithLogitsLoss extends Module<Pair, Tensor> {
  readonly reduction: Reduction;
  readonly weight!: Tensor | null; // broadcasts to the input
  readonly pos_weight!: Tensor | null;

  constructor(weight?: Tensor | null | BceWithLogitsOptions, options?: BceWithLogitsOptions) {
    super();
    const given = keywords<BceWithLogitsOptions>('BCEWithLogitsLoss', BCE_WITH_LOGITS, { weight }, options);
    this.reduction = resolveReduction(given);
    this.registerBuffer('weight', given.weight);
    this.registerBuffer('pos_weight', given.posWeight);
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, pos_weight: posWeight, reduction } = this;
    return F.binaryCrossEntropyWithLogits(input, target, { weight, posWeight, reduction });
  }
}
