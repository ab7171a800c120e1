import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { TorchError } from '../core/errors';
import { keep } from '../tensor/memory';
import { native } from '../native';
import { repr } from '../tensor/repr';
import type { Tensor } from '../tensor';
import { finfo } from '../core/typeinfo';
import { type ParamSlot, counter, free, negateIfMaximize, stateOf, upgradeCounters, values } from './batch';
import {
  type Implementation,
  type ImplementationOptions,
  byDeviceAndDtype,
  checkLearningRate,
  count,
  listOf,
  scalar,
} from './implementation';
import { type ParamGroup, type Params, valueError } from './group';
import { TensorOptimizer } from './tensor_optimizer';
import { type Value, minus, negative, numberOf, over, smaller, squeezed, times } from './scalar';
import type { ParamState } from './state_dict';

/** Options of `optim.Adafactor`. */
export interface AdafactorOptions extends Pick<ImplementationOptions, 'foreach' | 'maximize'> {
  /** Largest relative step size, and the factor of weight decay. Default: 1e-2. */
  lr?: Value;
  /** Power with which the averages' decay approaches one. Default: -0.8. */
  beta2Decay?: number;
  /** Lower bounds of the variance (null: the dtype's epsilon) and of the scale. Default: [null, 1e-3]. */
  eps?: readonly [number | null, number];
  /** Updates are clipped to this root mean square. Default: 1. */
  d?: number;
  /** What is taken off the weights, times `lr`. Default: 0. */
  weightDecay?: number;
}

/** A group of parameters of `optim.Adafactor`, with its options. */
export interface AdafactorGroup extends ParamGroup {
  beta2_decay: number;
  eps: readonly [number | null, number];
  d: number;
  weight_decay: number;
  foreach: boolean | null;
  maximize: boolean;
}

const ADAFACTOR: Required<AdafactorOptions> = {
  lr: 1e-2,
  beta2Decay: -0.8,
  eps: [null, 1e-3],
  d: 1,
  weightDecay: 0,
  foreach: null,
  maximize: false,
};

const ADAFACTOR_CALL = optimSignature('Adafactor', [value<Params<AdafactorOptions>>()('params')], ADAFACTOR, [
  'lr',
  'beta2Decay',
  'eps',
  'd',
  'weightDecay',
]);

/**
 * Adafactor: of a matrix's squared gradient only the averages of rows and columns are remembered; the step is
 * relative to the size of the parameter.
 *
 * Shazeer and Stern 2018, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost. As in PyTorch, `lr`
 * bounds the relative step size and `eps[0]` bounds the variance itself. The default implementation is the single-tensor one.
 */
export class Adafactor extends TensorOptimizer<AdafactorGroup, AdafactorOptions> {
  protected override readonly implementations = implementations;

  constructor(
    ...args: Call<
      typeof ADAFACTOR_CALL,
      [params: Params<AdafactorOptions>],
      [lr: Value, beta2Decay: number, eps: readonly [number | null, number], d: number, weightDecay: number]
    >
  ) {
    const [list, given] = ADAFACTOR_CALL.bind(args);
    checkLearningRate(given.lr, 'Learning rate should be >= 0 but is: ');
    check(given);
    super(list, given);
  }

  protected override beginState(param: Tensor, grad: Tensor): ParamState {
    return beginState(param, grad);
  }

  protected override choose({ foreach }: AdafactorGroup): Implementation {
    return foreach ? 'multiTensor' : 'singleTensor';
  }

  protected override upgrade(): void {
    this.setDefaults({ foreach: null });
    const groups = this.paramGroups.map(({ params }) => ({ params }));
    upgradeCounters(groups, this.state);
  }
}

function check({ beta2Decay, eps, d, weightDecay }: Required<AdafactorOptions>): void {
  const refuse = (what: string, value: number) => valueError(`${what} but is: ${repr(value)}`);
  if (!(beta2Decay <= 0)) throw refuse('beta2_decay should be <= 0', beta2Decay);
  if (eps[0] !== null && !(eps[0] >= 0)) throw refuse('epsilon1 should be >= 0', eps[0]);
  if (!(eps[1] >= 0)) throw refuse('epsilon2 should be >= 0', eps[1]);
  if (!(d >= 1)) throw refuse('Clipping threshold d should be >= 1', d);
  if (!(weightDecay >= 0)) throw refuse('weight_decay should be >= 0', weightDecay);
}

function beginState(param: Tensor, grad: Tensor): ParamState {
  if (param.isComplex()) throw new TorchError('Adafactor does not support complex parameters');
  if (grad.isSparse) throw new TorchError('Adafactor does not support sparse gradients');
  const step = counter(0, param);
  if (grad.dim() <= 1) return { step, variance: keep(aten.zerosLike(grad)) };
  const row = [...grad.shape.slice(0, -1), 1];
  const column = [...grad.shape.slice(0, -2), 1, grad.shape.at(-1)!];
  return { step, row_var: keep(grad.newZeros(row)), col_var: keep(grad.newZeros(column)) };
}

const implementations = { singleTensor, multiTensor };

// The order of the operations below decides the last bit.

const rootMeanSquare = (tensor: Tensor) =>
  over(tensor.norm(2).item<number>(), native.pow(tensor.numel(), 0.5)) as number;

/** Python's `max` of numbers: the first unless the second is larger. */
const largest = (a: number, b: number) => (b > a ? b : a);

