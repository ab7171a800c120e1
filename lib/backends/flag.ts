// Switches of libtorch's that hold for the process.
import { argumentError } from '../core/errors';
import { native } from '../native';

export const getFlag = (name: string): boolean => native.contextFlag(name);

/** @internal @throws TypeError for what is no boolean. */
export function setFlag(fn: string, name: string, enabled: unknown): void {
  if (typeof enabled !== 'boolean') throw argumentError(fn, 'enabled', 'a boolean', enabled);
  native.contextFlag(name, enabled);
}

/** @internal Gives `owner` a switch for each name of a flag. */
export function defineFlags(owner: object, prefix: string, flags: Readonly<Record<string, string>>): void {
  for (const [name, flag] of Object.entries(flags)) {
    Object.defineProperty(owner, name, {
      enumerable: true,
      get: () => getFlag(flag),
      set: (enabled: boolean) => setFlag(`${prefix}.${name}`, flag, enabled),
    });
  }
}
