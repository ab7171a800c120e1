/** `torch.backends`: what kernels may be used. */
export * as cpu from './cpu';
export * as cuda from './cuda';
export { type Cudnn, type CudnnFlags, cudnn } from './cudnn';
export { type Fp32Precision, type HasFp32Precision } from './fp32_precision';
export { flags, setFlags } from './generic';
export * as kleidiai from './kleidiai';
export * as mha from './mha';
export { type Miopen, type MiopenFlags, miopen } from './miopen';
export * as mkl from './mkl';
export { type Mkldnn, type MkldnnFlags, mkldnn } from './mkldnn';
export * as mps from './mps';
export * as nnpack from './nnpack';
export * as openmp from './openmp';
export { type OptEinsum, optEinsum } from './opt_einsum';
export { type Quantized, type QuantizedEngine, quantized } from './quantized';
export { type Xnnpack, xnnpack } from './xnnpack';
