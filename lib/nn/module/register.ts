// Checks and hooks that every registration by name goes through.
import { TorchError, TorchTypeError } from '../../core/errors';
import { getField, hasField, internals, isModule } from './fields';
import type { HookList } from '../../core/hooks';
import type { RegistrationHook } from './hooks';
import type { ModuleBase } from './base';
import { Buffer, Parameter } from '../parameter';

type Kind = 'parameter' | 'buffer' | 'module';

// Whether the name is free, or already state of that kind.
function isFree(module: ModuleBase, name: string, kind: Kind): boolean {
  if (!hasField(module, name)) return true;
  const value = getField(module, name);
  if (value === null) return internals(module).registered.get(name)?.kind === kind;
  if (value instanceof Parameter) return kind === 'parameter';
  if (isModule(value)) return kind === 'module';
  return (
    kind === 'buffer' && (value instanceof Buffer || internals(module).registered.get(name)?.kind === kind)
  );
}

/** Throws a TypeError, with PyTorch's words, for a name that cannot become state of that kind. */
export function checkName(module: ModuleBase, name: string, kind: Kind): void {
  if (typeof name !== 'string')
    throw new TorchTypeError(`${kind} name should be a string. Got ${typeof name}`);
  const taken = !isFree(module, name, kind);
  if (kind === 'module' && taken) throw new TorchError(`attribute '${name}' already exists`, 'KeyError');
  if (name.includes('.')) {
    throw new TorchError(
      `${kind} name can't contain "."${kind === 'module' ? `, got: ${name}` : ''}`,
      'KeyError',
    );
  }
  if (name === '') throw new TorchError(`${kind} name can't be empty string ""`, 'KeyError');
  if (taken) throw new TorchError(`attribute '${name}' already exists`, 'KeyError');
}

/** What is to be registered, after the hooks have seen it. */
export function registerHooked<T>(
  hooks: HookList<RegistrationHook<T>>,
  module: ModuleBase,
  name: string,
  value: T | null,
): T | null {
  let current = value;
  for (const { hook } of hooks.entries()) current = hook(module, name, current) ?? current;
  return current;
}
