// Parameters and buffers of a module that DistributedDataParallel leaves alone.
import { argumentError, valueError } from '../../core/errors';
import { Module } from '../module/module';

const FN = 'DistributedDataParallel.setParamsAndBuffersToIgnoreForModel';
const ignored = new WeakMap<Module, ReadonlySet<string>>();

/** The full names that were given for a module. */
export const ignoredOf = (module: Module): ReadonlySet<string> => ignored.get(module) ?? new Set();

export function setIgnored(module: Module, names: Iterable<string>): void {
  if (!(module instanceof Module)) throw argumentError(FN, 'module', 'a Module', module);
  if (
    typeof names === 'string' ||
    typeof (names as Iterable<string> | null)?.[Symbol.iterator] !== 'function'
  )
    throw argumentError(FN, 'names', 'a list of names', names);
  const known = new Set([...module.namedParameters(), ...module.namedBuffers()].map(([name]) => name));
  const given = new Set(names);
  for (const name of given) {
    if (!known.has(name)) throw valueError(`${FN}(): the module has no parameter or buffer '${name}'`);
  }
  ignored.set(module, given);
}
