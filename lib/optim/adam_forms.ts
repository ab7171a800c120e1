// Adam's update in its three forms. The order of the operations decides the last bit.
import * as aten from '../aten';
import { float32 } from '../dtype';
import { tensor } from '../creation';
import { Tensor } from '../tensor';
import type { AdamGroup } from './adam';
import { byDeviceAndDtype, numberOf } from './form';
import { native } from '../native';

/** The tensors of one update, position by position. */
export interface AdamUpdate {
  params: Tensor[];
  grads: Tensor[];
  expAvgs: Tensor[];
  expAvgSqs: Tensor[];
  maxExpAvgSqs: Tensor[]; // empty without amsgrad
  steps: Tensor[];
}

export const forms = { single, foreach, fused };

const asReal = (value: Tensor) => (value.isComplex() ? aten.viewAsReal(value) : value);

/** `lr / (1 - beta1 ** step)`; a tensor lr divides in its own dtype. */
function stepSize(lr: number | Tensor, correction: number): number {
  return lr instanceof Tensor ? (lr.div(correction).item() as number) : lr / correction;
}

/** What decoupled weight decay leaves of a parameter. */
function shrinkage({ lr, weight_decay }: AdamGroup): number | Tensor {
  return lr instanceof Tensor ? lr.squeeze().mul(weight_decay).rsub(1) : 1 - lr * weight_decay;
}

function single(update: AdamUpdate, group: AdamGroup): void {
  const { betas, eps, weight_decay, maximize, amsgrad, decoupled_weight_decay } = group;
  const [beta1, beta2] = betas;
  update.params.forEach((whole, i) => {
    let grad = maximize ? update.grads[i].neg() : update.grads[i];
    update.steps[i].add_(1);
    if (weight_decay !== 0) {
      if (decoupled_weight_decay) whole.mul_(shrinkage(group) as Tensor);
      else grad = grad.add(whole, { alpha: weight_decay });
    }
    grad = asReal(grad);
    const param = asReal(whole);
    const expAvg = asReal(update.expAvgs[i]);
    const expAvgSq = asReal(update.expAvgSqs[i]);
    expAvg.lerp_(grad, 1 - beta1);
    expAvgSq.mul_(beta2).addcmul_(grad, grad, { value: 1 - beta2 });

    const step = update.steps[i].item() as number;
    const size = stepSize(group.lr, 1 - native.pow(beta1, step));
    const correction = native.pow(1 - native.pow(beta2, step), 0.5);
    let largest = expAvgSq;
    if (amsgrad) {
      largest = asReal(update.maxExpAvgSqs[i]);
      aten.maximum(largest, expAvgSq, { out: largest });
    }
    const root = largest.sqrt();
    const denominator = root.div(correction).add_(eps);
    param.addcdiv_(expAvg, denominator, { value: -size });
    root.dispose(); // the two largest temporaries: at once, not at a collection
    denominator.dispose();
  });
}

function foreach(update: AdamUpdate, group: AdamGroup): void {
  const { betas, eps, weight_decay, maximize, amsgrad, decoupled_weight_decay } = group;
  const [beta1, beta2] = betas;
  const lr = numberOf(group.lr);
  for (const part of byDeviceAndDtype(update.params)) {
    const take = (list: Tensor[]) => part.map((i) => asReal(list[i]));
    const params = take(update.params);
    const expAvgs = take(update.expAvgs);
    const expAvgSqs = take(update.expAvgSqs);
    const steps = part.map((i) => update.steps[i]);
    let grads = take(update.grads);
    if (maximize) grads = aten._foreachNeg(grads);
    if (steps[0].isCpu) aten._foreachAdd_(steps, tensor(1, { dtype: float32 }), { alpha: 1 });
    else aten._foreachAdd_(steps, 1);
    if (weight_decay !== 0) {
      if (decoupled_weight_decay) aten._foreachMul_(params, 1 - lr * weight_decay);
      else if (maximize) aten._foreachAdd_(grads, params, { alpha: weight_decay });
      else grads = aten._foreachAdd(grads, params, { alpha: weight_decay });
    }
    aten._foreachLerp_(expAvgs, grads, 1 - beta1);
    aten._foreachMul_(expAvgSqs, beta2);
    aten._foreachAddcmul_(expAvgSqs, grads, grads, 1 - beta2);

    const counts = steps.map((step) => step.item() as number);
    const sizes = counts.map((count) => -(lr / (1 - native.pow(beta1, count))));
    const corrections = counts.map((count) => native.pow(1 - native.pow(beta2, count), 0.5));
    const largest = amsgrad ? take(update.maxExpAvgSqs) : expAvgSqs;
    if (amsgrad) aten._foreachMaximum_(largest, expAvgSqs);
    const denominators = aten._foreachSqrt(largest);
    aten._foreachDiv_(denominators, corrections);
    aten._foreachAdd_(denominators, eps);
    aten._foreachAddcdiv_(params, expAvgs, denominators, sizes);
    for (const each of denominators) each.dispose();
  }
}

function fused(update: AdamUpdate, group: AdamGroup): void {
  const { betas, eps, weight_decay, maximize, amsgrad } = group;
  const run = group.decoupled_weight_decay ? aten._fusedAdamw_ : aten._fusedAdam_;
  for (const part of byDeviceAndDtype(update.params)) {
    const take = (list: Tensor[]) => part.map((i) => list[i]);
    const steps = take(update.steps);
    aten._foreachAdd_(steps, 1);
    run(
      take(update.params),
      take(update.grads),
      take(update.expAvgs),
      take(update.expAvgSqs),
      amsgrad ? take(update.maxExpAvgSqs) : [],
      steps,
      {
        lr: numberOf(group.lr),
        beta1: betas[0],
        beta2: betas[1],
        weightDecay: weight_decay,
        eps,
        amsgrad,
        maximize,
      },
    );
  }
}
