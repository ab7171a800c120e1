import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { getDefaultDtype, tensor } from '../tensor/creation';
import { Tensor } from '../tensor';
import {
  type ParamSlot,
  batches,
  counter,
  decayed,
  free,
  negateIfMaximize,
  stateOf,
  upgradeCounters,
  values,
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
  scalar,
} from './implementation';
import type { ParamGroup, Params } from './group';
import { TensorOptimizer } from './tensor_optimizer';
import { type Value, minus, numberOf, over, plus, power, squeezed, times } from './scalar';
import type { ParamState } from './state_dict';

/** Options of `optim.ASGD`. */
export interface ASGDOptions extends ImplementationOptions {
  /** Learning rate. Default: 1e-2. */
  lr?: Value;
  /** How fast the learning rate and the weights decay. Default: 1e-4. */
  lambd?: number;
  /** Power of the learning rate's decay. Default: 0.75. */
  alpha?: number;
  /** The step from which on weights are averaged. Default: 1e6. */
  t0?: number;
  /** L2 penalty. Default: 0. */
  weightDecay?: number;
}

/** A group of parameters of `optim.ASGD`, with its options. */
export interface ASGDGroup extends ParamGroup, ImplementationGroup {
  lambd: number;
  alpha: number;
  t0: number;
  weight_decay: number;
}

const ASGD_DEFAULTS: Required<ASGDOptions> = {
  lr: 1e-2,
  lambd: 1e-4,
  alpha: 0.75,
  t0: 1e6,
  weightDecay: 0,
  foreach: null,
  maximize: false,
  differentiable: false,
  capturable: false,
};

const ASGD_CALL = optimSignature('ASGD', [value<Params<ASGDOptions>>()('params')], ASGD_DEFAULTS, [
  'lr',
  'lambd',
  'alpha',
  't0',
  'weightDecay',
  'foreach',
  'maximize',
  'differentiable',
  'capturable',
]);

/**
 * Averaged stochastic gradient descent: `p ← (1 − λ η) p − η g`, where `η = lr / (1 + λ lr t)^α`. The state
 * `ax` is the running average of the parameters from step `t0` on.
 *
 * Polyak and Juditsky 1992, Acceleration of Stochastic Approximation by Averaging.
 */
export class ASGD extends TensorOptimizer<ASGDGroup, ASGDOptions> {
  protected override readonly implementations = implementations;
  protected override readonly sparseRefusal = 'ASGD does not support sparse gradients';

  constructor(
    ...args: Call<
      typeof ASGD_CALL,
      [params: Params<ASGDOptions>],
      [
        lr: Value,
        lambd: number,
        alpha: number,
        t0: number,
        weightDecay: number,
        foreach: boolean | null,
        maximize: boolean,
        differentiable: boolean,
        capturable: boolean,
      ]
    >
  ) {
    const [list, given] = ASGD_CALL.bind(args);
    checkLearningRate(given.lr);
    checkNotNegative('weight_decay value', given.weightDecay);
    super(list, given);
  }

  protected override beginState(param: Tensor, _grad: Tensor, group: ASGDGroup): ParamState {
    const placed = { capturable: true }; // counters live with the parameter
    return {
      step: counter(0, param, placed),
      eta: counter(numberOf(group.lr), param, placed),
      mu: counter(1, param, placed),
      ax: zeros(param),
    };
  }

  protected override upgrade(): void {
    this.setDefaults({ foreach: null, maximize: false, differentiable: false, capturable: false });
    const groups = this.paramGroups.map(({ params }) => ({ params, capturable: true }));
    upgradeCounters(groups, this.state, ['step', 'eta', 'mu']);
  }
}

const names = 'params, mus, etas, and state_steps';
const counters = (slot: ParamSlot) => ['mu', 'eta', 'step'].map((key) => stateOf(slot, key));

/** The learning rate after `step` steps. */
function decay(lr: Value, step: Value, { lambd, alpha }: ASGDGroup): Value {
  return over(lr, power(plus(1, times(times(lambd, lr), step)), alpha));
}