/** The step size before clipping. */
function relativeSize(param: Tensor, step: number, lr: Value, eps2: number): Value {
  const rho = smaller(lr, 1 / native.pow(step, 0.5));
  return times(largest(eps2, rootMeanSquare(param)), rho);
}

const clipping = (update: Tensor, d: number) =>
  largest(1, over(update.norm(2).item<number>(), native.pow(update.numel(), 0.5) * d) as number);

/** The lower bound of the variance, for all parameters of a group the same. */
const lowest = (slots: readonly ParamSlot[], { eps }: AdafactorGroup) =>
  eps[0] ?? finfo(slots[0].param.dtype).eps;

function singleTensor(slots: readonly ParamSlot[], group: AdafactorGroup): void {
  const { beta2_decay, weight_decay, d, eps } = group;
  const lr = squeezed(group.lr);
  const eps1 = lowest(slots, group);
  for (const slot of slots) {
    const { param } = slot;
    const grad = negateIfMaximize(slot.grad, group);
    const step: number = stateOf(slot, 'step').add_(1).item();
    const rest = native.pow(step, beta2_decay);
    const alpha = relativeSize(param, step, lr, eps[1]);
    if (weight_decay !== 0) param.mul_(scalar(minus(1, times(lr, weight_decay))));
    const update = grad.dim() > 1 ? factored(slot, grad, rest, eps1) : squared(slot, grad, rest);
    update.clampMin_(eps1 * eps1).rsqrt_();
    update.mul_(grad);
    param.add_(update, { alpha: numberOf(over(negative(alpha), clipping(update, d))) });
    update.dispose();
  }
}

/** The variance, from averages of rows and columns. */
function factored(slot: ParamSlot, grad: Tensor, rest: number, eps1: number): Tensor {
  const rows = stateOf(slot, 'row_var');
  const columns = stateOf(slot, 'col_var');
  rows.lerp_(meanOfSquares(grad, -1), rest);
  columns.lerp_(meanOfSquares(grad, -2), rest);
  return rows.matmul(columns).div_(rows.mean(-2, true).clampMin_(eps1));
}

const meanOfSquares = (grad: Tensor, dim: number) =>
  grad.norm('fro', dim, true).square_().div_(grad.size(dim));

function squared(slot: ParamSlot, grad: Tensor, rest: number): Tensor {
  const variance = stateOf(slot, 'variance');
  variance.lerp_(grad.mul(grad), rest);
  return variance.clone();
}

function multiTensor(slots: readonly ParamSlot[], group: AdafactorGroup): void {
  const eps1 = lowest(slots, group);
  for (const part of byDeviceAndDtype(slots.map(({ param }) => param))) {
    for (const many of [true, false]) {
      const own = part.map((i) => slots[i]).filter(({ grad }) => grad.dim() > 1 === many);
      if (own.length > 0) moveMultiTensor(own, group, eps1, many);
    }
  }
}

function moveMultiTensor(slots: ParamSlot[], group: AdafactorGroup, eps1: number, many: boolean): void {
  const { beta2_decay, weight_decay, maximize, d, eps } = group;
  const lr = squeezed(group.lr);
  const params = slots.map(({ param }) => param);
  const given = slots.map(({ grad }) => grad);
  const grads = maximize ? aten._foreachNeg(given) : given;
  const counters = slots.map((slot) => stateOf(slot, 'step'));
  count(counters);
  const steps = values(counters);
  const rests = steps.map((step) => native.pow(step, beta2_decay));
  const alphas = params.map((param, i) => relativeSize(param, steps[i], lr, eps[1]));
  if (weight_decay !== 0) aten._foreachMul_(params, scalar(minus(1, times(lr, weight_decay))));
  const updates = (many ? factoredTogether : squaredTogether)(slots, grads, rests, eps1);
  aten._foreachClampMin_(updates, eps1 * eps1);
  aten._foreachRsqrt_(updates);
  aten._foreachMul_(updates, grads);
  const sizes = updates.map((update, i) => over(negative(alphas[i]), clipping(update, d)));
  aten._foreachMul_(updates, listOf(sizes));
  aten._foreachAdd_(params, updates);
  free(updates);
}

function meansOfSquares(grads: Tensor[], dim: number): Tensor[] {
  const means = grads.map((grad) => grad.norm('fro', dim, true));
  aten._foreachMul_(means, means);
  aten._foreachDiv_(means, grads.map((grad) => grad.size(dim))); // prettier-ignore
  return means;
}

function factoredTogether(slots: ParamSlot[], grads: Tensor[], rests: number[], eps1: number): Tensor[] {
  const rows = slots.map((slot) => stateOf(slot, 'row_var'));
  const columns = slots.map((slot) => stateOf(slot, 'col_var'));
  aten._foreachLerp_(rows, meansOfSquares(grads, -1), rests);
  aten._foreachLerp_(columns, meansOfSquares(grads, -2), rests);
  const estimates = rows.map((row, i) => row.matmul(columns[i]));
  const means = rows.map((row) => row.mean(-2, true));
  aten._foreachClampMin_(means, eps1);
  aten._foreachDiv_(estimates, means);
  return estimates;
}

function squaredTogether(slots: ParamSlot[], grads: Tensor[], rests: number[]): Tensor[] {
  const variances = slots.map((slot) => stateOf(slot, 'variance'));
  aten._foreachLerp_(variances, aten._foreachMul(grads, grads), rests);
  return variances.map((variance) => variance.clone());
}
