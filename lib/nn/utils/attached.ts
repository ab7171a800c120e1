// What works on a module by a forward pre-hook, and can be found there again.
import { internals } from '../module/fields';
import type { RemovableHandle } from '../../core/hooks';
import type { Module } from '../module/module';

const owners = new WeakMap<object, Attached<object>>();

/** An object that a module's pre-hook stands for, and the way to take the hook away. */
export interface Attached<T> {
  owner: T;
  handle: RemovableHandle;
}

/** Calls `run` with the module before each of its calls, in the name of `owner`. */
export function attach(module: Module, owner: object, run: (module: Module) => void): void {
  const hook = (called: Module): void => run(called);
  owners.set(hook, { owner, handle: module.registerForwardPreHook(hook) });
}

/** What of a class is attached to the module, in order. */
export function attached<T extends object>(
  module: Module,
  type: abstract new (...args: never[]) => T,
): Attached<T>[] {
  const found: Attached<T>[] = [];
  for (const { hook } of internals(module).hooks.forwardPre.entries()) {
    const entry = owners.get(hook);
    if (entry?.owner instanceof type) found.push(entry as Attached<T>);
  }
  return found;
}
