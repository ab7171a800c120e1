// Walks over what a module and those below it hold.
import type { Module } from './module';

export interface NamedOptions {
  /** Put before every name. Default: `''`. */
  prefix?: string;
  /** Whether to go into the modules below. Default: `true`. */
  recurse?: boolean;
  /** Whether what is shared comes once only. Default: `true`. */
  removeDuplicate?: boolean;
}

export function* namedMembers<T extends object>(
  module: Module,
  membersOf: (module: Module) => [string, T | null][],
  options: NamedOptions,
): IterableIterator<[string, T]> {
  const { prefix = '', recurse = true, removeDuplicate = true } = options;
  const seen = new Set<T>();
  const modules: Iterable<[string, Module]> = recurse
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
