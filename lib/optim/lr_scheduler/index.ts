/** torch.optim.lr_scheduler */
export { ChainedScheduler, SequentialLR } from './chain';
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
} from './cosine';
export { CyclicLR, type CyclicLROptions } from './cyclic';
export {
  ExponentialLR,
  type ExponentialLROptions,
  MultiStepLR,
  PolynomialLR,
  type PolynomialLROptions,
  StepLR,
  type StepLROptions,
} from './decay';
export { LambdaLR, type LrLambda, MultiplicativeLR } from './lambda';
export { ConstantLR, type ConstantLROptions, LinearLR, type LinearLROptions } from './linear';
export { OneCycleLR, type OneCycleLROptions } from './one_cycle';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './plateau';
export { type AnyOptimizer, LRScheduler, type SchedulerStateDict } from './scheduler';
