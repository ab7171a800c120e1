/** torch.optim */
export { Adam, type AdamGroup, type AdamOptions } from './adam';
export { AdamW, type AdamWOptions } from './adamw';
export type { NamedParam, ParamGroup, ParamGroupOptions, Params } from './group';
export {
  type Closure,
  Optimizer,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
  type StepPostHook,
  type StepPreHook,
} from './optimizer';
export { SGD, type SGDGroup, type SGDOptions } from './sgd';
export type { OptimizerStateDict, ParamState, SavedGroup } from './state_dict';
