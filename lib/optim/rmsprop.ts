import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { Tensor } from '../tensor';
import {
  type Batch,
  type ParamSlot,
  batches,
  counter,
  decayed,
  free,
  negateIfMaximize,
  stateOf,
  upgradeCounters,
  zeros,
} from './batch';
import {
  type ImplementationGroup,
  type ImplementationOptions,
  asReal,
  checkCapturable,
  checkLearningRate,
  checkNotDifferentiable,
  checkNotNegative,
} from './implementation';
import type { ParamGroup, Params } from './group';
import { TensorOptimizer } from './tensor_optimizer';
import { type Value, numberOf, squeezed } from './scalar';
import type { ParamState } from './state_dict';

/** Options of `optim.RMSprop`. */
export interface RMSpropOptions extends ImplementationOptions {
  /** Learning rate. Default: 1e-2. */
  lr?: Value;
  /** Decay of the running average of squares. Default: 0.99. */
  alpha?: number;
  /** Added to the denominator. Default: 1e-8. */
  eps?: number;
  /** L2 penalty. Default: 0. */
  weightDecay?: number;
  /** How much of the last step's direction is kept. Default: 0. */
  momentum?: number;
  /** Take the square of the average gradient off the average square. Default: false. */
  centered?: boolean;
}

/** A group of parameters of `optim.RMSprop`, with its options. */
export interface RMSpropGroup extends ParamGroup, ImplementationGroup {
  momentum: number;
  alpha: number;
  eps: number;
  centered: boolean;
  weight_decay: number;
}

const RMSPROP: Required<RMSpropOptions> = {
  lr: 1e-2,
  momentum: 0,
  alpha: 0.99,
  eps: 1e-8,
  centered: false,
  weightDecay: 0,
  capturable: false,
  foreach: null,
  maximize: false,
  differentiable: false,
};

const RMSPROP_CALL = optimSignature('RMSprop', [value<Params<RMSpropOptions>>()('params')], RMSPROP, [
  'lr',
  'alpha',
  'eps',
  'weightDecay',
  'momentum',
  'centered',
  'capturable',
  'foreach',
  'maximize',
  'differentiable',
]);

/**
 * RMSprop: `v ← α v + (1 − α) g²; p ← p − lr g / (√v + eps)`; with momentum the quotient goes into
 * `b ← μ b + g / (√v + eps)` and `p ← p − lr b`.
 *
 * Hinton 2012, Neural Networks for Machine Learning, lecture 6; centered: Graves 2013, Generating Sequences
 * With Recurrent Neural Networks.
 */
export class RMSprop extends TensorOptimizer<RMSpropGroup, RMSpropOptions> {
  protected override readonly implementations = implementations;
  protected override readonly sparseRefusal = 'RMSprop does not support sparse gradients';

  constructor(
    ...args: Call<
      typeof RMSPROP_CALL,
      [params: Params<RMSpropOptions>],
      [
        lr: Value,
        alpha: number,
        eps: number,
        weightDecay: number,
        momentum: number,
        centered: boolean,
        capturable: boolean,
        foreach: boolean | null,
        maximize: boolean,
        differentiable: boolean,
      ]
    >
  ) {
    const [list, given] = RMSPROP_CALL.bind(args);
    checkLearningRate(given.lr);
    checkNotNegative('epsilon value', given.eps);
    checkNotNegative('momentum value', given.momentum);
    checkNotNegative('weight_decay value', given.weightDecay);
    checkNotNegative('alpha value', given.alpha);
    super(list, given);
  }

  protected override beginState(param: Tensor, _grad: Tensor, group: RMSpropGroup): ParamState {
    const state: ParamState = { step: counter(0, param, group), square_avg: zeros(param) };
    if (group.momentum > 0) state.momentum_buffer = zeros(param);
    if (group.centered) state.grad_avg = zeros(param);
    return state;
  }

  protected override upgrade(): void {
    this.setDefaults({
      momentum: 0,
      centered: false,
      foreach: null,
      maximize: false,
      differentiable: false,
      capturable: false,
    });
    upgradeCounters(this.paramGroups, this.state);
  }
}

const implementations = { singleTensor, multiTensor };

// The order of the operations below decides the last bit.

function singleTensor(slots: readonly ParamSlot[], group: RMSpropGroup): void {
  const { alpha, eps, weight_decay, momentum, differentiable } = group;
  const lr = numberOf(group.lr);
  for (const slot of slots) {
    const step = stateOf(slot, 'step');
    checkCapturable(group, slot.param, [step]);
    let grad = negateIfMaximize(slot.grad, group);
    step.add_(1);
    if (weight_decay !== 0) grad = grad.add(slot.param, { alpha: weight_decay });
    grad = asReal(grad);
    const param = asReal(slot.param);
    const squares = asReal(stateOf(slot, 'square_avg'));
    squares.mul_(alpha).addcmul_(grad, grad, { value: 1 - alpha });
    let root: Tensor;
    if (group.centered) {
      const average = asReal(stateOf(slot, 'grad_avg'));
      average.lerp_(grad, 1 - alpha);
      root = squares.addcmul(average, average, { value: -1 }).sqrt_();
    } else root = squares.sqrt();
    const denominator = differentiable ? root.add(eps) : root.add_(eps);
    if (momentum > 0) {
      const buffer = asReal(stateOf(slot, 'momentum_buffer'));
      buffer.mul_(momentum).addcdiv_(grad, denominator);
      param.add_(buffer, { alpha: -lr });
    } else {
      param.addcdiv_(grad, denominator, { value: -lr });
    }
    denominator.dispose();
  }
}

function multiTensor(slots: readonly ParamSlot[], group: RMSpropGroup): void {
  checkNotDifferentiable(group);
  for (const slot of slots) checkCapturable(group, slot.param, [stateOf(slot, 'step')]);
  const { alpha, eps, centered } = group;
  for (const batch of batches(slots, group)) {
    const squares = batch.state('square_avg');
    const grads = decayed(batch, group);
    aten._foreachMul_(squares, alpha);
    aten._foreachAddcmul_(squares, grads, grads, 1 - alpha);
    let roots: Tensor[];
    if (centered) {
      const averages = batch.state('grad_avg');
      aten._foreachLerp_(averages, grads, 1 - alpha);
      roots = aten._foreachAddcmul(squares, averages, averages, -1);
      aten._foreachSqrt_(roots);
    } else roots = aten._foreachSqrt(squares);
    aten._foreachAdd_(roots, eps);
    moveMultiTensor(batch, grads, roots, group);
    free(roots);
  }
}

function moveMultiTensor(batch: Batch, grads: Tensor[], roots: Tensor[], group: RMSpropGroup): void {
  const { params } = batch;
  const lr = squeezed(group.lr);
  const byTensor = group.capturable && lr instanceof Tensor;
  if (group.momentum > 0) {
    const buffers = batch.state('momentum_buffer');
    aten._foreachMul_(buffers, group.momentum);
    aten._foreachAddcdiv_(buffers, grads, roots);
    if (byTensor) aten._foreachAdd_(params, aten._foreachMul(buffers, lr.neg()));
    else aten._foreachAdd_(params, buffers, { alpha: -numberOf(lr) });
  } else if (byTensor) {
    aten._foreachDiv_(roots, lr.neg());
    aten._foreachAddcdiv_(params, grads, roots);
  } else {
    aten._foreachAddcdiv_(params, grads, roots, -numberOf(lr));
  }
}
