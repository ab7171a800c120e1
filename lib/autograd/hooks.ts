/** Hooks on tensors. */
import { wrap } from '../native/dispatch';
import { TorchTypeError, argumentError } from '../core/errors';
import { HookList, RemovableHandle } from '../core/hooks';
import { NativeHandle } from '../native/handle';
import { native } from '../native';
import { asCallback, liveCall, recording } from '../native/recording';
import type { Tensor } from '../tensor';
import { isTensor } from '../native/tensor_base';
import { hold } from './held';

export type { RemovableHandle };

export function registerHook(
  tensor: Tensor,
  hook: (grad: Tensor) => Tensor | null | undefined | void,
): RemovableHandle {
  if (typeof hook !== 'function') throw argumentError('registerHook', 'hook', 'a function', hook);
  return registered('registerHook()', [tensor, hook] as const, (on, fn) => {
    const callback = callbackOf(fn);
    const owner = new NativeHandle(native.registerHook(on, callback));
    return handleOf(owner, hold(owner, callback, [on]));
  });
}

/**
 * `register(...args)`. In a recording each replay registers anew, and takes away what it has registered itself.
 *
 * @internal
 */
export function registered<Args extends readonly unknown[]>(
  name: string,
  args: Args,
  register: (...args: Args) => RemovableHandle,
): RemovableHandle {
  if (!recording.active?.live) return register(...args);
  let handle: RemovableHandle | null = null;
  liveCall(name, args, (...given) => void (handle = register(...given)));
  return new RemovableHandle(() => liveCall(`${name}.remove()`, [], () => handle!.remove()));
}

// Each in a scope of its own: the graph may own the callback, and nobody owns the tensor but who has it.
function callbackOf(hook: (grad: Tensor) => Tensor | null | undefined | void) {
  return ([grad]: unknown[]) => {
    const replaced = asCallback(() => hook(wrap(grad) as Tensor));
    if (replaced != null && !isTensor(replaced)) {
      throw new TorchTypeError('registerHook(): a hook must return a Tensor or nothing');
    }
    return [replaced ?? null];
  };
}

function handleOf(owner: NativeHandle, letGo: () => void): RemovableHandle {
  return new RemovableHandle(() => {
    native.removeHook(owner);
    letGo();
  });
}

// libtorch keeps one such hook a tensor; this list makes many of it.
const accumulateHooks = new WeakMap<Tensor, HookList<(leaf: Tensor) => void>>();

export function registerPostAccumulateGradHook(
  tensor: Tensor,
  hook: (leaf: Tensor) => void,
): RemovableHandle {
  if (typeof hook !== 'function') {
    throw argumentError('registerPostAccumulateGradHook', 'hook', 'a function', hook);
  }
  return registered('registerPostAccumulateGradHook()', [tensor, hook] as const, (on, fn) => {
    if (on !== tensor && recording.active !== null) {
      native.captureRefuse(
        'registerPostAccumulateGradHook() of a tensor that the function has made or was given',
      );
    }
    let hooks = accumulateHooks.get(on);
    if (!hooks) {
      accumulateHooks.set(on, (hooks = new HookList()));
      const callback = accumulateCallbackOf(hooks);
      hold(new NativeHandle(native.setPostAccumulateGradHook(on, callback)), callback, [on]);
    }
    return hooks.add(fn);
  });
}

function accumulateCallbackOf(hooks: HookList<(leaf: Tensor) => void>) {
  return ([leaf]: unknown[]) => {
    const argument = wrap(leaf) as Tensor;
    asCallback(() => hooks.entries().forEach(({ hook }) => hook(argument)));
    return [];
  };
}
