// NAdam's update in its two implementations. The order of the operations decides the last bit.
import * as aten from '../tensor/aten';
import { native } from '../native';
import type { Tensor } from '../tensor';
import {
  type Batch,
  type ParamSlot,
  batches,
  decayBatch,
  decaySlot,
  free,
  negateIfMaximize,
  stateOf,
  values,
} from './batch';
import {
  type ImplementationGroup,
  asReal,
  checkCapturable,
  checkNotDifferentiable,
  scalar,
} from './implementation';
import type { ParamGroup } from './group';
import { type Value, minus, negative, numberOf, over, plus, power, squeezed, times } from './scalar';

/** A group of parameters of `optim.NAdam`, with its options. */
export interface NAdamGroup extends ParamGroup, ImplementationGroup {
  betas: readonly [number, number];
  eps: number;
  weight_decay: number;
  momentum_decay: number;
  decoupled_weight_decay: boolean;
}

export const implementations = { singleTensor, multiTensor };

const names = 'params, mu_products and state_steps';

/** The momentum of step `step`. */
function momentum(step: Value, { betas, momentum_decay }: NAdamGroup): Value {
  return times(betas[0], minus(1, times(0.5, power(0.96, times(step, momentum_decay)))));
}

function singleTensor(slots: readonly ParamSlot[], group: NAdamGroup): void {
  const { betas, eps, differentiable, capturable } = group;
  const lr = squeezed(group.lr);
  for (const slot of slots) {
    let grad = asReal(negateIfMaximize(slot.grad, group));
    const param = asReal(slot.param);
    const product = stateOf(slot, 'mu_product');
    const counted = stateOf(slot, 'step');
    checkCapturable(group, param, [product, counted], { names });
    counted.add_(1);
    const step: Value = capturable ? counted : counted.item();
    const correction2 = minus(1, power(betas[1], step));
    grad = decaySlot(param, grad, group, lr);
    const mu = momentum(step, group);
    const next = momentum(plus(step, 1), group);
    product.mul_(scalar(mu));
    const expAvg = asReal(stateOf(slot, 'exp_avg'));
    const expAvgSq = asReal(stateOf(slot, 'exp_avg_sq'));
    expAvg.lerp_(grad, 1 - betas[0]);
    expAvgSq.mul_(betas[1]).addcmul_(grad, grad, { value: 1 - betas[1] });
    const denominator = expAvgSq.div(scalar(correction2)).sqrt();
    if (differentiable || capturable) {
      moveByTensors(param, grad, expAvg, denominator.add(eps), { lr, mu, next, product });
      continue;
    }
    denominator.add_(eps);
    const sofar = product.item();
    const ofGrad = over(times(negative(lr), minus(1, mu)), 1 - sofar);
    const ofAverage = over(times(negative(lr), next), minus(1, times(sofar, next)));
    param.addcdiv_(grad, denominator, { value: numberOf(ofGrad) });
    param.addcdiv_(expAvg, denominator, { value: numberOf(ofAverage) });
    denominator.dispose();
  }
}

interface Factors {
  lr: Value;
  mu: Value;
  next: Value;
  product: Tensor;
}

function moveByTensors(
  param: Tensor,
  grad: Tensor,
  expAvg: Tensor,
  denominator: Tensor,
  { lr, mu, next, product }: Factors,
): void {
  const productNext = product.mul(scalar(next));
  const ofGrad = over(times(negative(lr), minus(1, mu)), minus(1, product));
  const ofAverage = over(times(negative(lr), next), minus(1, productNext));
  const step = grad.mul(scalar(ofGrad));
  const average = expAvg.mul(scalar(ofAverage));
  param.addcdiv_(step, denominator);
  param.addcdiv_(average, denominator);
}

