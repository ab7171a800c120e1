// The state_dict in a checkpoint.
import { TorchTypeError } from '../core/errors';
import { isMap } from '../core/realm';
import type { StateDict } from '../nn/module/state_dict';
import { Tensor } from '../tensor';

/** The state_dict in what `file` holds: its entry `key`, or all of it. */
export function stateDictIn(whole: unknown, key: string | undefined, file: string): StateDict {
  const names = isMap(whole) ? [...whole.keys()].map((name) => `'${String(name)}'`).join(', ') : '';
  if (key !== undefined && !(isMap(whole) && whole.has(key))) {
    throw new TorchTypeError(
      `loadStateDictFromFile(): '${file}' has no entry '${key}', but ${names || 'none'}`,
    );
  }
  const state = key === undefined ? whole : (whole as ReadonlyMap<unknown, unknown>).get(key);
  if (isStateDict(state)) return state;
  const advice = names ? `: say which entry, { key: ... } of ${names}` : '';
  throw new TorchTypeError(`loadStateDictFromFile(): '${file}' does not hold a state_dict${advice}`);
}

// What is no tensor there is a module's extra state.
function isStateDict(value: unknown): value is StateDict {
  if (!isMap(value)) return false;
  return [...value].every(
    ([key, each]) => typeof key === 'string' && (each instanceof Tensor || key.endsWith('_extra_state')),
  );
}
