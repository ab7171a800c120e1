import * as aten from '../tensor/aten';
import { TorchError } from '../core/errors';
import { keywords } from '../core/keywords';
import { keep } from '../tensor/memory';
import { type Tensor } from '../tensor';
import { native } from '../native';
import { type Slot, collect, descent, inParts, leave } from './batch';
import {
  type FormGroup,
  type FormOptions,
  type FusedOptions,
  type Scaling,
  byDeviceAndDtype,
  checkForm,
} from './implementation';
import { checkFused, checkLearningRate, checkNotNegative, chooseForm, scalar } from './implementation';
import { type ParamGroup, type Params, toGroupKeys, valueError } from './group';
import { Optimizer } from './optimizer';
import { type Value, isNumber, numberOf, requiresGrad, squeezed } from './scalar';

export interface SGDOptions extends Omit<FormOptions, 'capturable'>, FusedOptions {
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

export interface SGDGroup extends ParamGroup, FormGroup {
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
type Move = Slot & { buffer?: Tensor };

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
export class SGD extends Optimizer<SGDGroup, SGDOptions> {
  constructor(params: Params<SGDOptions>, lr?: Value | SGDOptions, options?: SGDOptions) {
    const given = keywords<SGDOptions>('SGD', SGD_DEFAULTS, { lr }, options);
    const { momentum, dampening, nesterov } = given;
    checkLearningRate(given.lr);
    checkNotNegative('momentum value', momentum);
    checkNotNegative('weight_decay value', given.weightDecay);
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw valueError('Nesterov momentum requires a momentum and zero dampening');
    }
    super(params, toGroupKeys(given) as SGDGroup);
    checkForm(given);
    this._stepSupportsAmpScaling = given.fused === true;
  }

  protected override updateGroup(group: SGDGroup): void {
    const known = (param: Tensor) => this.state.get(param) ?? {};
    const moves: Move[] = collect(group.params, known, () => ({}), null);
    if (moves.length === 0) return;
    for (const move of moves) {
      if (group.fused) checkFused(move.param);
      if (group.momentum !== 0) move.buffer = (move.state.momentum_buffer ?? undefined) as Tensor | undefined;
    }
    const params = moves.map(({ param }) => param);
    forms[chooseForm({ ...group, differentiable: false }, params)](moves, group, this);
    if (group.momentum === 0) return;
    for (const { param, buffer } of moves) this.stateOf(param).momentum_buffer = keep(buffer!);
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

const forms = { single, foreach, fused };

// The order of the operations below decides the last bit.

function single(moves: readonly Move[], group: SGDGroup): void {
  for (const part of inParts(moves, WIDTH)) if (!together(part, group)) oneByOne(part, group);
}

const WIDTH = 3;

// In one native call, where all hyperparameters are numbers and momentum has begun. False: nothing was done.
function together(moves: readonly Move[], group: SGDGroup): boolean {
  const { lr, momentum, dampening, weight_decay: decay, maximize, nesterov, differentiable } = group;
  if (differentiable || !isNumber(lr) || !isNumber(decay)) return false;
  if (momentum !== 0 && moves.some(({ buffer }) => !buffer)) return false;
  if (!leave(moves.map(({ param, grad, buffer }) => [param, grad, buffer]))) return false;
  native.sgd(moves.length, lr, momentum, dampening, decay, (maximize ? 1 : 0) | (nesterov ? 4 : 0));
  return true;
}

function oneByOne(moves: readonly Move[], group: SGDGroup): void {
  const { momentum, dampening, weight_decay, nesterov } = group;
  const lr = squeezed(group.lr);
  for (const move of moves) {
    const { param } = move;
    let grad = descent(move.grad, group);
    if (requiresGrad(weight_decay)) grad = grad.addcmul_(param.clone(), weight_decay as Tensor);
    else if (numberOf(weight_decay) !== 0) grad = grad.add(param, { alpha: numberOf(weight_decay) });
    if (momentum !== 0) {
      if (move.buffer) move.buffer.mul_(momentum).add_(grad, { alpha: 1 - dampening });
      const buffer = (move.buffer ??= grad.detach().clone());
      grad = nesterov ? grad.add(buffer, { alpha: momentum }) : buffer;
    }
    if (requiresGrad(lr)) param.addcmul_(grad, lr as Tensor, { value: -1 });
    else param.add_(grad, { alpha: -numberOf(lr) });
  }
}

function foreach(moves: readonly Move[], group: SGDGroup): void {
  const { momentum, weight_decay, nesterov, maximize } = group;
  const alpha = numberOf(weight_decay);
  const lr = numberOf(group.lr);
  for (const part of byDeviceAndDtype(moves.map(({ param }) => param))) {
    const own = part.map((i) => moves[i]);
    const params = own.map(({ param }) => param);
    let grads = own.map(({ grad }) => grad);
    const sparse = grads.some((grad) => grad.isSparse);
    if (maximize) grads = aten._foreachNeg(grads);
    if (alpha !== 0) {
      if (maximize) aten._foreachAdd_(grads, params, { alpha });
      else grads = aten._foreachAdd(grads, params, { alpha });
    }
    if (momentum !== 0) {
      const buffers = movedBuffers(own, grads, group);
      if (nesterov) aten._foreachAdd_(grads, buffers, { alpha: momentum });
      else grads = buffers;
    }
    if (sparse) params.forEach((param, i) => param.add_(grads[i], { alpha: -lr }));
    else aten._foreachAdd_(params, grads, { alpha: -lr });
  }
}

function movedBuffers(moves: Move[], grads: Tensor[], { momentum, dampening }: SGDGroup): Tensor[] {
  const known = moves.flatMap(({ buffer }) => buffer ?? []);
  if (known.length === moves.length) {
    aten._foreachMul_(known, momentum);
    aten._foreachAdd_(known, grads, { alpha: 1 - dampening });
    return known;
  }
  return moves.map((move, i) => {
    if (move.buffer) move.buffer.mul_(momentum).add_(grads[i], { alpha: 1 - dampening });
    return (move.buffer ??= grads[i].detach().clone());
  });
}

function fused(moves: readonly Move[], group: SGDGroup, { gradScale, foundInf }: Scaling): void {
  const { momentum, dampening, weight_decay, nesterov, maximize } = group;
  if (moves.some(({ grad }) => grad.isSparse)) {
    throw new TorchError('`_fused_sgd` does not support sparse gradients');
  }
  const isFirstStep = momentum !== 0 && moves.every(({ buffer }) => !buffer);
  if (isFirstStep) for (const move of moves) move.buffer = aten.emptyLike(move.grad);
  for (const part of byDeviceAndDtype(moves.map(({ param }) => param))) {
    const own = part.map((i) => moves[i]);
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
