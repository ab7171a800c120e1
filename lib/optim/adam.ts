import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import { Tensor } from '../tensor';
import { AMSGRAD_KEYS, type AdamGroup, KEYS, implementations, inOneCall } from './adam_update';
import { type ParamSlot, checkStates, counter, upgradeCounters, zeros } from './batch';
import {
  type FusedOptions,
  type Implementation,
  type ImplementationOptions,
  checkAdamOptions,
  checkFused,
} from './implementation';
import { TorchError } from '../core/errors';
import { type Params, valueError } from './group';
import { TensorOptimizer } from './tensor_optimizer';
import { type Value, rateOf, squeezed } from './scalar';
import type { ParamState } from './state_dict';

/** Options of `optim.Adam`. */
export interface AdamOptions extends ImplementationOptions, FusedOptions {
  /** Learning rate. Default: 1e-3. */
  lr?: Value;
  /** Decay of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
  betas?: readonly [Value, Value];
  /** Added to the denominator. Default: 1e-8. */
  eps?: number;
  /** L2 penalty, or what is taken off each step when decoupled. Default: 0 (AdamW: 0.01). */
  weightDecay?: Value;
  /** Divide by the largest average so far. Default: false. */
  amsgrad?: boolean;
  /** Decay the weights themselves, not through the gradient. Default: false (AdamW: true). */
  decoupledWeightDecay?: boolean;
}

export const ADAM: Required<AdamOptions> = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
  foreach: null,
  capturable: false,
  differentiable: false,
  fused: null,
  decoupledWeightDecay: false,
};

const notForeach = (what: string) =>
  `${what} as a Tensor is not supported for capturable=False and foreach=True`;

const ADAM_CALL = optimSignature('Adam', [value<Params<AdamOptions>>()('params')], ADAM, [
  'lr',
  'betas',
  'eps',
  'weightDecay',
  'amsgrad',
]);

/**
 * Adam: `m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; p ← p − lr m̂ / (√v̂ + eps)`, where
 * `m̂ = m / (1 − β₁ᵗ)` and `v̂ = v / (1 − β₂ᵗ)` after `t` steps; `g` has `weightDecay · p` added.
 *
 * Kingma and Ba 2014, Adam: A Method for Stochastic Optimization. `amsgrad`: Reddi et al. 2018, On the
 * Convergence of Adam and Beyond.
 *
 * @example
 * const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
 * optimizer.zeroGrad();
 * lossOf(model(input), target).backward();
 * optimizer.step();
 */
export class Adam extends TensorOptimizer<AdamGroup, AdamOptions> {
  protected override readonly implementations = implementations;
  protected override readonly sparseRefusal =
    'Adam does not support sparse gradients, please consider SparseAdam instead';

  constructor(
    ...args: Call<
      typeof ADAM_CALL,
      [params: Params<AdamOptions>],
      [lr: Value, betas: readonly [Value, Value], eps: number, weightDecay: Value, amsgrad: boolean]
    >
  ) {
    const [list, given] = ADAM_CALL.bind(args);
    check(given);
    super(list, { ...given, betas: [squeezed(given.betas[0]), squeezed(given.betas[1])] });
  }

  protected override beginState(param: Tensor, _grad: Tensor, group: AdamGroup): ParamState {
    if (group.fused) checkFused(param);
    const state: ParamState = {
      step: counter(0, param, group),
      exp_avg: zeros(param),
      exp_avg_sq: zeros(param),
    };
    if (group.amsgrad) state.max_exp_avg_sq = zeros(param);
    return state;
  }

  protected override choose(group: AdamGroup, params: readonly Tensor[]): Implementation {
    const tensorLr = rateOf(group) instanceof Tensor && !group.capturable;
    if (tensorLr && group.foreach) throw new TorchError(notForeach('lr'));
    const chosen = super.choose(group, params);
    return tensorLr && chosen === 'multiTensor' ? 'singleTensor' : chosen;
  }

  protected override updateAtOnce(group: AdamGroup): boolean {
    return this.choose(group, group.params) === 'singleTensor' && inOneCall(group, this.state);
  }

  protected override update(slots: readonly ParamSlot[], group: AdamGroup): void {
    checkStates(slots, group.amsgrad ? AMSGRAD_KEYS : KEYS);
    super.update(slots, group);
  }

  protected override upgrade(): void {
    this.setDefaults({
      amsgrad: false,
      maximize: false,
      foreach: null,
      capturable: false,
      differentiable: false,
      decoupled_weight_decay: false,
      fused: null,
    });
    upgradeCounters(this.paramGroups, this.state);
  }
}

function check(options: Required<AdamOptions>): void {
  const { lr, betas, capturable, foreach } = options;
  const excluded = foreach === true && !capturable;
  if (lr instanceof Tensor && excluded) throw valueError(notForeach('lr'));
  checkAdamOptions(options);
  if (betas[0] instanceof Tensor !== betas[1] instanceof Tensor) {
    throw valueError('betas must be either both floats or both Tensors');
  }
  betas.forEach((beta, i) => {
    if (!(beta instanceof Tensor)) return;
    if (excluded) throw valueError(notForeach(`betas[${i}]`));
    if (beta.numel() !== 1) throw valueError(`Tensor betas[${i}] must be 1-element`);
  });
}
