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
export { NodeFileSystem, fileSystem, nodeFileSystemRouter } from './io';
export { ProgbarLogger } from './progress';
export { RNN, SimpleRNNCell, GRUCell, LSTMCell, ConvLSTM2DCell } from './recurrent';
export type { ActivationName } from './activations';
export type { Cell, CellOptions, CellState, ConvCellOptions } from './recurrent';
export { fromTorch, toTorch, loadStateDictInto, stateDictOf };
export type { LoadWeightsOptions, WeightsOptions } from './weights';

const PRIORITY = 3; // wasm's is 2

/** Options of {@link registerTorchBackend}. */
export interface RegisterOptions {
  /** Where tensors are made. Default: on the GPU where there is one. */
  device?: DeviceLike | null;
  /** By which the program asks for the backend; it may have several. Default: `'torch'`. */
  name?: string;
}
const REGISTER: Required<RegisterOptions> = { device: null, name: BACKEND_NAME };

/**
 * Registers the backend with a copy of TensorFlow.js, as `torch` or by another name.
 */
export function registerTorchBackend(...args: [tfjs?: Tfjs, options?: RegisterOptions]): void {
  const [tfjs = tf, options] = bindArguments('registerTorchBackend(tfjs{}?, options{}?)', args);
  if (typeof (tfjs as Partial<Tfjs> | null)?.findBackendFactory !== 'function')
    throw argumentError('registerTorchBackend', 'tfjs', 'the module @tensorflow/tfjs-core', tfjs);
  const { device, name } = withDefaults('registerTorchBackend', REGISTER, options);
  if (device !== null) setDefaultDevice(device);
  if (tfjs.findBackendFactory(name)) return;
  tfjs.registerBackend(name, () => backendOf(tfjs.engine()) as unknown as tf.KernelBackend, PRIORITY);
  if (name === BACKEND_NAME) {
    registerFileHandlers(tfjs);
    registerProgress();
  }
  for (const [each, kernel] of Object.entries(kernels))
    tfjs.registerKernel(configOf(tfjs, name, each, kernel));
  for (const kernelName of onCpu) {
    tfjs.registerKernel({
      kernelName,
      backendName: name,
      kernelFunc: ({ inputs, attrs, backend }) =>
        runOnCpu(tfjs, backend as TorchBackend, kernelName, inputs, attrs),
    });
  }
}

const backends = new WeakMap<object, TorchBackend>();

/** One for all names: what one of them made, the others know. */
function backendOf(engine: ReturnType<typeof tf.engine>): TorchBackend {
  let backend = backends.get(engine);
  if (!backend) backends.set(engine, (backend = new TorchBackend(engine)));
  return backend;
}

provide({ toTorch, fromTorch, stateDictOf, loadStateDictInto });
registerTorchBackend();
