// The way without reentry: hooks on what operators save for backward.
import { savedTensorsHooks } from '../../autograd/graph';
import { noGrad } from '../../autograd/mode';
import { bindArguments } from '../../core/calls';
import { valueError } from '../../core/errors';
import { native } from '../../native';
import { Tensor } from '../../tensor';
import { keep } from '../../tensor/memory';
import type { CheckpointOptions } from '.';
import { Frame } from './frame';
import { autocastState, inAutocast, rngStates, withRng } from './surroundings';

let forcedEarlyStop: boolean | null = null;

/** Overrides `earlyStop` of the checkpoints made in `body`. */
export function setCheckpointEarlyStop<T>(...args: [enable: boolean, body: () => T]): T {
  const [enable, body] = bindArguments('setCheckpointEarlyStop(enable, body)', args);
  const before = forcedEarlyStop;
  forcedEarlyStop = enable;
  try {
    return body();
  } finally {
    forcedEarlyStop = before;
  }
}

/** Runs `func(...args)`; what its operators save for backward is computed again there. */
export function withoutReentry<Args extends unknown[], Out>(
  func: (...args: Args) => Out,
  args: Args,
  options: Required<CheckpointOptions>,
): Out {
  const { preserveRngState, determinismCheck, earlyStop } = options;
  if (determinismCheck !== 'default' && determinismCheck !== 'none') {
    throw valueError(
      `determinism_check should be one of ['default', 'none'], but got ${String(determinismCheck)}`,
    );
  }
  if (!native.isGradEnabled()) return func(...args);
  const rng = preserveRngState ? rngStates(args) : null;
  const state = autocastState(args);
  // Values of their own: the caller may dispose of his.
  const kept = noGrad(() =>
    args.map((arg) => (arg instanceof Tensor ? keep(arg.detach().requiresGrad_(arg.requiresGrad)) : arg)),
  ) as Args;
  const again = () => void withRng(rng, () => inAutocast(state, () => func(...kept)));
  const frame = new Frame(again, forcedEarlyStop ?? earlyStop, determinismCheck === 'default');
  const result = savedTensorsHooks(frame.pack, frame.unpack, () => func(...args));
  frame.completed = true;
  return result;
}
