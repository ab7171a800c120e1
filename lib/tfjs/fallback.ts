/** Kernels that run through tfjs's own cpu backend: strings, and what makes no sense natively. */
import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo, backend_util } from '@tensorflow/tfjs-core';
import { TorchError } from '../core/errors';
import type { TorchBackend } from './backend';

export type Tfjs = typeof import('@tensorflow/tfjs-core');

/** What is used of tfjs's cpu backend. */
interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: string, values: backend_util.BackendValues): TensorInfo;
  readSync(dataId: object): backend_util.BackendValues;
  disposeData(dataId: object): boolean;
  firstUse: boolean;
}

export function runOnCpu(
  tf: Tfjs,
  torch: TorchBackend,
  kernelName: string,
  inputs: NamedTensorInfoMap,
  attrs?: NamedAttrMap,
): TensorInfo | TensorInfo[] {
  const cpu = cpuBackend(tf, kernelName);
  const kernel = tf.getKernel(kernelName, 'cpu');
  const copies: TensorInfo[] = [];
  const copied = (input: unknown): unknown => {
    if (input === undefined || input === null) return input;
    if (Array.isArray(input)) return input.map(copied); // AddN, Concat, RaggedGather take lists
    const { dataId, shape, dtype } = input as TensorInfo;
    const copy = cpu.makeTensorInfo(shape, dtype, torch.readSync(dataId));
    copies.push(copy);
    return copy;
  };
  const there = Array.isArray(inputs)
    ? copied(inputs)
    : Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, copied(input)]));
  const here = ({ dataId, shape, dtype }: TensorInfo): TensorInfo => {
    const values = cpu.readSync(dataId);
    return { dataId: torch.write(values, shape, dtype), shape, dtype };
  };
  const made = kernel.kernelFunc({ inputs: there as NamedTensorInfoMap, attrs, backend: cpu });
  const outputs = Array.isArray(made) ? made : [made];
  const results = outputs.map(here);
  for (const { dataId } of [...outputs, ...copies]) cpu.disposeData(dataId);
  return Array.isArray(made) ? results : results[0];
}

function cpuBackend(tf: Tfjs, kernelName: string): CpuBackend {
  if (!tf.findBackendFactory('cpu')) loadCpuBackend();
  const backend = tf.findBackend('cpu') as unknown as CpuBackend | null;
  if (backend && tf.getKernel(kernelName, 'cpu')) {
    backend.firstUse = false; // it would advise to install tfjs-node, for speed
    return backend;
  }
  throw new TorchError(
    `'${kernelName}' of these inputs runs on tfjs's cpu backend: npm install @tensorflow/tfjs-backend-cpu`,
  );
}

/** Registers itself, with all copies of tfjs. */
function loadCpuBackend(): void {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an optional peer
    require('@tensorflow/tfjs-backend-cpu');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
  }
}
