/** What makes an object a tensor, below the class Tensor: dispatch makes and knows tensors by this. */
import { HANDLE } from './handle';
import type { Tensor } from '../tensor';

export class TensorBase {
  /** @internal */
  readonly [HANDLE]: unknown;
  /** @internal */
  constructor(handle: unknown) {
    this[HANDLE] = handle;
  }
}

let TensorClass: new (handle: unknown) => Tensor;

/** tensor.ts hands over its class: the files that make tensors lie below it. */
export function registerTensorClass(constructor: new (handle: unknown) => Tensor): void {
  TensorClass = constructor;
}

export const newTensor = (handle: unknown): Tensor => new TensorClass(handle);
export const isTensor = (value: unknown): value is Tensor => value instanceof TensorBase;
