/** torch.overrides */
export { type DispatchedOperator, TorchDispatchMode } from './dispatch_mode';
