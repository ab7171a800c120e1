/** Makes tfjs's kernels of ours: the ids, reference counts, shapes and dtypes around them. */
import type { KernelConfig, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { native } from '../native';
import type { Tensor } from '../tensor';
import type { TorchBackend } from './backend';
import { tfDtypeOf } from './dtypes';
import { type Tfjs, runOnCpu } from './fallback';
import type { Kernel } from './kernel';
import { shareData } from './shared';

export const BACKEND_NAME = 'torch';

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
    const result = run(kernel, torch, inputs, attrs);
    return Array.isArray(result) ? result.map((tensor) => infoOf(torch, tensor)) : infoOf(torch, result);
  };
  return { kernelName, backendName: BACKEND_NAME, kernelFunc: kernelFunc as KernelConfig['kernelFunc'] };
}

// As torch.tidy(), without the search for tensors in what comes back. No tensor of the backend is in a graph.
function run(
  kernel: Kernel,
  backend: TorchBackend,
  inputs: NamedTensorInfoMap,
  attrs: unknown,
): Tensor | Tensor[] {
  let survivors: Tensor[] = [];
  native.beginScope();
  try {
    const tensors: Record<string, Tensor> = {};
    for (const name in inputs) {
      const input = inputs[name];
      if (input) tensors[name] = backend.shaped(input);
    }
    const made = kernel(tensors, attrs);
    survivors = (Array.isArray(made) ? made : [made]).map((tensor) => own(tensor, tensors));
    return Array.isArray(made) ? survivors : survivors[0];
  } finally {
    native.endScope(survivors);
  }
}

export function infoOf(backend: TorchBackend, tensor: Tensor): TensorInfo {
  const [shape, dtype] = [[...tensor.shape], tfDtypeOf(tensor)];
  return { dataId: backend.add(tensor, shape, dtype), shape, dtype };
}

// A result in a dtype of tfjs's, and a tensor of its own: each data id is disposed by itself.
function own(result: Tensor, inputs: Record<string, Tensor>): Tensor {
  const { name } = result.dtype;
  if (name === 'int64' || name === 'uint8' || name === 'int16') return result.to({ dtype: 'int32' });
  if (name === 'float64') return result.to({ dtype: 'float32' });
  if (name === 'complex128') return result.to({ dtype: 'complex64' });
  for (const key in inputs) if (inputs[key] === result) return result.alias();
  return result;
}
