import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import type { Tensor } from '../tensor';
import { counter, upgradeCounters, zeros } from './batch';
import { type ImplementationOptions, checkAdamOptions, checkNotNegative } from './implementation';
import type { Params } from './group';
import { type NAdamGroup, implementations } from './nadam_update';
import { TensorOptimizer } from './tensor_optimizer';
import type { Value } from './scalar';
import type { ParamState } from './state_dict';

/** Options of `optim.NAdam`. */
export interface NAdamOptions extends ImplementationOptions {
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

const NADAM_CALL = optimSignature('NAdam', [value<Params<NAdamOptions>>()('params')], NADAM, [
  'lr',
  'betas',
  'eps',
  'weightDecay',
  'momentumDecay',
  'decoupledWeightDecay',
]);

/**
 * Adam with Nesterov momentum. With `μₜ = β₁ (1 − 0.96^(t · momentumDecay) / 2)` the averaged gradient is
 * `μₜ₊₁ m / (1 − Π μ) + (1 − μₜ) g / (1 − Π μ)`.
 *
 * Dozat 2016, Incorporating Nesterov Momentum into Adam.
 */
export class NAdam extends TensorOptimizer<NAdamGroup, NAdamOptions> {
  protected override readonly implementations = implementations;
  protected override readonly sparseRefusal = 'NAdam does not support sparse gradients';

  constructor(
    ...args: Call<
      typeof NADAM_CALL,
      [params: Params<NAdamOptions>],
      [
        lr: Value,
        betas: readonly [number, number],
        eps: number,
        weightDecay: number,
        momentumDecay: number,
        decoupledWeightDecay: boolean,
      ]
    >
  ) {
    const [list, given] = NADAM_CALL.bind(args);
    checkAdamOptions(given);
    checkNotNegative('momentum_decay value', given.momentumDecay);
    super(list, given);
  }

  protected override beginState(param: Tensor, _grad: Tensor, group: NAdamGroup): ParamState {
    return {
      step: counter(0, param, group),
      mu_product: counter(1, param, group),
      exp_avg: zeros(param),
      exp_avg_sq: zeros(param),
    };
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
