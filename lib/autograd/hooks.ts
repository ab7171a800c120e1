/** Hooks on tensors. */
import { wrap } from '../native/dispatch';
import { TorchTypeError, argumentError } from '../core/errors';
import { NativeHandle } from '../native/handle';
import { native } from '../native';
import type { Tensor } from '../tensor';
import { isTensor } from '../native/tensor_base';

/** Takes a hook away again. */
export interface RemovableHandle {
  remove(): void;
}

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
  return { remove: () => native.removeHook(owner) };
}

// libtorch keeps one such hook a tensor; this list makes many of it.
const accumulateHooks = new WeakMap<Tensor, Set<(leaf: Tensor) => void>>();

export function registerPostAccumulateGradHook(
  tensor: Tensor,
  hook: (leaf: Tensor) => void,
): RemovableHandle {
  if (typeof hook !== 'function') {
    throw argumentError('registerPostAccumulateGradHook', 'hook', 'a function', hook);
  }
  let hooks = accumulateHooks.get(tensor);
  if (!hooks) {
    accumulateHooks.set(tensor, (hooks = new Set()));
    native.setPostAccumulateGradHook(tensor, accumulateCallbackOf(hooks));
  }
  return entryOf(hooks, hook);
}

function accumulateCallbackOf(hooks: Set<(leaf: Tensor) => void>) {
  return ([leaf]: unknown[]) => {
    const argument = wrap(leaf) as Tensor;
    for (const each of [...hooks]) each(argument);
    return [];
  };
}

// An entry of its own for each registration: one function may be registered twice.
function entryOf(hooks: Set<(leaf: Tensor) => void>, hook: (leaf: Tensor) => void): RemovableHandle {
  const entry = (leaf: Tensor) => hook(leaf);
  hooks.add(entry);
  return { remove: () => void hooks.delete(entry) };
}
