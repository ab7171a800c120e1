import { keywords } from '../core/keywords';
import type { Tensor } from '../tensor';
import { counter, upgradeCounters, zeros } from './batch';
import { type FormGroup, type FormOptions, checkBetas, checkLearningRate, checkNotNegative } from './implementation';
import { chooseForm } from './implementation';
import { type ParamGroup, type Params, toGroupKeys } from './group';
import { foreach, single } from './nadam_update';
import { Optimizer } from './optimizer';
import type { Value } from './scalar';

export interface NAdamOptions extends FormOptions {
  /** Learning rate. Default: 2e-3. */
  lr?: Value;
  /** Decay of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator. Default: 1e-8. */
  eps?: number;
  /** L2 penalty, or what is taken off each step when decoupled. Default: 0. */
  weightDecay?: number;
  /** How fast the momentum approaches the first beta. Default: 4e-3. */
  momentumDecay?: number;
  /** Decay the weights themselves, not through the gradient. Default: false. */
  decoupledWeightDecay?: boolean;
}

export interface NAdamGroup extends ParamGroup, FormGroup {
  betas: readonly [number, number];
  eps: number;
  weight_decay: number;
  momentum_decay: number;
  decoupled_weight_decay: boolean;
}

const NADAM: Required<NAdamOptions> = {
  lr: 2e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  momentumDecay: 4e-3,
  decoupledWeightDecay: false,
  maximize: false,
  foreach: null,
  capturable: false,
  differentiable: false,
};

/**
 * Adam with Nesterov momentum. With `μₜ = β₁ (1 − 0.96^(t · momentumDecay) / 2)` the averaged gradient is
 * `μₜ₊₁ m / (1 − Π μ) + (1 − μₜ) g / (1 − Π μ)`.
 *
 * Dozat 2016, Incorporating Nesterov Momentum into Adam.
 */
export class NAdam extends Optimizer<NAdamGroup, NAdamOptions> {
  constructor(params: Params<NAdamOptions>, lr?: Value | NAdamOptions, options?: NAdamOptions) {
    const given = keywords<NAdamOptions>('NAdam', NADAM, { lr }, options);
    checkLearningRate(given.lr);
    checkNotNegative('epsilon value', given.eps);
    checkBetas(given.betas);
    checkNotNegative('weight_decay value', given.weightDecay);
    checkNotNegative('momentum_decay value', given.momentumDecay);
    super(params, toGroupKeys(given) as NAdamGroup);
  }

  protected override updateGroup(group: NAdamGroup): void {
    const begin = (param: Tensor) => ({
      step: counter(0, param, group),
      mu_product: counter(1, param, group),
      exp_avg: zeros(param),
      exp_avg_sq: zeros(param),
    });
    const slots = this.collect(group, begin, 'NAdam does not support sparse gradients');
    if (slots.length === 0) return;
    const form = chooseForm(group, slots.map(({ param }) => param)); // prettier-ignore
    (form === 'foreach' ? foreach : single)(slots, group);
  }

  protected override upgrade(): void {
    this.setDefaults({
      maximize: false,
      foreach: null,
      capturable: false,
      differentiable: false,
      decoupled_weight_decay: false,
    });
    upgradeCounters(this.paramGroups, this.state, ['step', 'mu_product']);
  }
}
