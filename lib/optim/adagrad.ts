import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { Complex } from '../core/complex';
import { TorchError } from '../core/errors';
import { keep } from '../tensor/memory';
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
  values,
} from './batch';
import {
  type FusedOptions,
  type ImplementationGroup,
  type ImplementationOptions,
  type Scaling,
  asReal,
  byDeviceAndDtype,
  checkFused,
  checkLearningRate,
  checkNotDifferentiable,
  checkNotNegative,
  listOf,
  scalar,
} from './implementation';
import type { ParamGroup, Params } from './group';
import { TensorOptimizer } from './tensor_optimizer';
import { type Value, negative, numberOf, over, rateOf, squeezed } from './scalar';
import type { ParamState } from './state_dict';

/** Options of `optim.Adagrad`. */
export interface AdagradOptions extends Omit<ImplementationOptions, 'capturable'>, FusedOptions {
  /** Learning rate. Default: 1e-2. */
  lr?: Value;
  /** The learning rate of step `t` is divided by `1 + (t − 1) · lrDecay`. Default: 0. */
  lrDecay?: number;
  /** L2 penalty. Default: 0. */
  weightDecay?: number;
  /** What the sum of squares starts with. Default: 0. */
  initialAccumulatorValue?: number;
  /** Added to the denominator. Default: 1e-10. */
  eps?: number;
}

/** A group of parameters of `optim.Adagrad`, with its options. */
export interface AdagradGroup extends ParamGroup, ImplementationGroup {
  lr_decay: number;
  eps: number;
  weight_decay: number;
  initial_accumulator_value: number;
  fused: boolean | null;
}

const ADAGRAD: Required<AdagradOptions> = {
  lr: 1e-2,
  lrDecay: 0,
  eps: 1e-10,
  weightDecay: 0,
  initialAccumulatorValue: 0,
  foreach: null,
  maximize: false,
  differentiable: false,
  fused: null,
};

const ADAGRAD_CALL = optimSignature('Adagrad', [value<Params<AdagradOptions>>()('params')], ADAGRAD, [
  'lr',
  'lrDecay',
  'weightDecay',
  'initialAccumulatorValue',
  'eps',
  'foreach',
]);

/**
 * Adagrad: `s ← s + g²; p ← p − lr / (1 + (t − 1) lrDecay) · g / (√s + eps)`. Takes sparse gradients.
 *
 * Duchi et al. 2011, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization.
 */
export class Adagrad extends TensorOptimizer<AdagradGroup, AdagradOptions> {
  protected override readonly implementations = implementations;

  constructor(
    ...args: Call<
      typeof ADAGRAD_CALL,
      [params: Params<AdagradOptions>],
      [
        lr: Value,
        lrDecay: number,
        weightDecay: number,
        initialAccumulatorValue: number,
        eps: number,
        foreach: boolean | null,
      ]
    >
  ) {
    const [list, given] = ADAGRAD_CALL.bind(args);
    checkLearningRate(given.lr);
    checkNotNegative('lr_decay value', given.lrDecay);
    checkNotNegative('weight_decay value', given.weightDecay);
    checkNotNegative('initial_accumulator_value value', given.initialAccumulatorValue);
    checkNotNegative('epsilon value', given.eps);
    super(list, given);
    for (const group of this.paramGroups) {
      for (const param of group.params)
        Object.assign(this.stateOf(param), this.beginState(param, null, group));
    }
  }

  protected override beginState(param: Tensor, _grad: Tensor | null, group: AdagradGroup): ParamState {
    const first = this.defaults.initial_accumulator_value as number;
    const sum = aten.fullLike(param, param.isComplex() ? new Complex(first, first) : first);
    return { step: counter(0, param, group), sum: keep(sum) };
  }

  protected override upgrade(): void {
    this.setDefaults({ foreach: null, maximize: false, differentiable: false, fused: null });
    upgradeCounters(this.paramGroups, this.state);
  }
}

const implementations = { singleTensor, multiTensor, fused };

// The order of the operations below decides the last bit.

const rate = (lr: Value, step: number, { lr_decay }: AdagradGroup) => over(lr, 1 + (step - 1) * lr_decay);

