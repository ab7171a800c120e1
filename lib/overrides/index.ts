/** torch.overrides */
export type { DispatchedOperator } from '../library/dispatched_operator';
export { TorchDispatchMode } from './dispatch_mode';
export { type TorchFunction, TorchFunctionMode } from './function_mode';
