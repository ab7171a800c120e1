/** `torch.backends`: what kernels may be used. */
export * as mha from './mha';
