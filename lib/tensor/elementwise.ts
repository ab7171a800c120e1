// JS functions over the elements of tensors, in place: Python's apply_, map_ and map2_.
import { TorchError, TorchTypeError, checkFunction } from '../core/errors';
import { checkTensor } from '../native/tensor_base';
import { type TensorData, tensor as make } from './creation';
import type { Scalar, Tensor } from '.';

/** Puts into `target` what `callable` makes of its elements and those of `others`, which broadcast to its shape. */
export function mapElements<T extends Tensor>(
  name: string,
  target: T,
  others: readonly Tensor[],
  callable: (...elements: never[]) => Scalar,
): T {
  checkFunction(name, 'callable', callable);
  if (target.requiresGrad) {
    throw new TorchError(
      `Can't call ${name}() on Variable that requires grad. Use var.detach().${name}() instead.`,
    );
  }
  if (!target.isCpu) throw new TorchTypeError(`${name} is only implemented on CPU tensors`);
  for (const other of others) {
    checkTensor(name, 'tensor', other);
    if (other.dtype !== target.dtype || other.device !== target.device) {
      throw new TorchTypeError(
        `${name}: expected a tensor of ${target.dtype} on ${target.device} (got ${other.dtype} on ${other.device})`,
      );
    }
  }
  const lists = [target, ...others].map((one) => elements(one, target.shape));
  const call = callable as (...values: unknown[]) => Scalar;
  const results = lists[0].map((value, i) => call(value, ...lists.slice(1).map((list) => list[i])));
  if (results.length === 0) return target;
  try {
    return target.copy_(
      make(results as TensorData, { dtype: target.dtype, device: 'cpu' }).view([...target.shape]),
    );
  } catch (error) {
    const wrong = results.findIndex((one) => !isScalar(one)); // which may be undefined itself
    if (wrong < 0) throw error;
    throw new TorchTypeError(`${name}(): the function must return a number, not ${String(results[wrong])}`);
  }
}

const isScalar = (value: unknown): boolean =>
  ['number', 'bigint', 'boolean'].includes(typeof value) || (typeof value === 'object' && value !== null);

function elements(tensor: Tensor, shape: readonly number[]): unknown[] {
  return tensor
    .detach()
    .broadcastTo([...shape])
    .reshape([-1])
    .tolist<never[]>();
}
