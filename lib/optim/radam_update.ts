// RAdam's update in its two implementations. The order of the operations decides the last bit.
import * as aten from '../tensor/aten';
import { native } from '../native';
import type { Tensor } from '../tensor';
import {
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
  listOf,
  scalar,
} from './implementation';
import type { ParamGroup } from './group';
import { type Value, less, minus, over, power, squeezed, times } from './scalar';

/** A group of parameters of `optim.RAdam`, with its options. */
export interface RAdamGroup extends ParamGroup, ImplementationGroup {
  betas: readonly [number, number];
  eps: number;
  weight_decay: number;
  decoupled_weight_decay: boolean;
}

export const implementations = { singleTensor, multiTensor };

const limit = (beta2: number) => 2 / (1 - beta2) - 1;

function rectification(rho: Value, rhoInf: number): Value {
  const above = times(times(minus(rho, 4), minus(rho, 2)), rhoInf);
  return power(over(above, times((rhoInf - 4) * (rhoInf - 2), rho)), 0.5);
}

function singleTensor(slots: readonly ParamSlot[], group: RAdamGroup): void {
  const { betas, eps, differentiable, capturable } = group;
  const [beta1, beta2] = betas;
  const lr = squeezed(group.lr);
  for (const slot of slots) {
    let grad = asReal(negateIfMaximize(slot.grad, group));
    const param = asReal(slot.param);
    const counted = stateOf(slot, 'step');
    checkCapturable(group, param, [counted]);
    counted.add_(1);
    const step: Value = capturable ? counted : counted.item();
    grad = decaySlot(param, grad, group, lr);
    const expAvg = asReal(stateOf(slot, 'exp_avg'));
    const expAvgSq = asReal(stateOf(slot, 'exp_avg_sq'));
    expAvg.lerp_(grad, 1 - beta1);
    expAvgSq.mul_(beta2).addcmul_(grad, grad, { value: 1 - beta2 });
    const correction2 = minus(1, power(beta2, step));
    const average = expAvg.div(scalar(minus(1, power(beta1, step))));
    const rhoInf = limit(beta2);
    const rho = minus(rhoInf, over(times(times(2, step), power(beta2, step)), correction2));
    const adaptive = () => {
      const root = expAvgSq.sqrt();
      return over(power(correction2, 0.5), differentiable ? root.add(eps) : root.add_(eps));
    };
    const move = average.mul(scalar(lr));
    if (capturable) {
      const rectified = times(rectification(rho, rhoInf), adaptive()) as Tensor;
      param.add_(move.mul(aten.where((rho as Tensor).gt(5), rectified, 1)), { alpha: -1 });
    } else if (less(5, rho)) {
      const factor = scalar(rectification(rho, rhoInf));
      param.add_(move.mul(adaptive() as Tensor).mul(factor), { alpha: -1 });
    } else {
      param.add_(move, { alpha: -1 });
    }
    free([average, move]);
  }
}

function multiTensor(slots: readonly ParamSlot[], group: RAdamGroup): void {
  checkNotDifferentiable(group);
  for (const slot of slots) checkCapturable(group, slot.param, [stateOf(slot, 'step')], { xla: false });
  const { betas, eps } = group;
  const [beta1, beta2] = betas;
  const lr = squeezed(group.lr);
  for (const batch of batches(slots, group)) {
    const grads = decayBatch(batch, group, lr);
    const expAvgs = batch.state('exp_avg');
    const expAvgSqs = batch.state('exp_avg_sq');
    aten._foreachLerp_(expAvgs, grads, 1 - beta1);
    aten._foreachMul_(expAvgSqs, beta2);
    aten._foreachAddcmul_(expAvgSqs, grads, grads, 1 - beta2);

    const buffers = aten._foreachSqrt(expAvgSqs);
    aten._foreachAdd_(buffers, eps);
    if (group.capturable) {
      const { plain, rectified } = sizesByTensors(batch.steps, group, lr);
      divide(buffers, rectified);
      aten._foreachAdd_(buffers, listOf(plain));
    } else {
      const { plain, rectified } = sizes(values(batch.steps), group, lr);
      divide(buffers, rectified);
      aten._foreachAdd_(buffers, listOf(plain));
    }
    aten._foreachAddcmul_(batch.params, expAvgs, buffers);
    free(buffers);
  }
}

function divide(buffers: Tensor[], divisors: Value[]): void {
  aten._foreachDiv_(buffers, listOf(divisors));
  aten._foreachReciprocal_(buffers);
}

/** Step sizes without and with rectification: one of the two is zero. */
function sizes(steps: number[], { betas: [beta1, beta2] }: RAdamGroup, lr: Value) {
  const rhoInf = limit(beta2);
  const factors = steps.map((step) => {
    const decay = native.pow(beta2, step);
    const rho = rhoInf - (2 * step * decay) / (1 - decay);
    return rho > 5 ? (rectification(rho, rhoInf) as number) : 0;
  });
  const corrections = steps.map((step) => 1 - native.pow(beta1, step));
  const corrected = (factor: number, i: number) => over(times(lr, factor), corrections[i]);
  const plain = factors.map((factor, i) => times(corrected(factor > 0 ? 0 : 1, i), -1));
  const rectified = factors.map((factor, i) => {
    const root = native.pow(1 - native.pow(beta2, steps[i]), 0.5);
    return times(times(root, corrected(factor, i)), -1);
  });
  return { plain, rectified };
}

/** `1 - beta ** step` for each step. */
function corrections(beta: number, steps: Tensor[]): Tensor[] {
  const powers = aten._foreachPow(beta, steps);
  aten._foreachNeg_(powers);
  aten._foreachAdd_(powers, 1);
  return powers;
}

function sizesByTensors(steps: Tensor[], { betas: [beta1, beta2] }: RAdamGroup, lr: Value) {
  const rhoInf = limit(beta2);
  const rhos = aten._foreachPow(beta2, steps);
  aten._foreachMul_(rhos, { other: steps });
  aten._foreachMul_(rhos, 2);
  aten._foreachDiv_(rhos, { other: corrections(beta2, steps) });
  aten._foreachNeg_(rhos);
  aten._foreachAdd_(rhos, rhoInf);

  const above = aten._foreachSub(rhos, 4);
  aten._foreachMul_(above, aten._foreachSub(rhos, 2));
  aten._foreachMul_(above, rhoInf);
  aten._foreachDiv_(above, aten._foreachMul(rhos, (rhoInf - 4) * (rhoInf - 2)));
  aten._foreachSqrt_(above);
  const factors = above.map((each, i) => aten.where(rhos[i].gt(5), each, 0));
  const plain = factors.map((factor) => aten.where(factor.gt(0), aten.zerosLike(factor), 1));
  const correction1 = corrections(beta1, steps);
  aten._foreachMul_(plain, scalar(lr));
  aten._foreachDiv_(plain, { other: correction1 });
  aten._foreachNeg_(plain);
  const rectified = corrections(beta2, steps);
  aten._foreachSqrt_(rectified);
  aten._foreachMul_(rectified, scalar(lr));
  aten._foreachMul_(rectified, { other: factors });
  aten._foreachNeg_(rectified);
  aten._foreachDiv_(rectified, { other: correction1 });
  return { plain, rectified };
}