function multiTensor(slots: readonly ParamSlot[], group: NAdamGroup): void {
  checkNotDifferentiable(group);
  for (const slot of slots) {
    const counters = [stateOf(slot, 'mu_product'), stateOf(slot, 'step')];
    checkCapturable(group, slot.param, counters, {
      names: 'params, mu_products, and state_steps',
      xla: false,
    });
  }
  const { betas } = group;
  const lr = squeezed(group.lr);
  for (const batch of batches(slots, group)) {
    const grads = decayBatch(batch, group, lr);
    const expAvgSqs = batch.state('exp_avg_sq');
    aten._foreachLerp_(batch.state('exp_avg'), grads, 1 - betas[0]);
    aten._foreachMul_(expAvgSqs, betas[1]);
    aten._foreachAddcmul_(expAvgSqs, grads, grads, 1 - betas[1]);
    const roots = aten._foreachSqrt(expAvgSqs);
    if (group.capturable) moveMultiTensorByTensors(batch, grads, roots, group, lr);
    else moveMultiTensor(batch, grads, roots, group, numberOf(lr));
    free(roots);
  }
}

function moveMultiTensor(
  batch: Batch,
  grads: Tensor[],
  roots: Tensor[],
  group: NAdamGroup,
  lr: number,
): void {
  const steps = values(batch.steps);
  const products = batch.state('mu_product');
  const mus = steps.map((step) => momentum(step, group) as number);
  const nexts = steps.map((step) => momentum(step + 1, group) as number);
  const corrections = steps.map((step) => native.pow(1 - native.pow(group.betas[1], step), 0.5));
  aten._foreachMul_(products, mus);
  aten._foreachDiv_(roots, corrections);
  aten._foreachAdd_(roots, group.eps);
  const sofar = values(products);
  const ofGrads = mus.map((mu, i) => -((lr * (1 - mu)) / (1 - sofar[i])));
  const ofAverages = nexts.map((next, i) => -((lr * next) / (1 - sofar[i] * next)));
  aten._foreachAddcdiv_(batch.params, grads, roots, ofGrads);
  aten._foreachAddcdiv_(batch.params, batch.state('exp_avg'), roots, ofAverages);
}

function momenta(exponents: Tensor[], beta1: number): Tensor[] {
  const mus = aten._foreachPow(0.96, exponents);
  aten._foreachMul_(mus, -0.5);
  aten._foreachAdd_(mus, 1);
  aten._foreachMul_(mus, beta1);
  return mus;
}

function moveMultiTensorByTensors(
  batch: Batch,
  grads: Tensor[],
  roots: Tensor[],
  { betas, eps, momentum_decay }: NAdamGroup,
  lr: Value,
): void {
  const products = batch.state('mu_product');
  const exponents = aten._foreachMul(batch.steps, momentum_decay);
  const mus = momenta(exponents, betas[0]);
  aten._foreachAdd_(exponents, momentum_decay);
  const nexts = momenta(exponents, betas[0]);
  const corrections = aten._foreachPow(betas[1], batch.steps);
  aten._foreachSub_(corrections, 1);
  aten._foreachNeg_(corrections);
  aten._foreachSqrt_(corrections);
  aten._foreachMul_(products, { other: mus });
  aten._foreachDiv_(roots, { other: corrections });
  aten._foreachAdd_(roots, eps);

  aten._foreachSub_(mus, 1);
  aten._foreachMul_(mus, scalar(lr));
  const rest = aten._foreachSub(products, 1);
  aten._foreachNeg_(rest);
  aten._foreachDiv_(mus, { other: rest });
  const restNext = aten._foreachMul(products, { other: nexts });
  aten._foreachMul_(nexts, scalar(lr));
  aten._foreachSub_(restNext, 1);
  aten._foreachDiv_(nexts, { other: restNext });
  const numerators = aten._foreachMul(mus, { other: grads });
  aten._foreachAddcmul_(numerators, nexts, batch.state('exp_avg'));
  aten._foreachAddcdiv_(batch.params, numerators, roots);
}
