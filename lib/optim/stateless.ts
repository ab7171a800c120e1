// An optimizer that works on other parameters and state for a while.
import { TorchError } from '../core/errors';
import { isPlainObject } from '../core/realm';
import { bindArguments } from '../core/calls';
import type { Tensor } from '../tensor';
import type { ParamGroup } from './group';
import type { Optimizer } from './optimizer';
import { type GivenOptimizerState, type ParamState, type SavedGroup, statesOf } from './state_dict';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any optimizer, whatever its options
type AnyOptimizer = Optimizer<any, any>;
type Parameters = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

const NAME = 'swap_in_optimizer_params_and_state';

/** The new parameters of each group. */
function partition(
  optimizer: AnyOptimizer,
  parameters: readonly Tensor[],
  saved: readonly SavedGroup[],
  numbers: Iterable<number>,
): Tensor[][] {
  const refuse = (text: string) => new TorchError(text);
  if (optimizer.state.size === 0) throw refuse(`${NAME} requires initialized optimizer state.`);
  if (saved.length !== optimizer.paramGroups.length) {
    throw refuse('swapin_optim_state has a different number of parameter groups than the live optimizer.');
  }
  let start = 0;
  const parts = saved.map((group, i) => {
    checkGroup(optimizer.paramGroups[i], group, i);
    start += group.params.length;
    if (start > parameters.length) {
      throw refuse(`${NAME} requires the explicit parameter state to match optimizer.param_groups ordering.`);
    }
    return parameters.slice(start - group.params.length, start);
  });
  const known = new Set(saved.flatMap((group) => group.params));
  const extra = [...numbers].filter((key) => !known.has(key));
  if (extra.length === 0) return parts;
  throw refuse(
    `${NAME} requires swapin_optim_state['state'] to be keyed only by packed parameter ids from ` +
      `param_groups[*]['params']; got extra keys [${extra.join(', ')}].`,
  );
}

function checkGroup(live: ParamGroup, given: SavedGroup, index: number): void {
  if (live.params.length !== given.params.length) {
    throw new TorchError(
      `swapin_optim_state param group ${index} has a different number of params than the live optimizer ` +
        'param group.',
    );
  }
  const only = (a: object, b: object) => Object.keys(a).filter((key) => !(key in b));
  const list = (keys: string[]) => `[${keys.map((key) => `'${key}'`).join(', ')}]`;
  const [swapped, present] = [only(given, live), only(live, given)];
  if (swapped.length === 0 && present.length === 0) return;
  throw new TorchError(
    `${NAME} requires optimizer.state_dict()-style param group keys to exactly match the live optimizer ` +
      `group keys for group ${index}. Keys only in swap-in: ${list(swapped)}. Keys only in live: ` +
      `${list(present)}.`,
  );
}

/**
 * Runs `body` while the optimizer has other parameters and state, in the order of its own, and puts its own back.
 * `state` is what `stateDict` gives. In-place changes of the tensors stay; what is assigned anew does not.
 *
 * Differs from PyTorch: `torch.optim.swapInOptimizerParamsAndState` takes a function that stands for the body of a
 * `with` block.
 */
export function swapInOptimizerParamsAndState<T>(
  ...args: [optimizer: AnyOptimizer, parameters: Parameters, state: GivenOptimizerState, body: () => T]
): T {
  const [optimizer, parameters, state, body] = bindArguments(
    'swapInOptimizerParamsAndState(optimizer, parameters{}, state{}, body)',
    args,
  );
  const list = isPlainObject(parameters)
    ? Object.values(parameters)
    : [...(parameters as Map<string, Tensor>).values()];
  const saved = state.param_groups as readonly SavedGroup[];
  const states = statesOf(state);
  const parts = partition(optimizer, list as Tensor[], saved, states.keys());
  const { paramGroups, state: own } = optimizer;
  const swapped = new Map<Tensor, ParamState>();
  optimizer.paramGroups = saved.map((group, i) => {
    group.params.forEach((id, j) => swapped.set(parts[i][j], { ...states.get(id) }));
    return { ...group, params: parts[i] };
  });
  optimizer.state = swapped;
  try {
    return body();
  } finally {
    optimizer.paramGroups = paramGroups;
    optimizer.state = own;
  }
}
