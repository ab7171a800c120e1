/** `torch.autograd.forward_ad`: dual numbers, which carry a derivative forward. */
import * as aten from '../tensor/aten';
import { TorchError, TorchTypeError, valueError } from '../core/errors';
import { native } from '../native';
import { Scope, within } from '../native/scope';
import type { Tensor } from '../tensor';

/** Opens a level for dual numbers; libtorch has one at a time. */
export function enterDualLevel(): number {
  native.enterScope(Scope.forwardLevel);
  return native.forwardLevel();
}

/** Closes a level: its dual numbers lose their tangents. */
export function exitDualLevel(options: { level?: number | null } = {}): void {
  const current = native.forwardLevel();
  if ((options.level ?? current) !== current || current < 0) {
    throw new TorchError(
      'Trying to exit a forward AD level that was not the last one that was created. This is not supported.',
    );
  }
  native.leaveScope(Scope.forwardLevel, 0);
}

/**
 * Runs `body` at a level of its own (`torch.autograd.forward_ad.dual_level`).
 *
 * @example
 * forwardAd.dualLevel(() => {
 *   const y = forwardAd.makeDual(x, direction).pow(3);
 *   return forwardAd.unpackDual(y).tangent; // 3x² · direction
 * });
 */
export function dualLevel<T>(body: () => T): T {
  if (typeof body !== 'function') throw new TorchTypeError('dualLevel(): argument must be a function');
  return within('dualLevel', Scope.forwardLevel, body);
}

/** @internal Runs `body` with forward-mode AD on or off. */
export function withForwardGrad<T>(enabled: boolean, body: () => T): T {
  return within('withForwardGrad', Scope.forwardGrad, body, enabled);
}

/** A view of `tensor` that carries `tangent`, of the same shape, forward through operators. */
export function makeDual(tensor: Tensor, tangent: Tensor, options: { level?: number | null } = {}): Tensor {
  const level = options.level ?? native.forwardLevel();
  if (level < 0) {
    throw new TorchError(
      'Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first.',
    );
  }
  for (const [name, one] of [
    ['primal', tensor],
    ['tangent', tangent],
  ] as const) {
    if (one.isFloatingPoint() || one.isComplex()) continue;
    throw valueError(`Expected ${name} to be floating point or complex, but got: ${one.dtype}`);
  }
  return aten._makeDual(tensor, tangent, level);
}

/** The value and the tangent; null where there is no tangent. */
export function unpackDual(
  tensor: Tensor,
  options: { level?: number | null } = {},
): { primal: Tensor; tangent: Tensor | null } {
  const level = options.level ?? native.forwardLevel();
  if (level < 0) return { primal: tensor, tangent: null };
  const [primal, tangent] = aten._unpackDual(tensor, level) as unknown as [Tensor, Tensor | null];
  return { primal, tangent };
}
