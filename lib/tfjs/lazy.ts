/** `torch.tfjs`: functions of `nodetorch/tfjs`, which loads `@tensorflow/tfjs-core`, when one is called. */
import { createRequire } from 'node:module';
import { TorchError } from '../core/errors';
import { bindArguments } from '../core/calls';
import { packageRoot } from '../native/locate';
import type { Tensor } from '../tensor';
import type * as bridge from './bridge';
import type * as weights from './weights';
// eslint-disable-next-line @typescript-eslint/ban-ts-comment
/** @ts-ignore -- any, where this optional package is not installed */
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';

/** A torch tensor over the memory of a tfjs tensor, which it outlives. */
export function toTorch(...args: [tensor: TfTensor]): Tensor {
  const { toTorch: convert } = load();
  const [tensor] = bindArguments('toTorch(tensor)', args);
  return convert(tensor);
}

/** A tfjs tensor of the torch backend over the memory of a torch tensor, which stays the caller's. */
export function fromTorch(...args: [tensor: Tensor]): TfTensor {
  const { fromTorch: convert } = load();
  const [tensor] = bindArguments('fromTorch(tensor)', args);
  return convert(tensor);
}

/** The weights of a `tf.LayersModel` as PyTorch lays them out. */
export const stateDictOf: typeof weights.stateDictOf = (...args) => load().stateDictOf(...args);

/** Puts a state dict of PyTorch's layout into a `tf.LayersModel`. */
export const loadStateDictInto: typeof weights.loadStateDictInto = (...args) =>
  load().loadStateDictInto(...args);

type Lazy = Pick<typeof bridge, 'toTorch' | 'fromTorch'> &
  Pick<typeof weights, 'stateDictOf' | 'loadStateDictInto'>;
let loaded: Lazy | undefined;

/** @internal Called by `nodetorch/tfjs` when it is imported: in a bundle nothing else leads to it from here. */
export function provide(tfjs: Lazy): void {
  loaded = tfjs;
}

function load(): Lazy {
  if (loaded) return loaded;
  if (packageRoot() === null) {
    throw new TorchError("torch.tfjs needs, in a bundle, that the program imports 'nodetorch/tfjs'");
  }
  try {
    // A `require` that bundlers would follow made them ask for tfjs in programs that do not use it.
    return createRequire(__filename)('../tfjs/index') as Lazy;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND' || !message.includes('@tensorflow/')) throw error;
    throw new TorchError('torch.tfjs needs TensorFlow.js: npm install @tensorflow/tfjs-core');
  }
}