// As torch.as_tensor makes it: a number passes through the default dtype.
const asTensor = (value: Value): Tensor =>
  value instanceof Tensor ? value : tensor(value, { dtype: getDefaultDtype() });

const implementations = { singleTensor, multiTensor };

// The order of the operations below decides the last bit.

function singleTensor(slots: readonly ParamSlot[], group: ASGDGroup): void {
  const { lambd, t0, weight_decay, capturable } = group;
  const lr = squeezed(group.lr);
  for (const slot of slots) {
    const [mu, eta, step] = counters(slot);
    checkCapturable(group, slot.param, [mu, eta, step], { names });
    let grad = asReal(negateIfMaximize(slot.grad, group));
    const param = asReal(slot.param);
    const average = asReal(stateOf(slot, 'ax'));
    step.add_(1);
    if (weight_decay !== 0) grad = grad.add(param, { alpha: weight_decay });
    const rate: Value = capturable ? eta : eta.item();
    param.mul_(scalar(minus(1, times(lambd, rate))));
    if (rate instanceof Tensor) param.addcmul_(grad, rate, { value: -1 });
    else param.add_(grad, { alpha: -rate });
    if (capturable || mu.item() !== 1) average.add_(param.sub(average).mul_(mu));
    else average.copy_(param);
    if (capturable) {
      eta.copy_(decay(lr, step, group) as Tensor);
      mu.copy_(aten.maximum(step.sub(t0), aten.onesLike(step)).reciprocal());
    } else {
      const count: number = step.item();
      eta.copy_(asTensor(decay(lr, count, group)));
      mu.copy_(asTensor(1 / Math.max(1, count - t0)));
    }
  }
}

function multiTensor(slots: readonly ParamSlot[], group: ASGDGroup): void {
  checkNotDifferentiable(group);
  for (const slot of slots) checkCapturable(group, slot.param, counters(slot), { names, xla: false });
  const { lambd, weight_decay, maximize } = group;
  for (const batch of batches(slots, group)) {
    const { params } = batch;
    const averages = batch.state('ax');
    const etas = batch.state('eta');
    const mus = batch.state('mu');
    let moves = batch.grads;
    if (weight_decay !== 0) {
      moves = decayed(batch, group);
      aten._foreachAdd_(moves, params, { alpha: lambd });
    } else moves = aten._foreachAdd(moves, params, { alpha: lambd });
    aten._foreachAddcmul_(params, moves, etas, -1);
    free(moves);
    if (maximize && weight_decay === 0) free(batch.grads);
    const differences = aten._foreachSub(params, averages);
    aten._foreachAddcmul_(averages, differences, mus);
    free(differences);
    moveRates(etas, mus, batch.steps, group);
  }
}

function moveRates(etas: Tensor[], mus: Tensor[], steps: Tensor[], group: ASGDGroup): void {
  const { lambd, alpha, t0, capturable } = group;
  const lr = squeezed(group.lr);
  if (!capturable) {
    const { device } = etas[0];
    const newEtas = steps.map((step) => asTensor(decay(lr, step, group)).to({ device }));
    const newMus = values(steps).map((step) => asTensor(1 / Math.max(1, step - t0)).to({ device }));
    aten._foreachCopy_(etas, newEtas);
    aten._foreachCopy_(mus, newMus);
    return;
  }
  const newMus = aten._foreachSub(steps, t0);
  aten._foreachMaximum_(newMus, 1);
  aten._foreachReciprocal_(newMus);
  aten._foreachCopy_(mus, newMus);
  const newEtas = aten._foreachMul(steps, lambd);
  aten._foreachMul_(newEtas, scalar(lr));
  aten._foreachAdd_(newEtas, 1);
  aten._foreachPow_(newEtas, alpha);
  aten._foreachReciprocal_(newEtas);
  aten._foreachMul_(newEtas, scalar(lr));
  aten._foreachCopy_(etas, newEtas);
}
