// The hooks of optimizers.
import { bindArguments } from '../core/calls';
import { HookList, type RemovableHandle } from '../core/hooks';
import type { Tensor } from '../tensor';
import type { Optimizer } from './optimizer';
import type { OptimizerStateDict } from './state_dict';

/** Evaluates the model again and returns the loss. */
export type Closure<Loss = Tensor | number> = () => Loss;
/** A step that may need no closure. */
export type Step = (closure: Closure | null) => Tensor | number | null;
/** May return the closure to use instead. */
export type StepPreHook = (optimizer: Optimizer, closure: Closure | null) => Closure | null | void;
/** Called after a step. */
export type StepPostHook = (optimizer: Optimizer, closure: Closure | null) => void;
/** Called before `stateDict`, and after `loadStateDict`. */
export type OptimizerHook = (optimizer: Optimizer) => void;
/** May return the state_dict to use instead. */
export type OptimizerStateDictHook = (
  optimizer: Optimizer,
  stateDict: OptimizerStateDict,
) => OptimizerStateDict | null | void;

export const globalPreHooks = new HookList<StepPreHook>();
export const globalPostHooks = new HookList<StepPostHook>();

/** Calls `hook` before every step of every optimizer. */
export function registerOptimizerStepPreHook(...args: [hook: StepPreHook]): RemovableHandle {
  const [hook] = bindArguments('registerOptimizerStepPreHook(hook)', args);
  return globalPreHooks.register('registerOptimizerStepPreHook', {}, [hook]);
}
/** Calls `hook` after every step of every optimizer. */
export function registerOptimizerStepPostHook(...args: [hook: StepPostHook]): RemovableHandle {
  const [hook] = bindArguments('registerOptimizerStepPostHook(hook)', args);
  return globalPostHooks.register('registerOptimizerStepPostHook', {}, [hook]);
}
