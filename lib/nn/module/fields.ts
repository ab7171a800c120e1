// How a module's state is found: by looking at its own fields, in declaration order.
import { TorchTypeError } from '../../core/errors';
import { Tensor } from '../../tensor';
import { warn } from '../../core/warn';
import { Buffer, Parameter } from '../parameter';
import { Hooks } from './hooks';
import { typeName } from '../../tensor/repr';
import type { ModuleBase } from './base';
import type { Module } from './module';

const INTERNALS = Symbol('nodetorch.module');

/** What was registered by name. A registered name stays one while it holds `null`. */
type Registration = { kind: 'parameter' | 'module' } | { kind: 'buffer'; persistent: boolean };

/** What a module keeps beside its fields. */
export class Internals {
  readonly registered = new Map<string, Registration>();
  readonly hooks = new Hooks();
}

type Fields = Record<string, unknown> & { [INTERNALS]: Internals };

export function attachInternals(module: object): void {
  Object.defineProperty(module, INTERNALS, { value: new Internals() });
}
export function internals(module: ModuleBase): Internals {
  return (module as unknown as Fields)[INTERNALS];
}
export function isModule(value: unknown): value is Module {
  return typeof value === 'function' && INTERNALS in value;
}

export function getField(module: ModuleBase, name: string): unknown {
  return (module as unknown as Fields)[name];
}
export function setField(module: ModuleBase, name: string, value: unknown): void {
  (module as unknown as Fields)[name] = value;
}
export function hasField(module: ModuleBase, name: string): boolean {
  return getField(module, name) !== undefined;
}
export function deleteField(module: ModuleBase, name: string): void {
  delete (module as unknown as Fields)[name];
  internals(module).registered.delete(name);
}

// JavaScript lists keys like '10' first and by size, wherever they were added. What was registered
// is therefore put back into the order of registration.
function fieldNames(module: ModuleBase): string[] {
  const names = Object.keys(module);
  if (names.length === 0 || !/^\d+$/.test(names[0])) return names;
  const { registered } = internals(module);
  const ordered = names.filter((name) => !registered.has(name));
  for (const name of registered.keys()) if (Object.hasOwn(module, name)) ordered.push(name);
  return ordered;
}

function wrong(value: unknown, role: string, name: string, expected: string): TypeError {
  return new TorchTypeError(`cannot assign '${typeName(value)}' as ${role} '${name}' (${expected} expected)`);
}

/** The parameters among the module's own fields; `null` for a registered one that is absent. */
export function parameterFields(module: ModuleBase): [string, Parameter | null][] {
  const { registered } = internals(module);
  const found: [string, Parameter | null][] = [];
  for (const name of fieldNames(module)) {
    const value = getField(module, name);
    if (value instanceof Parameter) found.push([name, value]);
    else if (Array.isArray(value)) warnOfArray(module, name, value);
    else if (registered.get(name)?.kind === 'parameter' && !isModule(value)) {
      if (value != null) throw wrong(value, 'parameter', name, 'torch.nn.Parameter or None');
      found.push([name, null]);
    }
  }
  return found;
}

/** The buffers among the module's own fields; `null` for one that is absent. */
export function bufferFields(module: ModuleBase): [string, Tensor | null][] {
  const { registered } = internals(module);
  const found: [string, Tensor | null][] = [];
  for (const name of fieldNames(module)) {
    const value = getField(module, name);
    if (value instanceof Buffer) found.push([name, value]);
    else if (registered.get(name)?.kind === 'buffer' && !(value instanceof Parameter) && !isModule(value)) {
      if (value != null && !(value instanceof Tensor)) {
        throw wrong(value, 'buffer', name, 'torch.nn.Buffer, torch.Tensor or None');
      }
      found.push([name, value ?? null]);
    }
  }
  return found;
}

/** Whether the buffer of that name belongs to the state that is saved. */
export function isPersistent(module: ModuleBase, name: string): boolean {
  const value = getField(module, name);
  if (value instanceof Buffer) return value.persistent;
  const registration = internals(module).registered.get(name);
  return registration?.kind === 'buffer' && registration.persistent;
}

/** The modules among the module's own fields; `null` for a registered one that is absent. */
export function moduleFields(module: ModuleBase): [string, Module | null][] {
  const { registered } = internals(module);
  const found: [string, Module | null][] = [];
  for (const name of fieldNames(module)) {
    const value = getField(module, name);
    if (isModule(value)) found.push([name, value]);
    else if (registered.get(name)?.kind === 'module' && !(value instanceof Parameter)) {
      if (value != null) throw wrong(value, 'child module', name, 'torch.nn.Module or None');
      found.push([name, null]);
    }
  }
  return found;
}

function warnOfArray(module: ModuleBase, name: string, values: unknown[]): void {
  const holds = values.some(isModule)
    ? 'Module'
    : values.some((value) => value instanceof Parameter)
      ? 'Parameter'
      : '';
  if (holds === '') return;
  warn(
    `${module.constructor.name}.${name} is a plain array: what is in it is not part of the module's state. ` +
      `Use nn.${holds}List.`,
  );
}
