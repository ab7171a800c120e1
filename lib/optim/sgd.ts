import * as aten from '../aten';
import { TorchError } from '../errors';
import { keep } from '../memory';
import type { Tensor } from '../tensor';
import { type FormOptions, byDeviceAndDtype, checkForm, checkFused, checkLearningRate } from './form';
import { checkNotNegative, chooseForm, numberOf } from './form';
import { type ParamGroup, type Params, valueError } from './group';
import { Optimizer } from './optimizer';

export interface SGDOptions extends FormOptions {
  /** Learning rate. Default: 1e-3. */
  lr?: number | Tensor;
  /** How much of the last step's direction is kept. Default: 0. */
  momentum?: number;
  /** How much less than all of the gradient goes into the momentum. Default: 0. */
  dampening?: number;
  /** L2 penalty. Default: 0. */
  weightDecay?: number;
  /** Look ahead along the momentum. Default: false. */
  nesterov?: boolean;
}

export interface SGDGroup extends ParamGroup {
  momentum: number;
  dampening: number;
  weight_decay: number;
  nesterov: boolean;
  maximize: boolean;
  foreach: boolean | null;
  differentiable: boolean;
  fused: boolean | null;
}

/** The tensors of one update; `buffers` are empty where there is no momentum yet. */
interface Update {
  params: Tensor[];
  grads: Tensor[];
  buffers: (Tensor | undefined)[];
}

/**
 * Stochastic gradient descent: `p ← p − lr g`, with momentum `b ← μ b + (1 − τ) g; p ← p − lr b`,
 * with Nesterov's `p ← p − lr (g + μ b)`; `g` has `weightDecay · p` added. The first `b` is `g`.
 *
 * Sutskever et al. 2013, On the importance of initialization and momentum in deep learning; PyTorch
 * multiplies the learning rate into the step and not into `b`.
 *
 * @example
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 * optimizer.zeroGrad();
 * lossOf(model(input), target).backward();
 * optimizer.step();
 */
export class SGD extends Optimizer<SGDGroup, SGDOptions> {
  constructor(params: Params<SGDOptions>, options: SGDOptions = {}) {
    const { lr = 1e-3, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options;
    checkLearningRate(lr);
    checkNotNegative('momentum value', momentum);
    checkNotNegative('weight_decay value', weightDecay);
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw valueError('Nesterov momentum requires a momentum and zero dampening');
    }
    checkForm(options);
    const { maximize = false, foreach = null, fused = null } = options;
    super(params, {
      lr, momentum, dampening, weight_decay: weightDecay, nesterov, maximize, foreach, differentiable: false, fused,
    } as unknown as Omit<SGDGroup, 'params'>); // prettier-ignore
  }

  protected override updateGroup(group: SGDGroup): void {
    const update: Update = { params: [], grads: [], buffers: [] };
    for (const param of group.params) {
      const { grad } = param;
      if (!grad) continue;
      if (group.fused) checkFused(param);
      update.params.push(param);
      update.grads.push(grad);
      update.buffers.push(this.state.get(param)?.momentum_buffer as Tensor | undefined);
    }
    if (update.params.length === 0) return;
    forms[chooseForm(group, update.params)](update, group);
    if (group.momentum === 0) return;
    update.params.forEach((param, i) => {
      this.stateOf(param).momentum_buffer = keep(update.buffers[i]!);
    });
  }
}

const forms = { single, foreach, fused };

// The order of the operations below decides the last bit.

function single({ params, grads, buffers }: Update, group: SGDGroup): void {
  const { momentum, dampening, weight_decay, nesterov, maximize } = group;
  const lr = numberOf(group.lr);
  params.forEach((param, i) => {
    let grad = maximize ? grads[i].neg() : grads[i];
    if (weight_decay !== 0) grad = grad.add(param, { alpha: weight_decay });
    if (momentum !== 0) {
      const buffer = buffers[i];
      if (buffer) buffer.mul_(momentum).add_(grad, { alpha: 1 - dampening });
      const moved = (buffers[i] = buffer ?? grad.detach().clone());
      grad = nesterov ? grad.add(moved, { alpha: momentum }) : moved;
    }
    param.add_(grad, { alpha: -lr });
  });
}

function foreach(update: Update, group: SGDGroup): void {
  if (update.grads.some((grad) => grad.isSparse)) return single(update, group);
  const { momentum, dampening, weight_decay, nesterov, maximize } = group;
  const lr = numberOf(group.lr);
  for (const part of byDeviceAndDtype(update.params)) {
    const params = part.map((i) => update.params[i]);
    let grads = part.map((i) => update.grads[i]);
    if (maximize) grads = aten._foreachNeg(grads);
    if (weight_decay !== 0) {
      if (maximize) aten._foreachAdd_(grads, params, { alpha: weight_decay });
      else grads = aten._foreachAdd(grads, params, { alpha: weight_decay });
    }
    if (momentum !== 0) {
      const buffers = part.map((i, k) => {
        const buffer = update.buffers[i];
        if (buffer) buffer.mul_(momentum).add_(grads[k], { alpha: 1 - dampening });
        return (update.buffers[i] = buffer ?? grads[k].detach().clone());
      });
      if (nesterov) aten._foreachAdd_(grads, buffers, { alpha: momentum });
      else grads = buffers;
    }
    aten._foreachAdd_(params, grads, { alpha: -lr });
  }
}

function fused(update: Update, group: SGDGroup): void {
  const { momentum, dampening, weight_decay, nesterov, maximize } = group;
  if (update.grads.some((grad) => grad.isSparse)) {
    throw new TorchError('`_fused_sgd` does not support sparse gradients');
  }
  const isFirstStep = momentum !== 0 && update.buffers.every((buffer) => !buffer);
  if (isFirstStep) update.buffers = update.grads.map((grad) => aten.emptyLike(grad));
  for (const part of byDeviceAndDtype(update.params)) {
    aten._fusedSgd_(
      part.map((i) => update.params[i]),
      part.map((i) => update.grads[i]),
      momentum === 0 ? [] : part.map((i) => update.buffers[i]!),
      {
        weightDecay: weight_decay,
        momentum,
        lr: numberOf(group.lr),
        dampening,
        nesterov,
        maximize,
        isFirstStep,
      },
    );
  }
}
