/** Hooks on tensors. */
import { wrap } from '../native/dispatch';
import { TorchTypeError, argumentError } from '../core/errors';
import { HookList, RemovableHandle } from '../core/hooks';
import { NativeHandle } from '../native/handle';
import { native } from '../native';
import type { Tensor } from '../tensor';
import { isTensor } from '../native/tensor_base';
import { hold } from './held';

export type { RemovableHandle };

export function registerHook(
  tensor: Tensor,
  hook: (grad: Tensor) => Tensor | null | undefined | void,
): RemovableHandle {
  if (typeof hook !== 'function') throw argumentError('registerHook', 'hook', 'a function', hook);
  const callback = callbackOf(hook);
  const owner = new NativeHandle(native.registerHook(tensor, callback));
  return handleOf(owner, hold(owner, callback, [tensor]));
}

// Each in a scope of its own: the graph may own the callback, and nobody owns the tensor but who has it.
function callbackOf(hook: (grad: Tensor) => Tensor | null | undefined | void) {
  return ([grad]: unknown[]) => {
    const replaced = hook(wrap(grad) as Tensor);
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
  let hooks = accumulateHooks.get(tensor);
  if (!hooks) {
    accumulateHooks.set(tensor, (hooks = new HookList()));
    const callback = accumulateCallbackOf(hooks);
    hold(new NativeHandle(native.setPostAccumulateGradHook(tensor, callback)), callback, [tensor]);
  }
  return hooks.add(hook);
}

function accumulateCallbackOf(hooks: HookList<(leaf: Tensor) => void>) {
  return ([leaf]: unknown[]) => {
    const argument = wrap(leaf) as Tensor;
    for (const { hook } of hooks.entries()) hook(argument);
    return [];
  };
}
