/** Hooks on tensors. */
import { wrap } from '../dispatch';
import { argumentError } from '../errors';
import { NativeHandle } from '../handle';
import { native } from '../native';
import { Tensor } from '../tensor';

/** Takes a hook away again. */
export interface RemovableHandle {
  remove(): void;
}

export function registerHook(
  tensor: Tensor,
  hook: (grad: Tensor) => Tensor | null | undefined | void,
): RemovableHandle {
  if (typeof hook !== 'function') throw argumentError('registerHook', 'hook', 'a function', hook);
  const handle = native.registerHook(tensor, ([grad]: unknown[]) => {
    const replaced = hook(wrap(grad) as Tensor);
    if (replaced != null && !(replaced instanceof Tensor)) {
      throw new TypeError('registerHook(): a hook must return a Tensor or nothing');
    }
    return [replaced ?? null];
  });
  const owner = new NativeHandle(handle);
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
    const all = new Set<(leaf: Tensor) => void>();
    native.setPostAccumulateGradHook(tensor, ([leaf]: unknown[]) => {
      const argument = wrap(leaf) as Tensor;
      for (const each of all) each(argument);
      return [];
    });
    accumulateHooks.set(tensor, (hooks = all));
  }
  const entry = (leaf: Tensor) => hook(leaf);
  hooks.add(entry);
  return { remove: () => void hooks.delete(entry) };
}
