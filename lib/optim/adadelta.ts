import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { Tensor } from '../tensor';
import { type ParamSlot, batches, counter, decayed, free, negateIfMaximize, stateOf, zeros } from './batch';
import {
  type ImplementationGroup,
  type ImplementationOptions,
  asReal,
  checkCapturable,
  checkLearningRate,
  checkNotDifferentiable,
  checkNotNegative,
} from './implementation';
import { type ParamGroup, type Params, valueError } from './group';
import { TensorOptimizer } from './tensor_optimizer';
import { type Value, numberOf, squeezed } from './scalar';
import { repr } from '../tensor/repr';
import type { ParamState } from './state_dict';

/** Options of `optim.Adadelta`. */
export interface AdadeltaOptions extends ImplementationOptions {
  /** Multiplies the step. Default: 1. */
  lr?: Value;
  /** Decay of the running averages of squares. Default: 0.9. */
  rho?: number;
  /** Added under both roots. Default: 1e-6. */
  eps?: number;
  /** L2 penalty. Default: 0. */
  weightDecay?: number;
}

/** A group of parameters of `optim.Adadelta`, with its options. */
export interface AdadeltaGroup extends ParamGroup, ImplementationGroup {
  rho: number;
  eps: number;
  weight_decay: number;
}

const ADADELTA: Required<AdadeltaOptions> = {
  lr: 1,
  rho: 0.9,
  eps: 1e-6,
  weightDecay: 0,
  maximize: false,
  capturable: false,
  foreach: null,
  differentiable: false,
};

const ADADELTA_CALL = optimSignature('Adadelta', [value<Params<AdadeltaOptions>>()('params')], ADADELTA, [
  'lr',
  'rho',
  'eps',
  'weightDecay',
  'foreach',
]);

/**
 * Adadelta: `v ← ρ v + (1 − ρ) g²; Δ = √(u + eps) / √(v + eps) · g; u ← ρ u + (1 − ρ) Δ²; p ← p − lr Δ`.
 *
 * Zeiler 2012, ADADELTA: An Adaptive Learning Rate Method.
 */
export class Adadelta extends TensorOptimizer<AdadeltaGroup, AdadeltaOptions> {
  protected override readonly implementations = implementations;
  protected override readonly sparseRefusal = 'Adadelta does not support sparse gradients';

  constructor(
    ...args: Call<
      typeof ADADELTA_CALL,
      [params: Params<AdadeltaOptions>],
      [lr: Value, rho: number, eps: number, weightDecay: number, foreach: boolean | null]
    >
  ) {
    const [list, given] = ADADELTA_CALL.bind(args);
    checkLearningRate(given.lr);
    if (!(given.rho >= 0 && given.rho <= 1)) throw valueError(`Invalid rho value: ${repr(given.rho)}`);
    checkNotNegative('epsilon value', given.eps);
    checkNotNegative('weight_decay value', given.weightDecay);
    super(list, given);
  }

  protected override beginState(param: Tensor, _grad: Tensor, group: AdadeltaGroup): ParamState {
    return {
      step: counter(0, param, group),
      square_avg: zeros(param),
      acc_delta: zeros(param),
    };
  }
}

const implementations = { singleTensor, multiTensor };

function checkAll(slots: readonly ParamSlot[], group: AdadeltaGroup): void {
  for (const slot of slots) checkCapturable(group, slot.param, [stateOf(slot, 'step')], { xla: false });
}

// The order of the operations below decides the last bit.

function singleTensor(slots: readonly ParamSlot[], group: AdadeltaGroup): void {
  const { rho, eps, weight_decay, differentiable } = group;
  const lr = numberOf(group.lr);
  checkAll(slots, group);
  for (const slot of slots) {
    const { param } = slot;
    stateOf(slot, 'step').add_(1);
    let grad = negateIfMaximize(slot.grad, group);
    if (weight_decay !== 0) grad = grad.add(param, { alpha: weight_decay });
    grad = asReal(grad);
    const squares = asReal(stateOf(slot, 'square_avg'));
    const deltas = asReal(stateOf(slot, 'acc_delta'));
    squares.mul_(rho).addcmul_(grad, grad, { value: 1 - rho });
    const root = squares.add(eps).sqrt_();
    let delta = deltas.add(eps).sqrt_();
    if (differentiable) delta = delta.clone();
    delta.div_(root).mul_(grad);
    deltas.mul_(rho).addcmul_(delta, delta, { value: 1 - rho });
    param.add_(param.isComplex() ? aten.viewAsComplex(delta) : delta, { alpha: -lr });
    free([root, delta]);
  }
}

function multiTensor(slots: readonly ParamSlot[], group: AdadeltaGroup): void {
  checkAll(slots, group);
  checkNotDifferentiable(group);
  const { rho, eps, capturable } = group;
  const lr = squeezed(group.lr);
  for (const batch of batches(slots, group)) {
    const squares = batch.state('square_avg');
    const accumulated = batch.state('acc_delta');
    const grads = decayed(batch, group);
    aten._foreachMul_(squares, rho);
    aten._foreachAddcmul_(squares, grads, grads, 1 - rho);
    const roots = aten._foreachAdd(squares, eps);
    aten._foreachSqrt_(roots);
    const deltas = aten._foreachAdd(accumulated, eps);
    aten._foreachSqrt_(deltas);
    aten._foreachDiv_(deltas, roots);
    aten._foreachMul_(deltas, grads);
    aten._foreachMul_(accumulated, rho);
    aten._foreachAddcmul_(accumulated, deltas, deltas, 1 - rho);
    if (capturable && lr instanceof Tensor) {
      aten._foreachMul_(deltas, lr.neg());
      aten._foreachAdd_(batch.params, deltas);
    } else {
      aten._foreachAdd_(batch.params, deltas, { alpha: -numberOf(lr) });
    }
    free([...roots, ...deltas]);
  }
}
