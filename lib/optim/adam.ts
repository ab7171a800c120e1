import { zerosLike } from '../aten';
import { getDefaultDtype, tensor } from '../creation';
import { float32, float64 } from '../dtype';
import { TorchError } from '../errors';
import { keep } from '../memory';
import { Tensor } from '../tensor';
import { type AdamUpdate, forms } from './adam_forms';
import {
  type FormOptions,
  checkForm,
  checkFused,
  checkLearningRate,
  checkNotNegative,
  chooseForm,
} from './form';
import { type ParamGroup, type Params, valueError } from './group';
import { Optimizer } from './optimizer';
import type { ParamState } from './state_dict';

export interface AdamOptions extends FormOptions {
  /** Learning rate. Default: 1e-3. */
  lr?: number | Tensor;
  /** Decay of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator. Default: 1e-8. */
  eps?: number;
  /** L2 penalty, or what is taken off each step when decoupled. Default: 0 (AdamW: 0.01). */
  weightDecay?: number;
  /** Divide by the largest average so far. Default: false. */
  amsgrad?: boolean;
  /** Decay the weights themselves, not through the gradient. Default: false (AdamW: true). */
  decoupledWeightDecay?: boolean;
}

export interface AdamGroup extends ParamGroup {
  betas: readonly [number, number];
  eps: number;
  weight_decay: number;
  amsgrad: boolean;
  maximize: boolean;
  foreach: boolean | null;
  capturable: boolean;
  differentiable: boolean;
  fused: boolean | null;
  decoupled_weight_decay: boolean;
}

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
export class Adam extends Optimizer<AdamGroup, AdamOptions> {
  constructor(params: Params<AdamOptions>, options: AdamOptions = {}) {
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, amsgrad = false } = options;
    const { maximize = false, foreach = null, fused = null, decoupledWeightDecay = false } = options;
    if (lr instanceof Tensor && foreach) {
      throw valueError('lr as a Tensor is not supported for capturable=False and foreach=True');
    }
    checkLearningRate(lr);
    checkNotNegative('epsilon value', eps);
    betas.forEach((beta, i) => {
      if (!(beta >= 0 && beta < 1)) throw valueError(`Invalid beta parameter at index ${i}: ${beta}`);
    });
    checkNotNegative('weight_decay value', weightDecay);
    checkForm(options);
    super(params, {
      lr,
      betas,
      eps,
      weight_decay: weightDecay,
      amsgrad,
      maximize,
      foreach,
      capturable: false,
      differentiable: false,
      fused,
      decoupled_weight_decay: decoupledWeightDecay,
    });
  }

  protected override updateGroup(group: AdamGroup): void {
    const update: AdamUpdate = {
      params: [],
      grads: [],
      expAvgs: [],
      expAvgSqs: [],
      maxExpAvgSqs: [],
      steps: [],
    };
    for (const param of group.params) {
      const { grad } = param;
      if (!grad) continue;
      if (grad.isSparse) {
        throw new TorchError('Adam does not support sparse gradients, please consider SparseAdam instead');
      }
      const state = this.stateOf(param);
      if (Object.keys(state).length === 0) begin(state, param, group);
      update.params.push(param);
      update.grads.push(grad);
      update.expAvgs.push(state.exp_avg as Tensor);
      update.expAvgSqs.push(state.exp_avg_sq as Tensor);
      if (group.amsgrad) update.maxExpAvgSqs.push(state.max_exp_avg_sq as Tensor);
      update.steps.push(state.step as Tensor);
    }
    if (update.params.length === 0) return;
    const form = chooseForm(group, update.params);
    const tensorLr = form === 'foreach' && group.lr instanceof Tensor;
    if (tensorLr && group.foreach) {
      throw new TorchError('lr as a Tensor is not supported for capturable=False and foreach=True');
    }
    forms[tensorLr ? 'single' : form](update, group);
  }

  // Older files keep the step as a number.
  protected override upgrade(): void {
    super.upgrade();
    for (const group of this.paramGroups) {
      for (const param of group.params) {
        const state = this.state.get(param);
        if (typeof state?.step === 'number') state.step = counter(state.step, param, group);
      }
    }
  }
}

function begin(state: ParamState, param: Tensor, group: AdamGroup): void {
  if (group.fused) checkFused(param);
  state.step = counter(0, param, group);
  state.exp_avg = keep(zerosLike(param));
  state.exp_avg_sq = keep(zerosLike(param));
  if (group.amsgrad) state.max_exp_avg_sq = keep(zerosLike(param));
}

// On the CPU, except where the fused kernel reads it.
function counter(step: number, param: Tensor, group: AdamGroup): Tensor {
  const wide = !group.fused && getDefaultDtype() === float64;
  const device = group.fused ? param.device : undefined;
  return keep(tensor(step, { dtype: wide ? float64 : float32, device }));
}
