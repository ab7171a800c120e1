/**
 * TensorFlow.js on libtorch: `import 'nodetorch/tfjs'`, then `await tf.setBackend('torch')`. Registers the
 * backend with `@tensorflow/tfjs-core`, above wasm; {@link registerTorchBackend} does it for another copy.
 *
 * @module nodetorch/tfjs
 */
import * as tf from '@tensorflow/tfjs-core';
import { TorchBackend } from './backend';
import { setDefaultDevice } from './device';
import type { DeviceLike } from '../core/device';
import { bindArguments } from '../core/calls';
import { argumentError } from '../core/errors';
import { withDefaults } from '../core/signature';
import { type Tfjs, runOnCpu } from './fallback';
import { registerFileHandlers } from './io';
import { kernels, onCpu } from './kernels';
import { fromTorch, toTorch } from './bridge';
import { provide } from './lazy';
import { registerProgress } from './progress';
import { BACKEND_NAME, configOf } from './register';
import { loadStateDictInto, stateDictOf } from './weights';

export { node } from './node';
export { fromTorch, toTorch, loadStateDictInto, stateDictOf };
export type { LoadWeightsOptions, WeightsOptions } from './weights';

const PRIORITY = 3; // wasm's is 2
const DEVICE = { device: null as DeviceLike | null };

/**
 * Registers the backend `torch` with a copy of TensorFlow.js. Tensors are made on `options.device`, by default on the GPU
 * where there is one.
 */
export function registerTorchBackend(...args: [tfjs?: Tfjs, options?: { device?: DeviceLike }]): void {
  const [tfjs = tf, options] = bindArguments('registerTorchBackend(tfjs{}?, options{}?)', args);
  if (typeof (tfjs as Partial<Tfjs> | null)?.findBackendFactory !== 'function')
    throw argumentError('registerTorchBackend', 'tfjs', 'the module @tensorflow/tfjs-core', tfjs);
  const { device } = withDefaults('registerTorchBackend', DEVICE, options);
  if (device !== null) setDefaultDevice(device);
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

provide({ toTorch, fromTorch, stateDictOf, loadStateDictInto });
registerTorchBackend();
