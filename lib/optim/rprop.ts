import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { Complex } from '../core/complex';
import { keep } from '../tensor/memory';
import { repr } from '../tensor/repr';
import type { Tensor } from '../tensor';
import { type ParamSlot, batches, counter, free, negateIfMaximize, stateOf, zeros } from './batch';
import {
  type ImplementationGroup,
  type ImplementationOptions,
  asReal,
  checkCapturable,
  checkLearningRate,
  checkNotDifferentiable,
} from './implementation';
import { type ParamGroup, type Params, valueError } from './group';
import { TensorOptimizer } from './tensor_optimizer';
import { type Value, numberOf } from './scalar';
import type { ParamState } from './state_dict';

/** Options of `optim.Rprop`. */
export interface RpropOptions extends ImplementationOptions {
  /** The first step size. Default: 1e-2. */
  lr?: Value;
  /** Factors of the step size where the gradient's sign changes, and where it stays. Default: [0.5, 1.2]. */
  etas?: readonly [number, number];
  /** The smallest and the largest step size. Default: [1e-6, 50]. */
  stepSizes?: readonly [number, number];
}

/** A group of parameters of `optim.Rprop`, with its options. */
export interface RpropGroup extends ParamGroup, ImplementationGroup {
  etas: readonly [number, number];
  step_sizes: readonly [number, number];
}

const RPROP: Required<RpropOptions> = {
  lr: 1e-2,
  etas: [0.5, 1.2],
  stepSizes: [1e-6, 50],
  foreach: null,
  maximize: false,
  differentiable: false,
  capturable: false,
};

const RPROP_CALL = optimSignature('Rprop', [value<Params<RpropOptions>>()('params')], RPROP, [
  'lr',
  'etas',
  'stepSizes',
]);

/**
 * Resilient backpropagation: each element has a step size, which grows while the sign of its gradient stays
 * and shrinks where it changes (no step is made then); `p ← p − sign(g) · stepSize`.
 *
 * Riedmiller and Braun 1993, A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP
 * Algorithm.
 */
export class Rprop extends TensorOptimizer<RpropGroup, RpropOptions> {
  protected override readonly implementations = implementations;
  protected override readonly sparseRefusal = 'Rprop does not support sparse gradients';

  constructor(
    ...args: Call<
      typeof RPROP_CALL,
      [params: Params<RpropOptions>],
      [lr: Value, etas: readonly [number, number], stepSizes: readonly [number, number]]
    >
  ) {
    const [list, given] = RPROP_CALL.bind(args);
    checkLearningRate(given.lr);
    const [shrink, grow] = given.etas;
    if (!(shrink > 0 && shrink < 1 && grow > 1)) {
      throw valueError(`Invalid eta values: ${repr(shrink)}, ${repr(grow)}`);
    }
    super(list, given);
  }

  protected override beginState(param: Tensor, grad: Tensor, group: RpropGroup): ParamState {
    const lr = numberOf(group.lr);
    return {
      step: counter(0, param, group),
      prev: zeros(param),
      step_size: keep(aten.fullLike(grad, param.isComplex() ? new Complex(lr, lr) : lr)),
    };
  }
}

const implementations = { singleTensor, multiTensor };

// Signs of the product of two gradients become factors of the step size.
function toFactors(signs: Tensor, [shrink, grow]: readonly [number, number]): Tensor {
  signs.maskedFill_(signs.gt(0), grow);
  signs.maskedFill_(signs.lt(0), shrink);
  signs.maskedFill_(signs.eq(0), 1);
  return signs;
}

function singleTensor(slots: readonly ParamSlot[], group: RpropGroup): void {
  const { etas, step_sizes, differentiable } = group;
  for (const slot of slots) {
    const step = stateOf(slot, 'step');
    checkCapturable(group, slot.param, [step]);
    step.add_(1);
    const given = asReal(negateIfMaximize(slot.grad, group));
    const previous = asReal(stateOf(slot, 'prev'));
    const sizes = asReal(stateOf(slot, 'step_size'));
    const factors = toFactors(given.mul(differentiable ? previous.clone() : previous).sign(), etas);
    sizes.mul_(factors).clamp_(step_sizes[0], step_sizes[1]);
    const grad = given.clone();
    grad.maskedFill_(factors.eq(etas[0]), 0);
    asReal(slot.param).addcmul_(grad.sign(), sizes, { value: -1 });
    previous.copy_(grad);
    free([factors, grad]);
  }
}

function multiTensor(slots: readonly ParamSlot[], group: RpropGroup): void {
  checkNotDifferentiable(group);
  for (const slot of slots) checkCapturable(group, slot.param, [stateOf(slot, 'step')]);
  const { etas, step_sizes } = group;
  for (const batch of batches(slots, group)) {
    const previous = batch.state('prev');
    const sizes = batch.state('step_size');
    const factors = aten._foreachMul(batch.grads, previous);
    aten._foreachCopy_(previous, batch.grads);
    aten._foreachSign_(factors);
    for (const each of factors) toFactors(each, etas);
    aten._foreachMul_(sizes, factors);
    for (const size of sizes) size.clamp_(step_sizes[0], step_sizes[1]);
    previous.forEach((grad, i) => grad.maskedFill_(factors[i].eq(etas[0]), 0));
    const signs = previous.map((grad) => grad.sign());
    aten._foreachAddcmul_(batch.params, signs, sizes, -1);
    free([...factors, ...signs]);
  }
}
