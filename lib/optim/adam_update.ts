// Adam's update in its three implementations. The order of the operations decides the last bit.
import * as aten from '../tensor/aten';
import { TorchError } from '../core/errors';
import { native } from '../native';
import { Tensor } from '../tensor';
import type { ParamGroup } from './group';
import type { ParamState } from './state_dict';
import {
  type Batch,
  type ParamSlot,
  batches,
  decayBatch,
  decaySlot,
  free,
  inParts,
  negateIfMaximize,
  stateOf,
  values,
  writeHandles,
  writeOwn,
} from './batch';
import {
  type ImplementationGroup,
  type Scaling,
  asReal,
  byDeviceAndDtype,
  checkCapturable,
  checkNotDifferentiable,
  scalar,
} from './implementation';
import {
  type Value,
  isNumber,
  minus,
  negative,
  numberOf,
  over,
  power,
  rateOf,
  requiresGrad,
  squeezed,
} from './scalar';

const FLAGS = native.constants.optimizerFlags;

/** A group of parameters of `optim.Adam`, with its options. */
export interface AdamGroup extends ParamGroup, ImplementationGroup {
  betas: readonly [Value, Value];
  eps: number;
  weight_decay: Value;
  amsgrad: boolean;
  fused: boolean | null;
  decoupled_weight_decay: boolean;
}

export const implementations = { singleTensor, multiTensor, fused };

function singleTensor(slots: readonly ParamSlot[], group: AdamGroup): void {
  for (const part of inParts(slots, WIDTH)) {
    const rows = part.map((slot) => [
      ...[slot.param, slot.grad, slot.state.exp_avg, slot.state.exp_avg_sq],
      ...[group.amsgrad ? stateOf(slot, 'max_exp_avg_sq') : undefined, slot.state.step],
    ]);
    if (
      !areNumbers(group) ||
      !writeHandles(rows as (Tensor | undefined)[][]) ||
      !update(rows.length, group)
    ) {
      eachTensor(part, group);
    }
  }
}

function eachTensor(slots: readonly ParamSlot[], group: AdamGroup): void {
  const lr = squeezed(group.lr);
  for (const slot of slots) {
    const step = stateOf(slot, 'step');
    const raw = negateIfMaximize(slot.grad, group);
    checkCapturable(group, slot.param, [step]);
    step.add_(1);
    const grad = asReal(decaySlot(slot.param, raw, group, lr));
    const param = asReal(slot.param);
    const expAvg = asReal(stateOf(slot, 'exp_avg'));
    const expAvgSq = asReal(stateOf(slot, 'exp_avg_sq'));
    average(param, grad, expAvg, expAvgSq, group);
    const largest = group.amsgrad ? asReal(stateOf(slot, 'max_exp_avg_sq')) : null;
    if (group.capturable || group.differentiable) {
      moveByTensors(param, expAvg, expAvgSq, largest, step, group, lr);
    } else {
      move(param, expAvg, expAvgSq, largest, step.item(), group, lr);
    }
  }
}

/** What is remembered of a parameter, in the order of the native update. */
export const KEYS = ['exp_avg', 'exp_avg_sq', '', 'step'];
export const AMSGRAD_KEYS = ['exp_avg', 'exp_avg_sq', 'max_exp_avg_sq', 'step'];
const WIDTH = KEYS.length + 2;

/** {@link singleTensor} of all parameters of the group that have a gradient. False: nothing was done. */
export function inOneCall(group: AdamGroup, states: ReadonlyMap<Tensor, ParamState>): boolean {
  if (!areNumbers(group)) return false;
  const keys = group.amsgrad ? AMSGRAD_KEYS : KEYS;
  return writeOwn(group.params, states, keys) && update(group.params.length, group);
}

function areNumbers({ lr, betas, eps, weight_decay, capturable, differentiable }: AdamGroup): boolean {
  return !capturable && !differentiable && [lr, betas[0], betas[1], eps, weight_decay].every(isNumber);
}

// Of parameters whose numbers are in the transfer buffer. False: nothing was done.
function update(count: number, group: AdamGroup): boolean {
  const { lr, betas, eps, weight_decay: decay, maximize, decoupled_weight_decay: decoupled } = group;
  const flags = (maximize ? FLAGS.maximize : 0) | (decoupled ? FLAGS.decoupled : 0);
  const outcome = native.adam(
    count,
    lr as number,
    betas[0] as number,
    betas[1] as number,
    eps,
    decay as number,
    flags,
  );
  if (outcome === 1) over(1, 0);
  return outcome === 0;
}

function average(param: Tensor, grad: Tensor, expAvg: Tensor, expAvgSq: Tensor, group: AdamGroup): void {
  const [beta1, beta2] = group.betas;
  const near = beta1 instanceof Tensor ? beta1.to({ device: param.device, dtype: param.dtype }) : beta1;
  expAvg.lerp_(grad, scalar(minus(1, near)));
  const rest = minus(1, beta2);
  if (group.differentiable && requiresGrad(beta2)) expAvgSq.lerp_(grad.square(), rest as Tensor);
  else expAvgSq.mul_(scalar(beta2)).addcmul_(grad, grad, { value: numberOf(rest) });
}

function move(
  param: Tensor,
  expAvg: Tensor,
  expAvgSq: Tensor,
  largest: Tensor | null,
  step: number,
  { betas: [beta1, beta2], eps }: AdamGroup,
  lr: Value,
): void {
  const size = over(lr, minus(1, power(beta1, step)));
  const correction = power(minus(1, power(beta2, step)), 0.5);
  if (largest) aten.maximum(largest, expAvgSq, { out: largest });
  const root = (largest ?? expAvgSq).sqrt();
  const denominator = root.div(scalar(correction)).add_(eps);
  param.addcdiv_(expAvg, denominator, { value: numberOf(negative(size)) });
  free([root, denominator]); // the two largest temporaries
}

