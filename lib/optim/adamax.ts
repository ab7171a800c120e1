import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { native } from '../native';
import type { Tensor } from '../tensor';
import {
  type ParamSlot,
  batches,
  counter,
  decayed,
  free,
  negateIfMaximize,
  stateOf,
  values,
  zeros,
} from './batch';
import {
  type ImplementationGroup,
  type ImplementationOptions,
  asReal,
  checkAdamOptions,
  checkCapturable,
  checkNotDifferentiable,
  scalar,
} from './implementation';
import type { ParamGroup, Params } from './group';
import { TensorOptimizer } from './tensor_optimizer';
import { type Value, minus, negative, numberOf, over, power, squeezed } from './scalar';
import type { ParamState } from './state_dict';

/** Options of `optim.Adamax`. */
export interface AdamaxOptions extends ImplementationOptions {
  /** Learning rate. Default: 2e-3. */
  lr?: Value;
  /** Decay of the running average of the gradient and of its largest size. Default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the size of the gradient. Default: 1e-8. */
  eps?: number;
  /** L2 penalty. Default: 0. */
  weightDecay?: number;
}

/** A group of parameters of `optim.Adamax`, with its options. */
export interface AdamaxGroup extends ParamGroup, ImplementationGroup {
  betas: readonly [number, number];
  eps: number;
  weight_decay: number;
}

const ADAMAX: Required<AdamaxOptions> = {
  lr: 2e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  foreach: null,
  maximize: false,
  differentiable: false,
  capturable: false,
};

const ADAMAX_CALL = optimSignature('Adamax', [value<Params<AdamaxOptions>>()('params')], ADAMAX, [
  'lr',
  'betas',
  'eps',
  'weightDecay',
  'foreach',
]);

/**
 * Adam with the infinity norm: `m ← β₁ m + (1 − β₁) g; u ← max(β₂ u, |g| + eps)`,
 * `p ← p − lr m / ((1 − β₁ᵗ) u)`.
 *
 * Kingma and Ba 2014, Adam: A Method for Stochastic Optimization.
 */
export class Adamax extends TensorOptimizer<AdamaxGroup, AdamaxOptions> {
  protected override readonly implementations = implementations;
  protected override readonly sparseRefusal = 'Adamax does not support sparse gradients';

  constructor(
    ...args: Call<
      typeof ADAMAX_CALL,
      [params: Params<AdamaxOptions>],
      [lr: Value, betas: readonly [number, number], eps: number, weightDecay: number, foreach: boolean | null]
    >
  ) {
    const [list, given] = ADAMAX_CALL.bind(args);
    checkAdamOptions(given);
    super(list, given);
  }

  protected override beginState(param: Tensor, _grad: Tensor, group: AdamaxGroup): ParamState {
    return {
      step: counter(0, param, group),
      exp_avg: zeros(param),
      exp_inf: zeros(param),
    };
  }
}

const implementations = { singleTensor, multiTensor };

// The order of the operations below decides the last bit.

function singleTensor(slots: readonly ParamSlot[], group: AdamaxGroup): void {
  const { betas, eps, weight_decay, differentiable, capturable } = group;
  const [beta1, beta2] = betas;
  const lr = squeezed(group.lr);
  for (const slot of slots) {
    let grad = negateIfMaximize(slot.grad, group);
    const step = stateOf(slot, 'step');
    checkCapturable(group, slot.param, [step]);
    step.add_(1);
    if (weight_decay !== 0) grad = grad.add(slot.param, { alpha: weight_decay });
    grad = asReal(grad);
    const param = asReal(slot.param);
    const expAvg = asReal(stateOf(slot, 'exp_avg'));
    const expInf = asReal(stateOf(slot, 'exp_inf'));
    expAvg.lerp_(grad, 1 - beta1);
    if (!differentiable) {
      aten.maximum(expInf.mul_(beta2), grad.abs().add_(eps), { out: expInf });
    } else {
      const both = [expInf.mul_(beta2).unsqueeze(0), grad.abs().add_(eps).unsqueeze_(0)];
      expInf.copy_(aten.cat(both, 0).amax(0, { keepdim: false }));
    }
    if (capturable) {
      const correction = minus(power(beta1, step), 1) as Tensor;
      param.addcdiv_(expAvg, expInf.mul(correction.div_(scalar(lr))));
    } else {
      const size = over(lr, 1 - native.pow(beta1, step.item()));
      param.addcdiv_(expAvg, expInf, { value: numberOf(negative(size)) });
    }
  }
}

function multiTensor(slots: readonly ParamSlot[], group: AdamaxGroup): void {
  checkNotDifferentiable(group);
  for (const slot of slots) checkCapturable(group, slot.param, [stateOf(slot, 'step')], { xla: false });
  const [beta1, beta2] = group.betas;
  const lr = squeezed(group.lr);
  for (const batch of batches(slots, group)) {
    const { params, steps } = batch;
    const expAvgs = batch.state('exp_avg');
    const expInfs = batch.state('exp_inf');
    let grads = decayed(batch, group);
    aten._foreachLerp_(expAvgs, grads, 1 - beta1);
    aten._foreachMul_(expInfs, beta2);
    if (!group.maximize && group.weight_decay === 0) grads = aten._foreachAbs(grads);
    else aten._foreachAbs_(grads);
    aten._foreachAdd_(grads, group.eps);
    aten._foreachMaximum_(expInfs, grads);
    free(grads);
    if (group.capturable) {
      const corrections = aten._foreachPow(beta1, steps);
      aten._foreachSub_(corrections, 1);
      aten._foreachDiv_(corrections, scalar(lr));
      aten._foreachAddcdiv_(params, expAvgs, aten._foreachMul(expInfs, { other: corrections }));
    } else {
      const sizes = values(steps).map((step) => -(numberOf(lr) / (1 - native.pow(beta1, step))));
      aten._foreachAddcdiv_(params, expAvgs, expInfs, sizes);
    }
  }
}