function singleTensor(slots: readonly ParamSlot[], group: AdagradGroup): void {
  const { weight_decay, differentiable, eps } = group;
  const lr = squeezed(group.lr);
  for (const slot of slots) {
    const step = stateOf(slot, 'step').add_(1).item();
    let grad = negateIfMaximize(slot.grad, group);
    if (weight_decay !== 0) {
      if (grad.isSparse) throw new TorchError('weight_decay option is not compatible with sparse gradients');
      grad = grad.add(slot.param, { alpha: weight_decay });
    }
    const value = numberOf(negative(rate(lr, step, group)));
    if (grad.isSparse) {
      moveSparse(slot.param, grad, stateOf(slot, 'sum'), value, eps);
      continue;
    }
    grad = asReal(grad);
    const sum = asReal(stateOf(slot, 'sum'));
    sum.addcmul_(grad, grad, { value: 1 });
    const root = sum.sqrt();
    const denominator = differentiable ? root.add(eps) : root.add_(eps);
    asReal(slot.param).addcdiv_(grad, denominator, { value });
    denominator.dispose();
  }
}

function moveSparse(param: Tensor, given: Tensor, sum: Tensor, alpha: number, eps: number): void {
  const grad = given.coalesce();
  const indices = aten._indices(grad);
  const sparse = (entries: Tensor) => aten.sparseCooTensor(indices, entries, grad.shape);
  sum.add_(sparse(aten._values(grad).pow(2)));
  const roots = aten._values(sum.sparseMask(grad)).sqrt_().add_(eps);
  param.add_(sparse(aten._values(grad).div(roots)), { alpha });
}

function multiTensor(slots: readonly ParamSlot[], group: AdagradGroup): void {
  checkNotDifferentiable(group);
  for (const part of byDeviceAndDtype(slots.map(({ param }) => param))) {
    const own = part.map((i) => slots[i]);
    if (own.some(({ grad }) => grad.isSparse)) singleTensor(own, group);
    else for (const batch of batches(own, group)) moveMultiTensor(batch, group);
  }
}

function moveMultiTensor(batch: Batch, group: AdagradGroup): void {
  const lr = negative(squeezed(group.lr));
  const sums = batch.state('sum');
  const grads = decayed(batch, group);
  const rates = values(batch.steps).map((step) => rate(lr, step, group));
  aten._foreachAddcmul_(sums, grads, grads, 1);
  const roots = aten._foreachSqrt(sums);
  aten._foreachAdd_(roots, group.eps);
  let numerators = grads;
  if (group.weight_decay !== 0 || group.maximize) aten._foreachMul_(grads, listOf(rates));
  else numerators = aten._foreachMul(grads, listOf(rates));
  aten._foreachAddcdiv_(batch.params, numerators, roots);
  free([...numerators, ...roots]);
}

function fused(slots: readonly ParamSlot[], group: AdagradGroup, { gradScale, foundInf }: Scaling): void {
  for (const { param } of slots) checkFused(param);
  if (slots.some(({ grad, param }) => grad.isSparse || param.isComplex())) {
    throw new TorchError('`fused` does not support sparse grad or complex param');
  }
  if (group.differentiable) {
    throw new TorchError('adagrad with fused=True does not support differentiable=True');
  }
  for (const part of byDeviceAndDtype(slots.map(({ param }) => param))) {
    const own = part.map((i) => slots[i]);
    const { device } = own[0].param;
    const steps = own.map((slot) => stateOf(slot, 'step'));
    const found = foundInf?.to({ device }) ?? null;
    const { lr_decay, weight_decay, eps, maximize } = group;
    const lr = rateOf(group);
    aten._foreachAdd_(steps, 1);
    aten._fusedAdagrad_(
      own.map(({ param }) => param),
      own.map(({ grad }) => grad),
      own.map((slot) => stateOf(slot, 'sum')),
      steps,
      {
        lr: scalar(lr instanceof Tensor && !lr.isCpu ? lr.to({ device }) : lr),
        lrDecay: lr_decay,
        weightDecay: weight_decay,
        eps,
        maximize,
        gradScale: gradScale?.to({ device }) ?? null,
        foundInf: found,
      },
    );
    if (found) aten._foreachSub_(steps, new Array<Tensor>(steps.length).fill(found));
  }
}
