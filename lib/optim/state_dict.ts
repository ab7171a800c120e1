// An optimizer's state as plain data, in Python's layout.
import { withoutJson } from '../core/conversions';
import { TorchError, TorchTypeError, argumentError } from '../core/errors';
import { float32 } from '../core/dtype';
import { isPlainObject } from '../core/realm';
import { keep } from '../tensor/memory';
import { isMap } from '../core/realm';
import { Tuple } from '../serialization/pickle/python_types';
import { Tensor } from '../tensor';
import { type ParamGroup, valueError } from './group';
import { type Owner, matchParams } from './names';
import { ParamStates } from './param_states';

/** What an optimizer remembers of one parameter: `exp_avg`, `step` ... */
export type ParamState = Record<string, unknown>;

/** A group in which parameters are numbered through. */
export type SavedGroup<Group = ParamGroup> = Omit<Group, 'params'> & { params: number[] };

/** What an optimizer's `stateDict` gives: the layout of Python's, which `torch.save` writes. */
export interface OptimizerStateDict<Group = ParamGroup> {
  /** By the parameter's number: `state.get(0)`, or `state[0]`. */
  state: ParamStates;
  param_groups: SavedGroup<Group>[];
}

/** A state_dict as it is taken back: as `stateDict` or `torch.load` gave it, or as plain objects all the way down. */
export interface GivenOptimizerState {
  state: ReadonlyMap<number, ParamState> | Readonly<Record<number, ParamState>>;
  param_groups: readonly object[];
}

/** A Map, as read from a file, or an object: as an object. */
function record(value: unknown): Record<string, unknown> {
  return isMap(value) ? Object.fromEntries(value) : (value as Record<string, unknown>);
}

/** Options that are pairs, such as `betas`, are tuples in Python. */
function asTuples(options: object): object {
  const entries = Object.entries(options).map(([key, value]: [string, unknown]) => {
    return [key, Array.isArray(value) && key !== 'param_names' ? Tuple.from(value) : value];
  });
  return Object.fromEntries(entries) as object;
}

/** Numbers the parameters through and puts the numbers in the place of tensors. */
export function pack(
  groups: readonly ParamGroup[],
  state: ReadonlyMap<Tensor, ParamState>,
): OptimizerStateDict {
  const numbers = new Map<Tensor, number>();
  let start = 0;
  const saved = groups.map(({ params, ...options }) => {
    params.forEach((param, i) => {
      if (!numbers.has(param)) numbers.set(param, start + i);
    });
    start += params.length;
    return { ...asTuples(options), params: params.map((param) => numbers.get(param)) } as SavedGroup;
  });
  const packed = new ParamStates();
  for (const [param, values] of state) packed.set(numbers.get(param)!, values);
  const stateDict = { state: packed, param_groups: saved };
  return withoutJson(stateDict, "An optimizer's state", 'torch.save(state, file) writes it');
}

/** A state_dict that was given, of which hooks get a copy. */
export function givenState(stateDict: unknown): OptimizerStateDict {
  if (typeof stateDict !== 'object' || stateDict === null) {
    throw argumentError('loadStateDict', 'stateDict', 'an object', stateDict);
  }
  return { ...record(stateDict) } as unknown as OptimizerStateDict;
}

/** The states of a state_dict that was given, by number. */
export function statesOf({ state }: GivenOptimizerState): ParamStates {
  const entries = Object.entries(record(state)) as [string, ParamState][];
  return new ParamStates(entries.map(([number, values]) => [Number(number), values]));
}

/**
 * The other way. State moves to its parameter's device and, where floating, dtype. `whole` says that it is one for
 * all parameters.
 */
export function unpack(
  stateDict: object,
  groups: readonly ParamGroup[],
  whole = false,
): { groups: ParamGroup[]; state: Map<Tensor, ParamState> } {
  const { state, param_groups: list } = stateDict as { state: unknown; param_groups: unknown };
  if (list === undefined) throw new TorchError("'param_groups'", 'KeyError');
  if (!Array.isArray(list)) throw argumentError('loadStateDict', 'param_groups', 'an array', list);
  const saved = list.map(savedGroup);
  if (saved.length !== groups.length) {
    throw valueError('loaded state dict has a different number of parameter groups');
  }
  if (saved.some((group, i) => group.params.length !== groups[i].params.length)) {
    throw valueError(
      "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
    );
  }
  if (state === undefined) throw new TorchError("'state'", 'KeyError');
  if (typeof state !== 'object' || state === null) {
    throw new TorchTypeError("loadStateDict(): argument 'stateDict' must have state and param_groups");
  }
  const { owners, byName } = matchParams(saved, groups, whole);
  const loaded = new Map<Tensor, ParamState>();
  for (const [number, values] of Object.entries(record(state))) {
    const owner = owners.get(number);
    if (!owner) continue;
    loaded.set(owner.param, placeAll(values, owner));
  }
  const merged = groups.map((group, i) => {
    const names = byName && { param_names: group.param_names };
    return merge(group, { ...saved[i], ...names } as SavedGroup);
  });
  return { groups: merged, state: loaded };
}

function savedGroup(given: unknown): SavedGroup {
  if (typeof given !== 'object' || given === null) {
    throw argumentError('loadStateDict', 'param_groups', 'an array of groups', given);
  }
  const group = record(given);
  if (!('params' in group)) throw new TorchError("'params'", 'KeyError');
  if (!Array.isArray(group.params)) throw argumentError('loadStateDict', 'params', 'an array', group.params);
  return group as unknown as SavedGroup;
}

function placeAll(values: unknown, owner: Owner): ParamState {
  const entries = Object.entries(record(values));
  return Object.fromEntries(entries.map(([key, value]) => [key, place(key, value, owner)]));
}

function place(key: string | null, value: unknown, owner: Owner): unknown {
  const { param, group } = owner;
  if (Array.isArray(value)) return value.map((each) => place(null, each, owner));
  if (isMap(value) || isPlainObject(value)) return placeAll(value, owner);
  if (!(value instanceof Tensor)) return value;
  if (key === 'step') {
    // Lives on the CPU unless the kernel itself counts.
    const { capturable, fused } = group as { capturable?: boolean; fused?: boolean | null };
    const counted = capturable || fused;
    return keep(counted ? value.to({ dtype: float32, device: param.device }) : value);
  }
  return keep(value.to({ dtype: param.isFloatingPoint() ? param.dtype : undefined, device: param.device }));
}

function merge(group: ParamGroup, saved: SavedGroup): ParamGroup {
  const options = Object.entries(saved).map(([key, value]) => [key, copy(value)]);
  const merged = { ...Object.fromEntries(options), params: group.params } as ParamGroup;
  if (group.param_names) merged.param_names ??= group.param_names;
  return merged;
}

function copy(value: unknown): unknown {
  if (value instanceof Tensor) return keep(value.detach().clone());
  return Array.isArray(value) ? value.map(copy) : value;
}
