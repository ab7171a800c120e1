/**
 * `torch.optim`: optimizers, and schedulers of learning rates. `import * as optim from 'nodetorch/optim'`.
 *
 * @module nodetorch/optim
 */
export { Adadelta, type AdadeltaGroup, type AdadeltaOptions } from './adadelta';
export { Adafactor, type AdafactorGroup, type AdafactorOptions } from './adafactor';
export { Adagrad, type AdagradGroup, type AdagradOptions } from './adagrad';
export { Adam, type AdamOptions } from './adam';
export type { AdamGroup } from './adam_update';
export { Adamax, type AdamaxGroup, type AdamaxOptions } from './adamax';
export { AdamW, type AdamWOptions } from './adamw';
export { ASGD, type ASGDGroup, type ASGDOptions } from './asgd';
export type { NamedParam, ParamGroup, ParamGroupOptions, ParamGroups, Params } from './group';
export type { WithCamelCase } from './accessors';
export * as lrScheduler from './lr_scheduler';
export { LBFGS, type LBFGSGroup, type LBFGSOptions } from './lbfgs';
export { Muon, type MuonGroup, type MuonOptions } from './muon';
export { NAdam, type NAdamOptions } from './nadam';
export type { NAdamGroup } from './nadam_update';
export {
  type Closure,
  type OptimizerHook,
  type OptimizerStateDictHook,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
  type StepPostHook,
  type StepPreHook,
} from './hooks';
export { Optimizer } from './optimizer';
export { RAdam, type RAdamOptions } from './radam';
export type { RAdamGroup } from './radam_update';
export { RMSprop, type RMSpropGroup, type RMSpropOptions } from './rmsprop';
export { Rprop, type RpropGroup, type RpropOptions } from './rprop';
export type { Value } from './scalar';
export { SGD, type SGDGroup, type SGDOptions } from './sgd';
export { SparseAdam, type SparseAdamGroup, type SparseAdamOptions } from './sparse_adam';
export { swapInOptimizerParamsAndState } from './stateless';
export * as swaUtils from './swa_utils';
export type { ParamStates } from './param_states';
export type { GivenOptimizerState, OptimizerStateDict, ParamState, SavedGroup } from './state_dict';
