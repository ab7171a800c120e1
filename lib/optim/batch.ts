// What an update works on: parameters one by one, or lists of them.
import * as aten from '../tensor/aten';
import { getDefaultDtype, tensor } from '../tensor/creation';
import { type DType, bfloat16, float32, float64 } from '../core/dtype';
import { TorchError } from '../core/errors';
import { HANDLE } from '../native/handle';
import { isTensor } from '../native/tensor_base';
import { keep } from '../tensor/memory';
import { transferBuffer, native } from '../native';
import type { Tensor } from '../tensor';
import { type ImplementationGroup, asReal, byDeviceAndDtype, count, scalar } from './implementation';
import { type Value, minus, numberOf, requiresGrad, times } from './scalar';
import type { ParamState } from './state_dict';

/** A parameter, its gradient, and what is remembered of it. */
export interface ParamSlot {
  param: Tensor;
  grad: Tensor;
  state: ParamState;
}

/** The state of a slot under `key`. Throws Python's KeyError where an option that needs it was set too late. */
export function stateOf({ state }: ParamSlot, key: string): Tensor {
  const value = state[key];
  if (value === undefined) throw new TorchError(`'${key}'`, 'KeyError');
  return value as Tensor;
}

/** Throws Python's errors for states that lack something, before any of them changes. */
export function checkStates(slots: readonly ParamSlot[], keys: readonly string[]): void {
  for (const slot of slots) for (const key of keys) if (key !== '') stateOf(slot, key);
  if (slots.every(({ state }) => isTensor(state.step))) return;
  throw new TorchError('API has changed, `state_steps` argument must contain a list of singleton tensors');
}

const ALWAYS_ALIKE: readonly DType[] = [float32, float64, bfloat16];

/** Throws Python's error for what lists of one dtype, with counters, cannot take. */
export function checkDtypes(slots: readonly ParamSlot[]): void {
  for (const { param, state } of slots) {
    for (const key in state) {
      const value = state[key];
      if (!isTensor(value) || ALWAYS_ALIKE.includes(value.dtype) || value.dtype === param.dtype) continue;
      throw new TorchError(
        'Tensors of the same index must be on the same device and the same dtype except `step` tensors that can be on CPU ' +
          'and float32/64 notwithstanding',
      );
    }
  }
}

export function collect(
  params: readonly Tensor[],
  stateOf: (param: Tensor) => ParamState,
  begin: (param: Tensor, grad: Tensor) => ParamState,
  sparse: string | null,
): ParamSlot[] {
  const slots: ParamSlot[] = [];
  for (const param of params) {
    const { grad } = param;
    if (!grad) continue;
    if (sparse !== null && grad.isSparse) throw new TorchError(sparse);
    const state = stateOf(param);
    if (Object.keys(state).length === 0) Object.assign(state, begin(param, grad));
    slots.push({ param, grad, state });
  }
  return slots;
}

/** As many of the items at once as the transfer buffer has room for, with `width` tensors each. */
export function* inParts<Item>(items: readonly Item[], width: number): Generator<readonly Item[]> {
  const most = Math.floor(transferBuffer.length / width);
  for (let begin = 0; begin < items.length; begin += most) yield items.slice(begin, begin + most);
}

/** Leaves tensors in the transfer buffer for a native update. False where one goes by no number. */
export function writeHandles(rows: readonly (readonly (Tensor | undefined)[])[]): boolean {
  let next = 0;
  for (const row of rows) {
    for (const tensor of row) {
      const handle = tensor ? tensor[HANDLE] : 0;
      if (typeof handle !== 'number') return false;
      transferBuffer[next++] = handle;
    }
  }
  return true;
}

/**
 * {@link writeHandles} of all parameters, with 0 for the gradient, which is the parameter's own then, and what is under
 * `keys` in their states. False where one goes by no number, or there are too many for one call.
 */
export function writeOwn(
  params: readonly Tensor[],
  states: ReadonlyMap<Tensor, ParamState>,
  keys: readonly string[],
): boolean {
  if (params.length * (keys.length + 2) > transferBuffer.length) return false;
  let next = 0;
  for (const param of params) {
    const handle = param[HANDLE];
    if (typeof handle !== 'number') return false;
    transferBuffer[next++] = handle;
    transferBuffer[next++] = 0;
    const state = states.get(param);
    for (const key of keys) {
      const own = key === '' ? undefined : (state?.[key] as Tensor | null | undefined);
      if (own == null && key !== '' && state !== undefined) return false; // an option was set too late
      const number = own == null ? 0 : own[HANDLE];
      if (typeof number !== 'number') return false;
      transferBuffer[next++] = number;
    }
  }
  return true;
}

/** Forgets the gradients of parameters. */
export function clearGradients(params: readonly Tensor[]): void {
  let count = 0;
  for (const param of params) {
    const handle = param[HANDLE];
    if (typeof handle === 'number') transferBuffer[count++] = handle;
    else param.grad = null;
    if (count < transferBuffer.length) continue;
    native.clearGradients(count);
    count = 0;
  }
  if (count > 0) native.clearGradients(count);
}

