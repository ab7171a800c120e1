/**
 * What is changed while a function runs and put back when it ends: gradient modes, autocast, levels of
 * torch.func.
 *
 * A stack overflow may come at any call, in what puts things back as well. So everything is changed inside of
 * `try`, and `finally` calls nothing but the addon, which needs no room on V8's stack. It goes back to a state
 * that was asked for before, not one step: that mends what scopes inside could not.
 */
import { TorchTypeError } from '../core/errors';
import type { ScopeKind } from '../../typings/native';
import { native } from '.';

/**
 * The kinds of scopes. What follows a kind: grad, inference, forwardGrad: enabled; anomaly: checkNan; savedHooks:
 * pack, unpack; autocast: deviceType, enabled, dtype, cacheEnabled; vmap: batchSize, randomness; suspended: suspended;
 * inplaceRequiresGrad: allowed.
 */
export const Scope = native.constants.scopes;

/** Runs `body` in a scope. A promise is refused: the scope would end before it settles. */
export function within<T>(
  name: string,
  kind: ScopeKind,
  body: () => T,
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
): T {
  let before: number | undefined;
  let result: T;
  try {
    before = native.enterScope(kind, a, b, c, d);
    result = body();
  } finally {
    if (before !== undefined) native.leaveScope(kind, before);
  }
  return settled(name, result);
}

/** Runs `body` at a new level of torch.func's transforms. */
export function atLevel<T>(kind: ScopeKind, body: (level: number) => T, a?: unknown, b?: unknown): T {
  let before: number | undefined;
  try {
    before = native.enterScope(kind, a, b);
    return body(before + 1);
  } finally {
    if (before !== undefined) native.leaveScope(kind, before);
  }
}

/** What a scope's function returned, unless it is a promise. */
export function settled<T>(name: string, result: T): T {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    (result as unknown as Promise<unknown>).then(undefined, () => {});
    throw new TorchTypeError(
      `${name}(): the function returned a promise, and its scope has ended before it settles; ` +
        `await first, and call ${name}() around the synchronous part`,
    );
  }
  return result;
}
