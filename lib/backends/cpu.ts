/** `torch.backends.cpu` */
import { bindArguments } from '../core/calls';
import { native } from '../native';

/** Which instructions of the processor the kernels use: `'DEFAULT'`, `'AVX2'`, `'AVX512'`, `'SVE256'` ... */
export function getCpuCapability(...args: []): string {
  bindArguments('getCpuCapability()', args);
  return native.processorFeatures().capability;
}
