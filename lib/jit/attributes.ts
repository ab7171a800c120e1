// Attributes of libtorch's as properties of a module.
import { camelCase } from '../core/names';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import type { Tensor } from '../tensor';
import { keep } from '../tensor/memory';
import type { Handle } from '../../typings/native';

/** A parameter or a buffer: state, so a field that is counted. `tensor` is what it holds now. */
export function defineTensor(module: object, handle: Handle, name: string, tensor: Tensor | null): void {
  let current = tensor;
  let identity = native.scriptIdentity(handle, name);
  Object.defineProperty(module, name, {
    get(): Tensor | null {
      const now = native.scriptIdentity(handle, name);
      if (now !== identity) {
        // A method has put another tensor into the attribute.
        identity = now;
        current = now === null ? null : keep(wrap(native.scriptGet(handle, name)) as Tensor);
      }
      return current;
    },
    set(value: Tensor | null) {
      native.scriptSet(handle, name, value);
      identity = native.scriptIdentity(handle, name);
      current = value;
    },
    enumerable: true,
    configurable: true,
  });
}

/** Anything else. Where a member of `nn.Module` has its name, `attr()` reads it. */
export function defineAttribute(module: object, handle: Handle, name: string): void {
  const isMode = name === 'training'; // that nn.Module has as a field
  if (name in module && !isMode) return;
  Object.defineProperty(module, name, {
    get: () => wrap(native.scriptGet(handle, name)),
    set: (value: unknown) => native.scriptSet(handle, name, value),
    configurable: true,
  });
}

/** Methods, by PyTorch's names and in camelCase. Where a member of `nn.Module` has the name, `getMethod()` finds it. */
export function defineMethods(module: { getMethod(name: string): unknown }, handle: Handle): void {
  const description = native.scriptDescribe(handle);
  if (description.kind === 'enum') return;
  for (const name of description.methods) {
    for (const each of new Set([name, camelCase(name)])) {
      if (each in module) continue;
      Object.defineProperty(module, each, { get: () => module.getMethod(name), configurable: true });
    }
  }
}
