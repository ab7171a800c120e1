/** The names in a state_dict, made to fit a model that spells them otherwise. */
import { TorchTypeError } from '../core/errors';
import { type ModuleMetadata, type StateDict, defineMetadata } from '../nn/module/state_dict';

/**
 * The new name, or null to leave the tensor out; or pairs of what to look for and what to put there, which
 * are applied one after the other as `String.replace` does.
 */
export type KeyRenaming =
  ((key: string) => string | null) | readonly (readonly [pattern: RegExp | string, replacement: string])[];

/**
 * A state_dict under other names, in the same order. Versions in `_metadata` follow.
 *
 * @throws TypeError where two tensors get the same name.
 *
 * @example
 * renameKeys(state, [[/^transformer\.h\.(\d+)\./, 'blocks.$1.'], ['gamma', 'weight']]);
 */
export function renameKeys(state: StateDict, renaming: KeyRenaming): StateDict {
  const rename = typeof renaming === 'function' ? renaming : replaceAll(renaming);
  const result = new Map() as StateDict;
  const sources = new Map<string, string>();
  for (const [key, value] of state) {
    const name = rename(key);
    if (name === null) continue;
    if (result.has(name)) {
      throw new TorchTypeError(`renameKeys(): '${sources.get(name)}' and '${key}' both become '${name}'`);
    }
    sources.set(name, key);
    result.set(name, value);
  }
  return state._metadata ? defineMetadata(result, renameModules(state._metadata, rename)) : result;
}

const replaceAll =
  (pairs: readonly (readonly [RegExp | string, string])[]) =>
  (key: string): string =>
    pairs.reduce((name, [pattern, replacement]) => name.replace(pattern, replacement), key);

// The keys are the modules' paths, '' for the whole.
function renameModules(
  metadata: ReadonlyMap<string, ModuleMetadata>,
  rename: (key: string) => string | null,
): Map<string, ModuleMetadata> {
  const result = new Map<string, ModuleMetadata>();
  for (const [path, value] of metadata) {
    const name = path === '' ? '' : rename(`${path}.`);
    if (name !== null) result.set(name.replace(/\.$/, ''), value);
  }
  return result;
}

/** What is below `prefix` (`'encoder.'`), without it: the state of a part of the model. */
export function underPrefix(state: StateDict, prefix: string): StateDict {
  return renameKeys(state, (key) => (key.startsWith(prefix) ? key.slice(prefix.length) : null));
}

/** All of it below `prefix`. */
export function withPrefix(state: StateDict, prefix: string): StateDict {
  return renameKeys(state, (key) => prefix + key);
}

/**
 * Takes `prefix` off the names that have it, in place: `'module.'` of a state_dict that was saved from
 * DataParallel. Python's function of this name in torch.nn.modules.utils.
 */
export function consumePrefixInStateDictIfPresent(state: StateDict, prefix: string): void {
  const renamed = renameKeys(state, (key) => (key.startsWith(prefix) ? key.slice(prefix.length) : key));
  state.clear();
  for (const [key, value] of renamed) state.set(key, value);
  if (renamed._metadata) defineMetadata(state, renamed._metadata);
}
