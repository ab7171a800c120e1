/** Hooks on tensors. */
import { wrap } from '../native/dispatch';
import { TorchTypeError, argumentError } from '../core/errors';
import { HookList, RemovableHandle } from '../core/hooks';
import { NativeHandle } from '../native/handle';
import { native } from '../native';
import type { Tensor } from '../tensor';
import { isTensor } from '../native/tensor_base';

export type { RemovableHandle };

export function registerHook(
  tensor: Tensor,
  hook: (grad: Tensor) => Tensor | null | undefined | void,
): RemovableHandle {
  if (typeof hook !== 'function') throw argumentError('registerHook', 'hook', 'a function', hook);
  return handleOf(new NativeHandle(native.registerHook(tensor, callbackOf(hook))));
}

// Each in a scope of its own: the graph owns the callback, and the handle owns the tensor.
function callbackOf(hook: (grad: Tensor) => Tensor | null | undefined | void) {
  return ([grad]: unknown[]) => {
    const replaced = hook(wrap(grad) as Tensor);
    if (replaced != null && !isTensor(replaced)) {
      throw new TorchTypeError('registerHook(): a hook must return a Tensor or nothing');
    }
    return [replaced ?? null];
  };
}

function handleOf(owner: NativeHandle): RemovableHandle {
  return new RemovableHandle(() => native.removeHook(owner));
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
    native.setPostAccumulateGradHook(tensor, accumulateCallbackOf(hooks));
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
