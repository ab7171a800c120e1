/** `torch.backends`: what kernels may be used. */
export * as cuda from './cuda';
export { type Cudnn, cudnn } from './cudnn';
export * as mha from './mha';