/** The lists of one device and dtype, complex tensors as pairs of reals. */
export interface Batch {
  params: Tensor[];
  /** Negative where the objective is maximized: ours to change then. */
  grads: Tensor[];
  steps: Tensor[];
  state(key: string): Tensor[];
}

/** Counts a step and gives the lists that a multi-tensor implementation works on. */
export function batches(slots: readonly ParamSlot[], group: ImplementationGroup): Batch[] {
  return byDeviceAndDtype(slots.map(({ param }) => param)).map((part) => {
    const grads = part.map((i) => asReal(slots[i].grad));
    const state = (key: string) => part.map((i) => asReal(stateOf(slots[i], key)));
    const steps = state('step');
    count(steps);
    const params = part.map((i) => asReal(slots[i].param));
    return { params, grads: group.maximize ? aten._foreachNeg(grads) : grads, steps, state };
  });
}

/** The gradients with weight decay added: in place where they are ours. */
export function decayed(
  { params, grads }: Batch,
  group: ImplementationGroup & { weight_decay: Value },
): Tensor[] {
  const alpha = numberOf(group.weight_decay);
  if (alpha === 0) return grads;
  if (!group.maximize) return aten._foreachAdd(grads, params, { alpha });
  aten._foreachAdd_(grads, params, { alpha });
  return grads;
}

/** Options of weight decay that is decoupled from the gradient or not. */
interface DecayGroup extends ImplementationGroup {
  weight_decay: Value;
  decoupled_weight_decay: boolean;
}

/** The gradient with weight decay; where that is decoupled, it changes the parameter instead. */
export function decaySlot(param: Tensor, grad: Tensor, group: DecayGroup, lr: Value): Tensor {
  const decay = group.weight_decay;
  if (numberOf(decay) === 0) return grad;
  if (group.decoupled_weight_decay) {
    param.mul_(scalar(minus(1, times(lr, decay))));
    return grad;
  }
  if (group.differentiable && requiresGrad(decay)) return grad.addcmul_(param.clone(), decay as Tensor);
  return grad.add(param, { alpha: numberOf(decay) });
}

/** {@link decaySlot} of lists. */
export function decayBatch(batch: Batch, group: DecayGroup, lr: Value): Tensor[] {
  const decay = group.weight_decay;
  if (!group.decoupled_weight_decay || numberOf(decay) === 0) return decayed(batch, group);
  aten._foreachMul_(batch.params, scalar(minus(1, times(lr, decay))));
  return batch.grads;
}

/** The gradient of the loss to minimize. */
export const negateIfMaximize = (grad: Tensor, { maximize }: { maximize: boolean }): Tensor =>
  maximize ? grad.neg() : grad;

/** Values of counters. */
export const values = (counters: readonly Tensor[]): number[] => counters.map((each) => each.item());

/** The dtype of counters: wide where the default dtype is. */
export function counterDtype(fused: boolean | null = false): DType {
  return !fused && getDefaultDtype() === float64 ? float64 : float32;
}

/** A counter: on the CPU, except where the device reads it. */
export function counter(
  value: number,
  param: Tensor,
  { capturable, fused }: { capturable?: boolean; fused?: boolean | null } = {},
): Tensor {
  const device = capturable || fused ? param.device : undefined;
  return keep(tensor(value, { dtype: counterDtype(fused), device }));
}

/** State as large as the parameter. */
export const zeros = (param: Tensor): Tensor => keep(aten.zerosLike(param));

/** Makes tensors of counters that are numbers in older files. */
export function upgradeCounters(
  groups: readonly { params: Tensor[]; capturable?: boolean; fused?: boolean | null }[],
  state: ReadonlyMap<Tensor, ParamState>,
  keys: readonly string[] = ['step'],
): void {
  for (const group of groups) {
    for (const param of group.params) {
      const values = state.get(param) ?? {};
      for (const key of keys) {
        const value = values[key];
        if (typeof value === 'number') values[key] = counter(value, param, group);
      }
    }
  }
}

/** Frees temporaries at once: at a collection they would be cold. */
export function free(tensors: readonly Tensor[]): void {
  for (const each of tensors) each.dispose();
}

/** Sets gradients to zero; `inLists` says to do it with the operator for lists. */
export function zeroGradients(params: readonly Tensor[], inLists: boolean): void {
  const together: Tensor[] = [];
  for (const { grad } of params) {
    if (!grad) continue;
    if (grad.gradFn) aten.detach_(grad);
    else grad.requiresGrad_(false);
    if (inLists && !grad.isSparse) together.push(grad);
    else grad.zero_();
  }
  for (const part of byDeviceAndDtype(together)) aten._foreachZero_(part.map((i) => together[i]));
}
