/** What makes an object a tensor, below the class Tensor: dispatch makes and knows tensors by this. */
import type { TensorHandle } from '../../typings/native';
import { uncloneable } from '../core/conversions';
import { argumentError } from '../core/errors';
import { HANDLE } from './handle';
import type { Tensor } from '../tensor';

const UNCLONEABLE = uncloneable(
  'a tensor goes to another thread by torch.share(tensor) and torch.receive(), and is copied by tensor.clone()',
);

// Plain assignments to what is only declared: a private field would make each call of an operator 90 ns slower, and a
// public one is written twice.
export class TensorBase {
  /** @internal */
  declare readonly [HANDLE]: TensorHandle;
  /** @internal */
  declare readonly uncloneable: symbol;
  /** @internal */
  constructor(handle: TensorHandle) {
    this[HANDLE] = handle;
    this.uncloneable = UNCLONEABLE;
  }
}

let TensorClass: new (handle: TensorHandle) => Tensor;

/** tensor.ts hands over its class: the files that make tensors lie below it. */
export function registerTensorClass(constructor: new (handle: TensorHandle) => Tensor): void {
  TensorClass = constructor;
}

/** What a program has set on a tensor, by name: Python saves it with the tensor. */
export function attributeEntries(tensor: Tensor): [name: string, value: unknown][] {
  return Object.entries(tensor).filter(([name]) => name !== 'uncloneable');
}

export const newTensor = (handle: TensorHandle): Tensor => new TensorClass(handle);
/** Whether `value` is a tensor. */
export const isTensor = (value: unknown): value is Tensor => value instanceof TensorBase;

/**
 * For an argument that is looked at before an operator sees it.
 *
 * @throws TypeError unless `value` is a tensor.
 */
export function checkTensor(fn: string, argument: string, value: unknown): void {
  if (!isTensor(value)) throw argumentError(fn, argument, 'a Tensor', value);
}
