import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import type { Tensor } from '../tensor';
import { counter, upgradeCounters, zeros } from './batch';
import { type ImplementationOptions, checkAdamOptions } from './implementation';
import type { Params } from './group';
import { TensorOptimizer } from './tensor_optimizer';
import { type RAdamGroup, implementations } from './radam_update';
import type { Value } from './scalar';
import type { ParamState } from './state_dict';

/** Options of `optim.RAdam`. */
export interface RAdamOptions extends ImplementationOptions {
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

const RADAM_CALL = optimSignature('RAdam', [value<Params<RAdamOptions>>()('params')], RADAM, [
  'lr',
  'betas',
  'eps',
  'weightDecay',
  'decoupledWeightDecay',
]);

/**
 * Adam with a rectified variance: plain momentum while `ρₜ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)` is at most 5, with
 * `ρ∞ = 2 / (1 − β₂) − 1`; afterwards Adam times `√((ρₜ−4)(ρₜ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρₜ))`.
 *
 * Liu et al. 2019, On the Variance of the Adaptive Learning Rate and Beyond.
 */
export class RAdam extends TensorOptimizer<RAdamGroup, RAdamOptions> {
  protected override readonly implementations = implementations;
  protected override readonly sparseRefusal = 'RAdam does not support sparse gradients';

  constructor(
    ...args: Call<
      typeof RADAM_CALL,
      [params: Params<RAdamOptions>],
      [
        lr: Value,
        betas: readonly [number, number],
        eps: number,
        weightDecay: number,
        decoupledWeightDecay: boolean,
      ]
    >
  ) {
    const [list, given] = RADAM_CALL.bind(args);
    checkAdamOptions(given);
    super(list, given);
  }

  protected override beginState(param: Tensor, _grad: Tensor, group: RAdamGroup): ParamState {
    return {
      step: counter(0, param, group),
      exp_avg: zeros(param),
      exp_avg_sq: zeros(param),
    };
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
