/** `torch.backends.cuda`: which kernels GPUs may use. */
import { bindArguments } from '../core/calls';
import { native } from '../native';
import { getFlag, setFlag } from './flag';

/** Whether this libtorch has CUDA; it need not find a GPU. */
export function isBuilt(...args: []): boolean {
  bindArguments('isBuilt()', args);
  return native.versions().config.includes('USE_CUDA=ON') || native.hasDevice('cuda');
}

/** How matrices of float32 are multiplied on GPUs: `torch.backends.cuda.matmul.allowTf32 = true`. */
export const matmul: { allowTf32: boolean } = {
  /** Whether in TF32, which is faster and less exact. Default: `false`. */
  get allowTf32() {
    return getFlag('cublasTf32');
  },
  set allowTf32(enabled: boolean) {
    setFlag('torch.backends.cuda.matmul.allowTf32', 'cublasTf32', enabled);
  },
};

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
