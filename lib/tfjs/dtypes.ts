/** tfjs's dtypes and torch's. */
import { TorchTypeError } from '../core/errors';
import type { DataType } from '@tensorflow/tfjs-core';
import type { DType, DTypeName } from '../core/dtype';

const torchNames: Record<Exclude<DataType, 'string'>, DTypeName> = {
  float32: 'float32',
  int32: 'int32',
  bool: 'bool',
  complex64: 'complex64',
};

export function dtypeOf(dtype: DataType): DTypeName {
  if (dtype === 'string') throw new TorchTypeError('strings have no torch dtype');
  return torchNames[dtype];
}

/** The tfjs dtype that holds a torch dtype's values: int32 for whole numbers, float32 for others. */
export function tfDtypeOf({ name, isComplex, isFloatingPoint }: DType): Exclude<DataType, 'string'> {
  if (name in torchNames) return name as Exclude<DataType, 'string'>;
  if (isComplex) return 'complex64';
  return isFloatingPoint ? 'float32' : 'int32';
}
