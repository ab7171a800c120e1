/** Makes tfjs's kernels of ours: the ids, reference counts, shapes and dtypes around them. */
import type { KernelConfig, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { type DType, dtypeOfCode } from '../core/dtype';
import { HANDLE } from '../native/handle';
import { keep } from '../tensor/memory';
import { native } from '../native';
import { type Tensor, sizesOf } from '../tensor';
import type { TorchBackend } from './backend';
import { tfDtypeOf } from './dtypes';
import { type Tfjs, runOnCpu } from './fallback';
import type { Kernel } from './kernel';
import { shareData } from './shared';

export const BACKEND_NAME = 'torch';
const DTYPE_CODES = native.constants.dtypeCodes;

interface Call {
  inputs: NamedTensorInfoMap;
  attrs?: NamedAttrMap;
  backend: unknown;
}

/** A kernel for tfjs's registry. Strings are the cpu backend's business. */
export function configOf(tf: Tfjs, kernelName: string, kernel: Kernel): KernelConfig {
  const kernelFunc = ({ inputs, attrs, backend }: Call): TensorInfo | TensorInfo[] => {
    const torch = backend as TorchBackend;
    const same = shareData(kernelName, torch, inputs, attrs ?? {});
    if (same) return same;
    if (attrs?.dtype === 'string') return runOnCpu(tf, torch, kernelName, inputs, attrs);
    for (const name in inputs) {
      if (inputs[name]?.dtype === 'string') return runOnCpu(tf, torch, kernelName, inputs, attrs);
    }
    return run(kernel, torch, inputs, attrs);
  };
  return { kernelName, backendName: BACKEND_NAME, kernelFunc: kernelFunc as KernelConfig['kernelFunc'] };
}

// As torch.tidy(), in two native calls. No tensor of the backend is in a graph.
function run(
  kernel: Kernel,
  backend: TorchBackend,
  inputs: NamedTensorInfoMap,
  attrs: unknown,
): TensorInfo | TensorInfo[] {
  const survivors: Tensor[] = [];
  let depth: number | undefined;
  try {
    depth = native.beginScope(false);
    const tensors: Record<string, Tensor> = {};
    const given: Tensor[] = [];
    for (const name in inputs) {
      const input = inputs[name];
      if (input) given.push((tensors[name] = backend.shaped(input)));
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

// A tensor of its own: each data id is disposed by itself.
const ownTensor = (result: Tensor, inputs: Tensor[]): Tensor =>
  inputs.includes(result) ? result.alias() : result;

function store(backend: TorchBackend, tensor: Tensor, sizes: readonly number[], own: DType): TensorInfo {
  const [shape, dtype] = [sizes as number[], tfDtypeOf(own)];
  if (own.name === dtype) return { dataId: backend.add(tensor, shape, dtype), shape, dtype };
  const converted = keep(tensor.to({ dtype }));
  tensor.dispose();
  return { dataId: backend.add(converted, shape, dtype), shape, dtype };
}
