/** The names in a state_dict, made to fit a model that spells them otherwise. */
import { withJson } from '../core/conversions';
import { isMap } from '../core/realm';
import { TorchTypeError, argumentError } from '../core/errors';
import { bindArguments } from '../core/calls';
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
export function renameKeys(...args: [state: StateDict, renaming: KeyRenaming]): StateDict {
  const [state, renaming] = bindArguments('renameKeys(state, renaming{})', args);
  checkState('renameKeys', state);
  if (typeof renaming !== 'function') checkPairs(renaming);
  const rename = typeof renaming === 'function' ? renaming : replaceAll(renaming);
  const result = withJson(new Map() as StateDict);
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

function checkState(fn: string, state: unknown): void {
  if (!isMap(state)) throw argumentError(fn, 'state', 'a Map', state);
  for (const key of state.keys())
    if (typeof key !== 'string') throw argumentError(fn, 'state', 'a Map with strings for keys', key);
}

function checkPrefix(fn: string, prefix: unknown): void {
  if (typeof prefix !== 'string') throw argumentError(fn, 'prefix', 'a string', prefix);
}

function checkPairs(pairs: unknown): void {
  const isPair = (pair: unknown): boolean => Array.isArray(pair) && pair.length === 2;
  if (!Array.isArray(pairs) || !pairs.every(isPair))
    throw argumentError('renameKeys', 'renaming', 'a function or an array of pairs', pairs);
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
export function underPrefix(...args: [state: StateDict, prefix: string]): StateDict {
  const [state, prefix] = bindArguments('underPrefix(state, prefix)', args);
  checkPrefix('underPrefix', prefix);
  return renameKeys(state, (key) => (key.startsWith(prefix) ? key.slice(prefix.length) : null));
}

/** All of it below `prefix`. */
export function withPrefix(...args: [state: StateDict, prefix: string]): StateDict {
  const [state, prefix] = bindArguments('withPrefix(state, prefix)', args);
  checkPrefix('withPrefix', prefix);
  return renameKeys(state, (key) => prefix + key);
}

/**
 * Takes `prefix` off the names that have it, in place: `'module.'` of a state_dict that was saved from
 * DataParallel. Python's function of this name in torch.nn.modules.utils.
 */
export function consumePrefixInStateDictIfPresent(...args: [state: StateDict, prefix: string]): void {
  const [state, prefix] = bindArguments('consumePrefixInStateDictIfPresent(state, prefix)', args);
  checkPrefix('consumePrefixInStateDictIfPresent', prefix);
  const renamed = renameKeys(state, (key) => (key.startsWith(prefix) ? key.slice(prefix.length) : key));
  state.clear();
  for (const [key, value] of renamed) state.set(key, value);
  if (renamed._metadata) defineMetadata(state, renamed._metadata);
}
