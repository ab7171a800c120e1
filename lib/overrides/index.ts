/** torch.overrides */
export type { DispatchedOperator } from '../library/dispatched_operator';
export { TorchDispatchMode } from './dispatch_mode';
