import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { TorchError } from '../core/errors';
import { keep } from '../tensor/memory';
import type { Tensor } from '../tensor';
import { native } from '../native';
import { type ParamSlot, collect, inParts, negateIfMaximize, writeHandles, writeOwn } from './batch';
import {
  type FusedOptions,
  type Implementation,
  type ImplementationGroup,
  type ImplementationOptions,
  type Scaling,
  byDeviceAndDtype,
  checkFused,
  checkLearningRate,
  checkNotNegative,
  scalar,
} from './implementation';
import { type ParamGroup, type Params, valueError } from './group';
import { TensorOptimizer } from './tensor_optimizer';
import { type Value, alphaOf, isNumber, minus, negative, numberOf, requiresGrad, squeezed } from './scalar';
import type { ParamState } from './state_dict';

/** Options of `optim.SGD`. */
export interface SGDOptions extends Omit<ImplementationOptions, 'capturable'>, FusedOptions {
  /** Learning rate. Default: 1e-3. */
  lr?: Value;
  /** How much of the last step's direction is kept. Default: 0. */
  momentum?: number;
  /** How much less than all of the gradient goes into the momentum. Default: 0. */
  dampening?: number;
  /** L2 penalty. Default: 0. */
  weightDecay?: Value;
  /** Look ahead along the momentum. Default: false. */
  nesterov?: boolean;
}

/** A group of parameters of `optim.SGD`, with its options. */
export interface SGDGroup extends ParamGroup, ImplementationGroup {
  momentum: number;
  dampening: number;
  weight_decay: Value;
  nesterov: boolean;
  fused: boolean | null;
}

const SGD_DEFAULTS: Required<SGDOptions> = {
  lr: 1e-3,
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  maximize: false,
  foreach: null,
  differentiable: false,
  fused: null,
};

/** `buffer` is missing where there is no momentum yet. */
type SGDSlot = ParamSlot & { buffer?: Tensor };

const SGD_CALL = optimSignature('SGD', [value<Params<SGDOptions>>()('params')], SGD_DEFAULTS, [
  'lr',
  'momentum',
  'dampening',
  'weightDecay',
  'nesterov',
]);

/**
 * Stochastic gradient descent: `p ← p − lr g`, with momentum `b ← μ b + (1 − τ) g; p ← p − lr b`,
 * with Nesterov's `p ← p − lr (g + μ b)`; `g` has `weightDecay · p` added. The first `b` is `g`.
 *
 * Sutskever et al. 2013, On the importance of initialization and momentum in deep learning; PyTorch
 * multiplies the learning rate into the step and not into `b`.
 *
 * @example
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 * optimizer.zeroGrad();
 * lossOf(model(input), target).backward();
 * optimizer.step();
 */
export class SGD extends TensorOptimizer<SGDGroup, SGDOptions> {
  protected override readonly implementations = implementations;

  constructor(
    ...args: Call<
      typeof SGD_CALL,
      [params: Params<SGDOptions>],
      [lr: Value, momentum: number, dampening: number, weightDecay: Value, nesterov: boolean]
    >
  ) {
    const [list, given] = SGD_CALL.bind(args);
    checkLearningRate(given.lr);
    checkNotNegative('momentum value', given.momentum);
    checkNotNegative('weight_decay value', given.weightDecay);
    if (given.nesterov && (given.momentum <= 0 || given.dampening !== 0)) {
      throw valueError('Nesterov momentum requires a momentum and zero dampening');
    }
    super(list, given);
  }

  protected override beginState(): ParamState {
    return {};
  }

  // A parameter has no state unless there is momentum.
  protected override updateGroup(group: SGDGroup): void {
    const usual = this.choose(group, group.params) === 'singleTensor';
    if (usual && inOneCall(group, this.state)) return;
    const known = (param: Tensor) => this.state.get(param) ?? {};
    const slots: SGDSlot[] = collect(group.params, known, this.beginState, null);
    if (slots.length === 0) return;
    if (group.momentum === 0) return this.update(slots, group);
    for (const slot of slots) slot.buffer = (slot.state.momentum_buffer ?? undefined) as Tensor | undefined;
    this.update(slots, group);
    for (const { param, buffer } of slots) this.stateOf(param).momentum_buffer = keep(buffer!);
  }

  // Unlike the others, it does not ask whether it is differentiable.
  protected override choose(group: SGDGroup, params: readonly Tensor[]): Implementation {
    return super.choose({ ...group, differentiable: false }, params);
  }

  protected override upgrade(): void {
    this.setDefaults({
      nesterov: false,
      maximize: false,
      foreach: null,
      differentiable: false,
      fused: false,
    });
  }
}

const implementations = { singleTensor, multiTensor, fused };

// The order of the operations below decides the last bit.

function singleTensor(slots: readonly SGDSlot[], group: SGDGroup): void {
  for (const part of inParts(slots, 3)) if (!ofSlots(part, group)) eachTensor(part, group);
}

const FLAGS = native.constants.optimizerFlags;
const KEYS = ['momentum_buffer'];

// In one native call, where all hyperparameters are numbers and momentum has begun. False: nothing was done.
function ofSlots(slots: readonly SGDSlot[], group: SGDGroup): boolean {
  if (group.momentum !== 0 && slots.some(({ buffer }) => !buffer)) return false;
  return (
    areNumbers(group) &&
    writeHandles(slots.map(({ param, grad, buffer }) => [param, grad, buffer])) &&
    updated(slots.length, group)
  );
}

