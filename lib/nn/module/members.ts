// Walks over what a module and those below it hold.
import { signature } from '../../core/signature';
import { moduleFields } from './fields';
import type { ModuleBase } from './base';
import type { Module } from './module';

/** Options of `namedParameters`, `namedBuffers` and their like. */
export interface NamedOptions {
  /** Put before every name. Default: `''`. */
  prefix?: string;
  /** Whether to go into the modules below. Default: `true`. */
  recurse?: boolean;
  /** Whether what is shared comes once only. Default: `true`. */
  removeDuplicate?: boolean;
}

export const NAMED: Required<NamedOptions> = { prefix: '', recurse: true, removeDuplicate: true };
export const NAMED_PARAMETERS = signature('namedParameters', [], NAMED);
export const NAMED_BUFFERS = signature('namedBuffers', [], NAMED);

const RECURSE = { recurse: true };
export const PARAMETERS = signature('parameters', [], RECURSE);
export const BUFFERS = signature('buffers', [], RECURSE);

export interface NamedModulesOptions {
  /** Modules that do not come (again). Default: none. */
  memo?: Set<Module> | null;
  /** Put before every name. Default: `''`. */
  prefix?: string;
  /** Whether what is shared comes once only. Default: `true`. */
  removeDuplicate?: boolean;
}
export const MODULES = signature('modules', [], { removeDuplicate: true });
export const NAMED_MODULES = signature('namedModules', [], {
  memo: null,
  prefix: '',
  removeDuplicate: true,
} as Required<NamedModulesOptions>);

/** What stands behind the names. */
export function* values<T>(named: Iterable<[string, T]>): IterableIterator<T> {
  for (const [, value] of named) yield value;
}

export function* namedModules(
  module: Module,
  memo: Set<Module>,
  prefix: string,
  removeDuplicate: boolean,
): IterableIterator<[string, Module]> {
  if (memo.has(module)) return;
  if (removeDuplicate) memo.add(module);
  yield [prefix, module];
  for (const [name, child] of moduleFields(module)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (child !== null) yield* child.namedModules({ memo, prefix: path, removeDuplicate });
  }
}

export function* namedMembers<T extends object>(
  module: ModuleBase,
  membersOf: (module: ModuleBase) => [string, T | null][],
  options: Required<NamedOptions>,
): IterableIterator<[string, T]> {
  const { prefix, recurse, removeDuplicate } = options;
  const seen = new Set<T>();
  const modules: Iterable<[string, ModuleBase]> = recurse
    ? module.namedModules({ prefix, removeDuplicate })
    : [[prefix, module]];
  for (const [path, owner] of modules) {
    for (const [name, member] of membersOf(owner)) {
      if (member === null || seen.has(member)) continue;
      if (removeDuplicate) seen.add(member);
      yield [path === '' ? name : `${path}.${name}`, member];
    }
  }
}
