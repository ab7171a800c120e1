/** What a data id of tfjs stands for: a torch tensor, values in JavaScript's memory, or both. */
import type { DataType, TensorInfo, backend_util } from '@tensorflow/tfjs-core';
import { TorchTypeError } from '../core/errors';
import * as aten from '../tensor/aten';
import type { Device } from '../core/device';
import { newResult } from '../native/dispatch';
import type { DTypeName } from '../core/dtype';
import { keep } from '../tensor/memory';
import { native } from '../native';
import type { Tensor } from '../tensor';
import type { TypedArray } from '../tensor/values';
import { defaultDevice } from './device';
import { dtypeOf } from './dtypes';

export type BackendValues = backend_util.BackendValues;

/** What tfjs's cpu kernels know of a data id. */
export interface Hosted {
  /** Null where the tensor alone has them. */
  values: BackendValues | null;
  readonly dtype: DataType;
  refCount: number;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
}

export class Entry implements Hosted {
  /** Null for strings, and as long as only cpu kernels have used the values. */
  tensor: Tensor | null = null;
  /** Whether others may write to the tensor: `values` are of the past then. */
  exposed = false;
  complexTensorInfos: Hosted['complexTensorInfos'] = undefined;

  constructor(
    public values: BackendValues | null,
    /** The tensor's; asking the tensor itself takes longer. */
    public shape: readonly number[],
    readonly dtype: DataType,
    public refCount: number,
  ) {}
}

/** As many values are kept in JavaScript's memory, where cpu kernels find them. */
const FEW = 1024;

export const NO_SHAPE: readonly number[] = [];

export function tensorOfEntry(entry: Entry): Tensor {
  const { values, shape, dtype } = entry;
  if (entry.tensor) return entry.tensor;
  if (dtype === 'string')
    throw new TorchTypeError('the torch backend keeps strings in JavaScript: there is no torch.Tensor');
  return (entry.tensor = keep(tensorOf(values as TypedArray, shape, dtype)));
}

export function entryOf(
  values: BackendValues | null,
  shape: number[],
  dtype: DataType,
  refCount: number,
): Entry {
  const entry = new Entry(null, [...shape], dtype, refCount);
  if (dtype === 'string') entry.values = values ?? [];
  else if (values && values.length <= FEW && dtype !== 'complex64')
    entry.values = typedAs(dtype, values as TypedArray).slice();
  else entry.tensor = keep(tensorOf(values as TypedArray | null, shape, dtype));
  return entry;
}

function tensorOf(values: TypedArray | null, shape: readonly number[], dtype: DataType): Tensor {
  const device = defaultDevice();
  if (values === null) return aten.zeros(shape, { dtype: dtypeOf(dtype), device });
  const plain = typedAs(dtype, values);
  if (dtype === 'bool') return moveTo(fromValues(plain, shape, 'uint8'), { dtype: 'bool', device });
  return moveTo(fromValues(plain, shape, dtypeOf(dtype)), { device });
}

/** In the array that tfjs's cpu kernels expect; the given one where it is of that kind. */
export function typedAs(dtype: DataType, values: TypedArray): Float32Array | Int32Array | Uint8Array {
  const Values = dtype === 'bool' ? Uint8Array : dtype === 'int32' ? Int32Array : Float32Array;
  return values instanceof Values ? values : new Values(values as Float32Array);
}

const fromValues = (values: TypedArray, shape: readonly number[], dtype: DTypeName): Tensor =>
  newResult((holder) => native.fromBytes(values, shape, dtype, holder));

function moveTo(tensor: Tensor, options: { dtype?: DTypeName; device: Device }): Tensor {
  if (!options.dtype && options.device.type === 'cpu') return tensor; // most numbers that tfjs writes
  const result = tensor.to(options);
  if (!result.is(tensor)) tensor.dispose();
  return result;
}
