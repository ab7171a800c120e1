import { bindArguments } from '../../core/calls';
import { argumentError, checkText } from '../../core/errors';
import { isMap } from '../../core/realm';
import type { StateDict } from '../module/state_dict';

/**
 * Takes `prefix` off the keys of a state_dict, in place and in their order: `'module.'` of a DistributedDataParallel. Other
 * keys stay. PyTorch's torch.nn.modules.utils.consume_prefix_in_state_dict_if_present.
 */
export function consumePrefixInStateDictIfPresent(...args: [stateDict: StateDict, prefix: string]): void {
  const [state, prefix] = bindArguments('consumePrefixInStateDictIfPresent(stateDict, prefix)', args);
  if (!isMap(state)) throw argumentError('consumePrefixInStateDictIfPresent', 'stateDict', 'a Map', state);
  checkText('consumePrefixInStateDictIfPresent', 'prefix', prefix);
  for (const key of [...state.keys()]) if (key.startsWith(prefix)) rename(state, key, prefix.length);
  const metadata = state._metadata;
  if (!isMap(metadata)) return;
  const name = prefix.replaceAll('.', ''); // of the module itself
  for (const key of [...metadata.keys()]) {
    if (key !== '' && (key === name || key.startsWith(prefix))) rename(metadata, key, prefix.length);
  }
}

// As in Python, what has another name now stands last.
function rename<V>(map: Map<string, V>, key: string, length: number): void {
  const value = map.get(key)!;
  map.delete(key);
  map.set(key.slice(length), value);
}
