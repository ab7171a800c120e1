/**
 * TensorFlow.js on libtorch: `import 'nodetorch/tfjs'`, then `await tf.setBackend('torch')`. Registers the
 * backend with `@tensorflow/tfjs-core`, above wasm; {@link registerTorchBackend} does it for another copy.
 */
import * as tf from '@tensorflow/tfjs-core';
import { TorchBackend } from './backend';
import { setDefaultDevice } from './device';
import type { DeviceLike } from '../device';
import { type Tfjs, runOnCpu } from './fallback';
import { registerFileHandlers } from './io';
import { kernels, onCpu } from './kernels';
import { registerProgress } from './progress';
import { BACKEND_NAME, configOf } from './register';

export { node } from './node';
export { fromTorch, toTorch } from './bridge';
export { type LoadWeightsOptions, type WeightsOptions, loadStateDictInto, stateDictOf } from './weights';

const PRIORITY = 3; // wasm's is 2

/** @param options.device Where tensors are made: by default the GPU where there is one. */
export function registerTorchBackend(tfjs: Tfjs = tf, options: { device?: DeviceLike } = {}): void {
  if (options.device !== undefined) setDefaultDevice(options.device);
  if (tfjs.findBackendFactory(BACKEND_NAME)) return;
  tfjs.registerBackend(
    BACKEND_NAME,
    () => new TorchBackend(() => tfjs.engine()) as unknown as tf.KernelBackend,
    PRIORITY,
  );
  registerFileHandlers(tfjs);
  registerProgress();
  for (const [name, kernel] of Object.entries(kernels)) tfjs.registerKernel(configOf(tfjs, name, kernel));
  for (const kernelName of onCpu) {
    tfjs.registerKernel({
      kernelName,
      backendName: BACKEND_NAME,
      kernelFunc: ({ inputs, attrs, backend }) =>
        runOnCpu(tfjs, backend as TorchBackend, kernelName, inputs, attrs),
    });
  }
}

registerTorchBackend();
