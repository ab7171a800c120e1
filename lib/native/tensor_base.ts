/** What makes an object a tensor, below the class Tensor: dispatch makes and knows tensors by this. */
import type { TensorHandle } from '../../typings/native';
import { argumentError } from '../core/errors';
import { HANDLE } from './handle';
import type { Tensor } from '../tensor';

export class TensorBase {
  /** @internal */
  readonly [HANDLE]: TensorHandle;
  /** @internal */
  constructor(handle: TensorHandle) {
    this[HANDLE] = handle;
  }
}

let TensorClass: new (handle: TensorHandle) => Tensor;

/** tensor.ts hands over its class: the files that make tensors lie below it. */
export function registerTensorClass(constructor: new (handle: TensorHandle) => Tensor): void {
  TensorClass = constructor;
}

export const newTensor = (handle: TensorHandle): Tensor => new TensorClass(handle);
export const isTensor = (value: unknown): value is Tensor => value instanceof TensorBase;

/**
 * For an argument that is looked at before an operator sees it.
 *
 * @throws TypeError unless `value` is a tensor.
 */
export function checkTensor(fn: string, argument: string, value: unknown): void {
  if (!isTensor(value)) throw argumentError(fn, argument, 'a Tensor', value);
}
