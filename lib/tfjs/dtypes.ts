/** tfjs's dtypes and torch's. */
import type { DataType } from '@tensorflow/tfjs-core';
import type { DTypeName } from '../dtype';
import type { Tensor } from '../tensor';

const torchNames: Record<Exclude<DataType, 'string'>, DTypeName> = {
  float32: 'float32',
  int32: 'int32',
  bool: 'bool',
  complex64: 'complex64',
};

export function dtypeOf(dtype: DataType): DTypeName {
  if (dtype === 'string') throw new TypeError('strings have no torch dtype');
  return torchNames[dtype];
}

/** The tfjs dtype that holds a torch tensor's values: int32 for whole numbers, float32 for others. */
export function tfDtypeOf(tensor: Tensor): Exclude<DataType, 'string'> {
  const { name } = tensor.dtype;
  if (name in torchNames) return name as Exclude<DataType, 'string'>;
  if (tensor.isComplex()) return 'complex64';
  return tensor.isFloatingPoint() ? 'float32' : 'int32';
}
