/** Tensors of tfjs as tensors of torch and back, over the same memory. */
import * as tf from '@tensorflow/tfjs-core';
import { TorchError, TorchTypeError, argumentError } from '../core/errors';
import { bindArguments } from '../core/calls';
import { keep, tidy } from '../tensor/memory';
import { Tensor } from '../tensor';
import type { TorchBackend } from './backend';
import { defaultDevice } from './device';
import { dtypeOf, tfDtypeOf } from './dtypes';
import type { Tfjs } from './fallback';
import { BACKEND_NAME } from './register';

/**
 * A torch tensor over the memory of a tfjs tensor, which it outlives. A tensor of another backend is moved
 * to this one, as tfjs does for a kernel. What is written into it shows in all tfjs tensors of that memory.
 *
 * `tfjs` is the copy of tfjs that made the tensor, by default the one that `nodetorch/tfjs` imports.
 *
 * @throws TypeError for strings.
 */
export function toTorch(...args: [tensor: tf.Tensor, tfjs?: Tfjs]): Tensor {
  const [tensor, tfjs = tf] = bindArguments('toTorch(tensor, tfjs{}?)', args);
  if (!isTfTensor(tensor)) throw argumentError('toTorch', 'tensor', 'a tf.Tensor', tensor);
  if (tensor.isDisposed) throw new TorchError('toTorch(): the tensor is disposed');
  if (tensor.dtype === 'string') throw new TorchTypeError('toTorch(): strings have no torch dtype');
  const stored = backendOf(tfjs, 'toTorch').exposed(tensor.dataId);
  // Apart from the backend's own: a graph that this one joins does not reach it.
  return sameSizes(stored.shape, tensor.shape)
    ? stored.detach()
    : tidy(() => stored.detach().reshape(tensor.shape));
}

/**
 * A tfjs tensor of the torch backend over the memory of a torch tensor, which stays the caller's: each is
 * disposed by itself. Copied are other dtypes than float32, int32, bool and complex64 (whole numbers become
 * int32, others float32 or complex64), and tensors of another device than the backend's.
 *
 * `tfjs` is the copy of tfjs to make it for, by default the one that `nodetorch/tfjs` imports.
 */
export function fromTorch(...args: [tensor: Tensor, tfjs?: Tfjs]): tf.Tensor {
  const [tensor, tfjs = tf] = bindArguments('fromTorch(tensor, tfjs{}?)', args);
  if (!(tensor instanceof Tensor)) throw argumentError('fromTorch', 'tensor', 'a torch.Tensor', tensor);
  const backend = backendOf(tfjs, 'fromTorch');
  const dtype = tfDtypeOf(tensor.dtype);
  const own = tidy(() => {
    const values = tensor.isSparse ? tensor.toDense() : tensor;
    const plain = values.detach().resolveConj().resolveNeg();
    return plain.to({ dtype: dtypeOf(dtype), device: defaultDevice() });
  });
  const shape = [...own.shape];
  const info = { dataId: backend.add(keep(own), shape, dtype), shape, dtype };
  backend.exposed(info.dataId);
  return tfjs.engine().makeTensorFromTensorInfo(info, backend as unknown as tf.KernelBackend);
}

// Not `instanceof`: there may be several copies of tfjs.
function isTfTensor(value: unknown): value is tf.Tensor {
  return typeof value === 'object' && value !== null && 'dataId' in value && 'isDisposed' in value;
}

function backendOf(tfjs: Tfjs, name: string): TorchBackend {
  if (typeof (tfjs as Partial<Tfjs> | null)?.findBackend !== 'function')
    throw argumentError(name, 'tfjs', 'the module @tensorflow/tfjs-core', tfjs);
  const backend = tfjs.findBackend(BACKEND_NAME) as unknown as TorchBackend | null;
  if (backend) return backend;
  throw new TorchError(`${name}(): this copy of tfjs has no torch backend: registerTorchBackend(tf) adds it`);
}

const sameSizes = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);
