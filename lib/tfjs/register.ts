/** Makes tfjs's kernels of ours: the ids, reference counts, shapes and dtypes around them. */
import type {
  DataType,
  KernelConfig,
  NamedAttrMap,
  NamedTensorInfoMap,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import { type DType, dtypeOfCode } from '../core/dtype';
import { HANDLE } from '../native/handle';
import { keep } from '../tensor/memory';
import { native } from '../native';
import { type Tensor, sizesOf } from '../tensor';
import type { TorchBackend } from './backend';
import { defaultDevice } from './device';
import { tfDtypeOf } from './dtypes';
import { type Tfjs, forward, runOnCpu } from './fallback';
import type { Kernel } from './kernel';
import { shareData, sharesData } from './shared';
import { smallnessOf } from './small';

export const BACKEND_NAME = 'torch';
const DTYPE_CODES = native.constants.dtypeCodes;

interface Call {
  inputs: NamedTensorInfoMap;
  attrs?: NamedAttrMap;
  backend: unknown;
}

/** A kernel for tfjs's registry. Calls with strings go to tfjs's own cpu backend. */
export function configOf(tf: Tfjs, backendName: string, kernelName: string, kernel: Kernel): KernelConfig {
  const isSmall = smallnessOf(kernelName);
  const mayShare = sharesData(kernelName);
  const kernelFunc = ({ inputs, attrs, backend }: Call): TensorInfo | TensorInfo[] => {
    const torch = backend as TorchBackend;
    const same = mayShare ? shareData(kernelName, torch, inputs, attrs ?? {}) : undefined;
    if (same) return same;
    if (attrs?.dtype === 'string') return runOnCpu(tf, torch, kernelName, inputs, attrs);
    for (const name in inputs) {
      if (inputs[name]?.dtype === 'string') return runOnCpu(tf, torch, kernelName, inputs, attrs);
    }
    const cast = kernelName === 'Cast' ? torch.cast(inputs.x!, attrs!.dtype as DataType) : undefined;
    if (cast) return cast;
    const small = isSmall?.(inputs, attrs ?? {}) && defaultDevice().type === 'cpu';
    return (small && forward(tf, torch, kernelName, inputs, attrs)) || run(kernel, torch, inputs, attrs);
  };
  return { kernelName, backendName, kernelFunc: kernelFunc as KernelConfig['kernelFunc'] };
}

const LARGEST = 3.4028234663852886e38; // of float32

/** Whether an attribute is a number that float32 has no place for. */
function exceedsFloat32(attrs: NamedAttrMap | undefined): boolean {
  for (const name in attrs) {
    const value = attrs[name];
    if (typeof value === 'number' && Math.abs(value) > LARGEST && Number.isFinite(value)) return true;
  }
  return false;
}

// Does what torch.tidy() would do around the kernel, in two native calls. That is enough here, since no tensor of the
// backend is part of a graph.
function run(
  kernel: Kernel,
  backend: TorchBackend,
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap | undefined,
): TensorInfo | TensorInfo[] {
  const survivors: Tensor[] = [];
  let depth: number | undefined;
  try {
    depth = native.beginScope(false);
    const tensors: Record<string, Tensor> = {};
    const given: Tensor[] = [];
    // As in JavaScript: computed in double precision, and only the result is float32's.
    const wide = exceedsFloat32(attrs);
    for (const name in inputs) {
      const input = inputs[name];
      if (!input) continue;
      const tensor = backend.shaped(input);
      given.push(tensor);
      tensors[name] = wide && input.dtype === 'float32' ? tensor.to({ dtype: 'float64' }) : tensor;
    }
    const results = kernel(tensors, attrs);
    if (!Array.isArray(results)) {
      const result = ownTensor(results, given);
      const around = depth;
      depth = undefined;
      const code = native.endKernelScope(result[HANDLE], around);
      return store(backend, result, sizesOf(Math.floor(code / DTYPE_CODES)), dtypeOfCode(code % DTYPE_CODES));
    }
    for (const tensor of results) survivors.push(ownTensor(tensor, given));
  } finally {
    if (depth !== undefined) native.endScope(depth, survivors);
  }
  return survivors.map((tensor) => store(backend, keep(tensor), tensor.shape, tensor.dtype));
}

// The result, or an alias where it is one of the inputs: tfjs disposes each of its data ids on its own.
const ownTensor = (result: Tensor, inputs: Tensor[]): Tensor =>
  inputs.includes(result) ? result.alias() : result;

function store(backend: TorchBackend, tensor: Tensor, sizes: readonly number[], own: DType): TensorInfo {
  const [shape, dtype] = [sizes as number[], tfDtypeOf(own)];
  if (own.name === dtype) return { dataId: backend.add(tensor, shape, dtype), shape, dtype };
  const converted = keep(tensor.to({ dtype }));
  tensor.dispose();
  return { dataId: backend.add(converted, shape, dtype), shape, dtype };
}
