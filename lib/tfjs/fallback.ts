/**
 * tfjs's own cpu kernels over this backend's data: of strings, of what makes no sense natively, and of a few numbers, for
 * which a loop of JavaScript takes less time than a native call.
 */
import type { KernelFunc, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { TorchError } from '../core/errors';
import type { TorchBackend } from './backend';
import type { Hosted } from './entry';

export type Tfjs = typeof import('@tensorflow/tfjs-core');

/** What cpu kernels use of their backend's storage. */
interface Storage {
  get(dataId: object): Hosted | undefined;
  set(dataId: object, hosted: Hosted): void;
  has(dataId: object): boolean;
  delete(dataId: object): boolean;
  numDataIds(): number;
}

/** The cpu backend with our data in the place of its own, and its kernels. */
interface Host {
  readonly backend: object;
  kernel(name: string): KernelFunc | undefined;
}

/** @throws TorchError where tfjs's cpu backend is not installed. */
export function runOnCpu(
  tf: Tfjs,
  torch: TorchBackend,
  kernelName: string,
  inputs: NamedTensorInfoMap,
  attrs?: NamedAttrMap,
): TensorInfo | TensorInfo[] {
  if (!tf.findBackendFactory('cpu')) loadCpuBackend();
  const results = forward(tf, torch, kernelName, inputs, attrs);
  if (results) return results;
  throw new TorchError(
    `'${kernelName}' of these inputs runs on tfjs's cpu backend: npm install @tensorflow/tfjs-backend-cpu`,
  );
}

/** Undefined where the cpu backend is not loaded, or has no such kernel. */
export function forward(
  tf: Tfjs,
  torch: TorchBackend,
  kernelName: string,
  inputs: NamedTensorInfoMap,
  attrs?: NamedAttrMap,
): TensorInfo | TensorInfo[] | undefined {
  const host = hostOf(tf, torch);
  const kernel = host?.kernel(kernelName);
  if (!kernel) return undefined;
  const results = kernel({ inputs, attrs, backend: host!.backend });
  if (!Array.isArray(results)) torch.place(results.dataId, results.shape);
  else for (const { dataId, shape } of results) torch.place(dataId, shape);
  return results;
}

const hosts = new WeakMap<TorchBackend, Host>();

function hostOf(tf: Tfjs, torch: TorchBackend): Host | undefined {
  const made = hosts.get(torch);
  if (made) return made;
  const cpu = tf.findBackendFactory('cpu') && (tf.findBackend('cpu') as object | null);
  if (!cpu) return undefined;
  const data: Storage = {
    get: (dataId) => torch.hosted(dataId),
    set: (dataId, hosted) => torch.addHosted(dataId, hosted),
    has: (dataId) => torch.refCount(dataId) > 0,
    delete: (dataId) => torch.disposeData(dataId, true),
    numDataIds: () => torch.numDataIds(),
  };
  // Its first use would advise to install tfjs-node, for speed.
  const backend = Object.create(cpu, { data: { value: data }, firstUse: { value: false } }) as object;
  const kernels = new Map<string, KernelFunc | undefined>();
  const kernel = (name: string): KernelFunc | undefined => {
    if (!kernels.has(name)) kernels.set(name, tf.getKernel(name, 'cpu')?.kernelFunc);
    return kernels.get(name);
  };
  const host = { backend, kernel };
  hosts.set(torch, host);
  return host;
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
