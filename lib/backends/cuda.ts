/** `torch.backends.cuda`: which kernels GPUs may use. */
import { bindArguments } from '../core/calls';
import { TorchError } from '../core/errors';
import { native } from '../native';
import { defineFlags, getFlag, setFlag } from './flag';
import { type HasFp32Precision, definePrecision } from './fp32_precision';

/** Whether this libtorch has CUDA; it need not find a GPU. */
export function isBuilt(...args: []): boolean {
  bindArguments('isBuilt()', args);
  return native.versions().config.includes('USE_CUDA=ON') || native.hasDevice('cuda');
}

/** How matrices are multiplied on GPUs. */
export interface CudaMatmul extends HasFp32Precision {
  /** Whether float32 in TF32, which is faster and less exact. Default: `false`. */
  allowTf32: boolean;
  /** Whether float16 may be added up in float16 across blocks. Default: `true`. */
  allowFp16ReducedPrecisionReduction: boolean;
  /** Whether bfloat16 may be added up in bfloat16 across blocks. Default: `true`. */
  allowBf16ReducedPrecisionReduction: boolean;
  /** Whether float16 is added up in float16 throughout. Default: `false`. */
  allowFp16Accumulation: boolean;
}
const switches = definePrecision({}, 'torch.backends.cuda.matmul', 'cuda', 'matmul') as CudaMatmul;
defineFlags(switches, 'torch.backends.cuda.matmul', {
  allowTf32: 'cublasTf32',
  allowFp16ReducedPrecisionReduction: 'cublasFp16Reduction',
  allowBf16ReducedPrecisionReduction: 'cublasBf16Reduction',
  allowFp16Accumulation: 'cublasHalfAccumulation',
});
/** How matrices are multiplied on GPUs: `torch.backends.cuda.matmul.allowTf32 = true`. */
export const matmul: CudaMatmul = switches;

/** The libraries of linear algebra on GPUs. */
export type LinalgLibrary = 'default' | 'cusolver' | 'magma';
/** The libraries of products on GPUs. */
export type BlasLibrary = 'default' | 'cublas' | 'cublaslt' | 'ck';

// By libtorch's numbers. Each of the names that begin with hip is another one's.
const LINALG: Record<string, number> = { default: 0, cusolver: 1, magma: 2 };
const BLAS: Record<string, number> = { default: 0, cublas: 1, hipblas: 1, cublaslt: 2, hipblaslt: 2, ck: 3 };

function preferred(kind: 'linalg' | 'blas', numbers: Record<string, number>, backend: unknown): string {
  const names = Object.keys(numbers);
  if (backend != null && (typeof backend !== 'string' || !names.includes(backend))) {
    throw new TorchError(`Unknown input value. Choose from: ${names.join(', ')}.`);
  }
  const found = native.preferredLibrary(kind, backend == null ? undefined : numbers[backend]);
  return names.find((name) => numbers[name] === found)!;
}
/** Which library is asked first for linear algebra on GPUs; sets it when given. */
export function preferredLinalgLibrary(...args: [backend?: LinalgLibrary | null]): LinalgLibrary {
  const [backend] = bindArguments('preferredLinalgLibrary(backend?)', args);
  return preferred('linalg', LINALG, backend) as LinalgLibrary;
}
/** Which library is asked first for products on GPUs; sets it when given. */
export function preferredBlasLibrary(
  ...args: [backend?: BlasLibrary | 'hipblas' | 'hipblaslt' | null]
): BlasLibrary {
  const [backend] = bindArguments('preferredBlasLibrary(backend?)', args);
  return preferred('blas', BLAS, backend) as BlasLibrary;
}

/** Whether attention may use the kernel of FlashAttention. */
export function flashSdpEnabled(...args: []): boolean {
  bindArguments('flashSdpEnabled()', args);
  return getFlag('flashSdp');
}
/** Sets {@link flashSdpEnabled}. */
export function enableFlashSdp(...args: [enabled: boolean]): void {
  setFlag('enableFlashSdp', 'flashSdp', bindArguments('enableFlashSdp(enabled)', args)[0]);
}
/** Whether attention may use the kernel that saves memory. */
export function memEfficientSdpEnabled(...args: []): boolean {
  bindArguments('memEfficientSdpEnabled()', args);
  return getFlag('memEfficientSdp');
}
/** Sets {@link memEfficientSdpEnabled}. */
export function enableMemEfficientSdp(...args: [enabled: boolean]): void {
  setFlag(
    'enableMemEfficientSdp',
    'memEfficientSdp',
    bindArguments('enableMemEfficientSdp(enabled)', args)[0],
  );
}
/** Whether attention may be computed by its formula. */
export function mathSdpEnabled(...args: []): boolean {
  bindArguments('mathSdpEnabled()', args);
  return getFlag('mathSdp');
}
/** Sets {@link mathSdpEnabled}. */
export function enableMathSdp(...args: [enabled: boolean]): void {
  setFlag('enableMathSdp', 'mathSdp', bindArguments('enableMathSdp(enabled)', args)[0]);
}
/** Whether attention may use cuDNN's kernel. */
export function cudnnSdpEnabled(...args: []): boolean {
  bindArguments('cudnnSdpEnabled()', args);
  return getFlag('cudnnSdp');
}
/** Sets {@link cudnnSdpEnabled}. */
export function enableCudnnSdp(...args: [enabled: boolean]): void {
  setFlag('enableCudnnSdp', 'cudnnSdp', bindArguments('enableCudnnSdp(enabled)', args)[0]);
}
/** Whether the formula of attention may add float16 and bfloat16 in those dtypes. */
export function fp16Bf16ReductionMathSdpAllowed(...args: []): boolean {
  bindArguments('fp16Bf16ReductionMathSdpAllowed()', args);
  return getFlag('reducedMathSdp');
}
/** Sets {@link fp16Bf16ReductionMathSdpAllowed}. */
export function allowFp16Bf16ReductionMathSdp(...args: [enabled: boolean]): void {
  const [enabled] = bindArguments('allowFp16Bf16ReductionMathSdp(enabled)', args);
  setFlag('allowFp16Bf16ReductionMathSdp', 'reducedMathSdp', enabled);
}
