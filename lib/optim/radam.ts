import { keywords } from '../core/keywords';
import type { Tensor } from '../tensor';
import { counter, upgradeCounters, zeros } from './batch';
import { type FormGroup, type FormOptions, checkBetas, checkLearningRate, checkNotNegative } from './implementation';
import { chooseForm } from './implementation';
import { type ParamGroup, type Params, toGroupKeys } from './group';
import { Optimizer } from './optimizer';
import { foreach, single } from './radam_update';
import type { Value } from './scalar';

export interface RAdamOptions extends FormOptions {
  /** Learning rate. Default: 1e-3. */
  lr?: Value;
  /** Decay of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator. Default: 1e-8. */
  eps?: number;
  /** L2 penalty, or what is taken off each step when decoupled. Default: 0. */
  weightDecay?: number;
  /** Decay the weights themselves, not through the gradient. Default: false. */
  decoupledWeightDecay?: boolean;
}

export interface RAdamGroup extends ParamGroup, FormGroup {
  betas: readonly [number, number];
  eps: number;
  weight_decay: number;
  decoupled_weight_decay: boolean;
}

const RADAM: Required<RAdamOptions> = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  maximize: false,
  foreach: null,
  capturable: false,
  decoupledWeightDecay: false,
  differentiable: false,
};

/**
 * Adam with a rectified variance: plain momentum while `ρₜ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)` is at most 5, with
 * `ρ∞ = 2 / (1 − β₂) − 1`; afterwards Adam times `√((ρₜ−4)(ρₜ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρₜ))`.
 *
 * Liu et al. 2019, On the Variance of the Adaptive Learning Rate and Beyond.
 */
export class RAdam extends Optimizer<RAdamGroup, RAdamOptions> {
  constructor(params: Params<RAdamOptions>, lr?: Value | RAdamOptions, options?: RAdamOptions) {
    const given = keywords<RAdamOptions>('RAdam', RADAM, { lr }, options);
    checkLearningRate(given.lr);
    checkNotNegative('epsilon value', given.eps);
    checkBetas(given.betas);
    checkNotNegative('weight_decay value', given.weightDecay);
    super(params, toGroupKeys(given) as RAdamGroup);
  }

  protected override updateGroup(group: RAdamGroup): void {
    const begin = (param: Tensor) => ({
      step: counter(0, param, group),
      exp_avg: zeros(param),
      exp_avg_sq: zeros(param),
    });
    const slots = this.collect(group, begin, 'RAdam does not support sparse gradients');
    if (slots.length === 0) return;
    const form = chooseForm(group, slots.map(({ param }) => param)); // prettier-ignore
    (form === 'foreach' ? foreach : single)(slots, group);
  }

  protected override upgrade(): void {
    this.setDefaults({
      foreach: null,
      maximize: false,
      differentiable: false,
      decoupled_weight_decay: false,
      capturable: false,
    });
    upgradeCounters(this.paramGroups, this.state);
  }
}