// The same of all parameters that have a gradient.
function inOneCall(group: SGDGroup, states: ReadonlyMap<Tensor, ParamState>): boolean {
  const { params, momentum } = group;
  return (
    areNumbers(group) &&
    writeOwn(params, states, momentum === 0 ? [''] : KEYS) &&
    updated(params.length, group)
  );
}

const areNumbers = ({ lr, momentum, dampening, weight_decay, differentiable }: SGDGroup): boolean =>
  !differentiable && [lr, momentum, dampening, weight_decay].every(isNumber);

// Of parameters whose numbers are in the transfer buffer. False: nothing was done.
function updated(count: number, group: SGDGroup): boolean {
  const { lr, momentum, dampening, weight_decay: decay, maximize, nesterov } = group;
  const flags = (maximize ? FLAGS.maximize : 0) | (nesterov ? FLAGS.nesterov : 0);
  return native.sgd(count, lr as number, momentum, dampening, decay as number, flags) === 0;
}

function eachTensor(slots: readonly SGDSlot[], group: SGDGroup): void {
  const { momentum, dampening, weight_decay, nesterov } = group;
  const lr = squeezed(group.lr);
  for (const slot of slots) {
    const { param } = slot;
    let grad = negateIfMaximize(slot.grad, group);
    if (requiresGrad(weight_decay)) grad = grad.addcmul_(param.clone(), weight_decay as Tensor);
    else if (numberOf(weight_decay) !== 0) grad = grad.add(param, { alpha: numberOf(weight_decay) });
    if (momentum !== 0) {
      if (slot.buffer) slot.buffer.mul_(momentum).add_(grad, { alpha: minus(1, dampening) as number });
      const buffer = (slot.buffer ??= grad.detach().clone());
      grad = nesterov ? grad.add(buffer, { alpha: momentum }) : buffer;
    }
    if (requiresGrad(lr)) param.addcmul_(grad, lr as Tensor, { value: -1 });
    else param.add_(grad, { alpha: -numberOf(lr) });
  }
}

function multiTensor(slots: readonly SGDSlot[], group: SGDGroup): void {
  const { momentum, weight_decay, nesterov, maximize } = group;
  const alpha = alphaOf(weight_decay);
  const decays = numberOf(weight_decay) !== 0;
  const step = requiresGrad(group.lr) ? alphaOf(negative(group.lr)) : -numberOf(group.lr);
  for (const part of byDeviceAndDtype(slots.map(({ param }) => param))) {
    const own = part.map((i) => slots[i]);
    const params = own.map(({ param }) => param);
    let grads = own.map(({ grad }) => grad);
    const sparse = grads.some((grad) => grad.isSparse);
    if (maximize) grads = aten._foreachNeg(grads);
    if (decays) {
      if (maximize) aten._foreachAdd_(grads, params, { alpha });
      else grads = aten._foreachAdd(grads, params, { alpha });
    }
    if (momentum !== 0) {
      const buffers = movedBuffers(own, grads, group);
      if (nesterov) aten._foreachAdd_(grads, buffers, { alpha: momentum });
      else grads = buffers;
    }
    if (sparse) params.forEach((param, i) => param.add_(grads[i], { alpha: step }));
    else aten._foreachAdd_(params, grads, { alpha: step });
  }
}

function movedBuffers(slots: SGDSlot[], grads: Tensor[], { momentum, dampening }: SGDGroup): Tensor[] {
  const known = slots.flatMap(({ buffer }) => buffer ?? []);
  if (known.length === slots.length) {
    aten._foreachMul_(known, momentum);
    aten._foreachAdd_(known, grads, { alpha: minus(1, dampening) as number });
    return known;
  }
  return slots.map((slot, i) => {
    if (slot.buffer) slot.buffer.mul_(momentum).add_(grads[i], { alpha: minus(1, dampening) as number });
    return (slot.buffer ??= grads[i].detach().clone());
  });
}

function fused(slots: readonly SGDSlot[], group: SGDGroup, { gradScale, foundInf }: Scaling): void {
  for (const { param } of slots) checkFused(param);
  const { momentum, dampening, weight_decay, nesterov, maximize } = group;
  if (slots.some(({ grad }) => grad.isSparse)) {
    throw new TorchError('`_fused_sgd` does not support sparse gradients');
  }
  const isFirstStep = momentum !== 0 && slots.every(({ buffer }) => !buffer);
  if (isFirstStep) for (const slot of slots) slot.buffer = aten.emptyLike(slot.grad);
  for (const part of byDeviceAndDtype(slots.map(({ param }) => param))) {
    const own = part.map((i) => slots[i]);
    const { device } = own[0].param;
    aten._fusedSgd_(
      own.map(({ param }) => param),
      own.map(({ grad }) => grad),
      momentum === 0 ? [] : own.map(({ buffer }) => buffer!),
      {
        weightDecay: numberOf(weight_decay),
        momentum,
        lr: scalar(group.lr),
        dampening,
        nesterov,
        maximize,
        isFirstStep,
        gradScale: gradScale?.to({ device }) ?? null,
        foundInf: foundInf?.to({ device }) ?? null,
      },
    );
  }
}