function moveByTensors(
  param: Tensor,
  expAvg: Tensor,
  expAvgSq: Tensor,
  largest: Tensor | null,
  step: Tensor,
  { betas: [beta1, beta2], eps, differentiable }: AdamGroup,
  lr: Value,
): void {
  const counted = (beta: Value) => (differentiable && requiresGrad(beta) ? step.clone() : step);
  const correction1 = minus(1, power(beta1, counted(beta1)));
  const correction2 = minus(1, power(beta2, counted(beta2))) as Tensor;
  const size = negative(over(lr, correction1)) as Tensor;
  const root = correction2.sqrt();
  if (largest) largest.copy_(aten.maximum(differentiable ? largest.clone() : largest, expAvgSq));
  const denominator = (largest ?? expAvgSq)
    .sqrt()
    .div(root.mul(size))
    .add_(over(eps, size) as Tensor);
  param.addcdiv_(differentiable ? expAvg.clone() : expAvg, denominator);
}

function checkForeach(slots: readonly ParamSlot[], group: AdamGroup): void {
  if (group.betas.some((beta) => beta instanceof Tensor) && !group.capturable) {
    throw new TorchError(
      'beta1 as a Tensor is not supported for capturable=False and foreach=True',
      'ValueError',
    );
  }
  for (const slot of slots) checkCapturable(group, slot.param, [stateOf(slot, 'step')], { xla: false });
  checkNotDifferentiable(group);
}

function multiTensor(slots: readonly ParamSlot[], group: AdamGroup): void {
  checkForeach(slots, group);
  const { betas, eps, amsgrad } = group;
  const [beta1, beta2] = betas;
  const lr = squeezed(group.lr);
  for (const batch of batches(slots, group)) {
    const expAvgs = batch.state('exp_avg');
    const expAvgSqs = batch.state('exp_avg_sq');
    const grads = decayBatch(batch, group, lr);
    aten._foreachLerp_(expAvgs, grads, numberOf(minus(1, beta1)));
    aten._foreachMul_(expAvgSqs, scalar(beta2));
    if (beta2 instanceof Tensor) {
      aten._foreachAddcmul_(expAvgSqs, aten._foreachMul(grads, beta2.rsub(1)), grads, 1);
    } else aten._foreachAddcmul_(expAvgSqs, grads, grads, 1 - beta2);

    const largest = amsgrad ? batch.state('max_exp_avg_sq') : expAvgSqs;
    if (amsgrad) aten._foreachMaximum_(largest, expAvgSqs);
    const roots = aten._foreachSqrt(largest);
    if (group.capturable) divideByTensors(roots, batch, group, lr);
    else aten._foreachDiv_(roots, corrections2(batch, numberOf(beta2)));
    if (!group.capturable) aten._foreachAdd_(roots, eps);
    const sizes = values(batch.steps).map(
      (step) => -(numberOf(lr) / (1 - native.pow(numberOf(beta1), step))),
    );
    if (group.capturable) aten._foreachAddcdiv_(batch.params, expAvgs, roots);
    else aten._foreachAddcdiv_(batch.params, expAvgs, roots, sizes);
    free(roots);
  }
}

const corrections2 = ({ steps }: Batch, beta2: number) =>
  values(steps).map((step) => native.pow(1 - native.pow(beta2, step), 0.5));

// Roots to denominators, by operators alone.
function divideByTensors(roots: Tensor[], { steps }: Batch, { betas, eps }: AdamGroup, lr: Value): void {
  const sizes = aten._foreachPow(numberOf(betas[0]), steps);
  const corrections = aten._foreachPow(numberOf(betas[1]), steps);
  aten._foreachSub_(sizes, 1);
  aten._foreachSub_(corrections, 1);
  aten._foreachNeg_(corrections);
  aten._foreachDiv_(sizes, scalar(lr));
  aten._foreachReciprocal_(sizes);
  aten._foreachSqrt_(corrections);
  aten._foreachDiv_(roots, { other: corrections });
  aten._foreachAdd_(roots, eps);
  aten._foreachDiv_(roots, { other: sizes });
}

function fused(slots: readonly ParamSlot[], group: AdamGroup, { gradScale, foundInf }: Scaling): void {
  const { betas, eps, weight_decay, maximize, amsgrad } = group;
  const run = group.decoupled_weight_decay ? aten._fusedAdamw_ : aten._fusedAdam_;
  for (const part of byDeviceAndDtype(slots.map(({ param }) => param))) {
    const { device } = slots[part[0]].param;
    const state = (key: string) => part.map((i) => stateOf(slots[i], key));
    const steps = state('step');
    const found = foundInf?.to({ device }) ?? null;
    const lr = rateOf(group);
    aten._foreachAdd_(steps, 1);
    run(
      part.map((i) => slots[i].param),
      part.map((i) => slots[i].grad),
      state('exp_avg'),
      state('exp_avg_sq'),
      amsgrad ? state('max_exp_avg_sq') : [],
      steps,
      {
        lr: scalar(lr instanceof Tensor && !lr.isCpu ? lr.to({ device }) : lr),
        beta1: numberOf(betas[0]),
        beta2: numberOf(betas[1]),
        weightDecay: numberOf(weight_decay),
        eps,
        amsgrad,
        maximize,
        gradScale: gradScale?.to({ device }) ?? null,
        foundInf: found,
      },
    );
    if (found) aten._foreachSub_(steps, new Array<Tensor>(steps.length).fill(found));
  }
}
