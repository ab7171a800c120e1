// Layers that take the place of others.
import { internals } from '../nn/module/fields';
import type { Module } from '../nn/module/module';

/** A layer's forward hooks go on with what takes its place. */
export function withHooksOf(layer: Module, replacement: Module): Module {
  const { hooks } = internals(layer);
  const its = internals(replacement).hooks;
  for (const { hook, ...options } of hooks.forwardPre.entries()) its.forwardPre.add(hook, options);
  for (const { hook, ...options } of hooks.forward.entries()) its.forward.add(hook, options);
  return replacement;
}
