/** torch.autograd */
export { backward, backwardAsync, grad, type GradOptions } from './backward';
export * as forwardAd from './forward_ad';
export * as functional from './functional';
export * as graph from './graph';
export * as function from './once_differentiable';
export { AutogradFunction as Function, FunctionContext, type VmapInfo } from './function';
export { type GradcheckOptions, gradcheck, gradgradcheck } from './gradcheck';
export type { RemovableHandle } from '../core/hooks';
export {
  detectAnomaly,
  enableGrad,
  inferenceMode,
  isAnomalyEnabled,
  isGradEnabled,
  isInferenceModeEnabled,
  noGrad,
  setDetectAnomaly,
  setGradEnabled,
} from './mode';
export { enforceGradLayoutPolicy, setMultithreadingEnabled } from './backward_policy';
export { GradFn } from './node';
