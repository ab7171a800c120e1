/** `torch.autograd.forward_ad`: dual numbers, which carry a derivative forward. */
import * as aten from '../tensor/aten';
import { TorchError, TorchTypeError, valueError } from '../core/errors';
import { type Call, signature } from '../core/signature';
import { bindArguments } from '../core/calls';
import { native } from '../native';
import { Scope, within } from '../native/scope';
import { tensor as tensorKind } from '../tensor/kinds';
import type { Tensor } from '../tensor';

/** Which level of dual numbers is meant. */
export interface LevelOptions {
  /** Default: the innermost. */
  level?: number | null;
}
const LEVEL: Required<LevelOptions> = { level: null };

/** Opens a level for dual numbers; libtorch has one at a time. */
export function enterDualLevel(...args: []): number {
  bindArguments('enterDualLevel()', args);
  native.enterScope(Scope.forwardLevel);
  return native.forwardLevel();
}

const EXIT_DUAL_LEVEL = signature('exitDualLevel', [], LEVEL, []);

/** Closes a level: its dual numbers lose their tangents. */
export function exitDualLevel(...args: [options?: LevelOptions]): void {
  const [{ level }] = EXIT_DUAL_LEVEL.bind(args);
  const current = native.forwardLevel();
  if ((level ?? current) !== current || current < 0) {
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
export function dualLevel<T>(...args: [body: () => T]): T {
  const [body] = bindArguments('dualLevel(body)', args);
  if (typeof body !== 'function') throw new TorchTypeError('dualLevel(): argument must be a function');
  return within('dualLevel', Scope.forwardLevel, body);
}

/** @internal Runs `body` with forward-mode AD on or off. */
export function withForwardGrad<T>(enabled: boolean, body: () => T): T {
  return within('withForwardGrad', Scope.forwardGrad, body, enabled);
}

const MAKE_DUAL = signature('makeDual', [tensorKind('tensor'), tensorKind('tangent')], LEVEL, []);

/** A view of `tensor` that carries `tangent`, of the same shape, forward through operators. */
export function makeDual(...args: Call<typeof MAKE_DUAL, [tensor: Tensor, tangent: Tensor]>): Tensor {
  const [tensor, tangent, given] = MAKE_DUAL.bind(args);
  const level = given.level ?? native.forwardLevel();
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

const UNPACK_DUAL = signature('unpackDual', [tensorKind('tensor')], LEVEL, []);

/** The value and the tangent; null where there is no tangent. */
export function unpackDual(...args: Call<typeof UNPACK_DUAL, [tensor: Tensor]>): {
  primal: Tensor;
  tangent: Tensor | null;
} {
  const [tensor, given] = UNPACK_DUAL.bind(args);
  const level = given.level ?? native.forwardLevel();
  if (level < 0) return { primal: tensor, tangent: null };
  const [primal, tangent] = aten._unpackDual(tensor, level) as unknown as [Tensor, Tensor | null];
  return { primal, tangent };
}
