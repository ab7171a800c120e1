// Tensors as messages between processes.
import type { DTypeName } from '../core/dtype';
import { bytesTensor } from '../serialization/io/source';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';

export interface Packed {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

export function packed(tensor: Tensor): Packed {
  const dense = aten.contiguous(tensor.detach().cpu());
  const bytes = aten.view(aten.view(dense, [-1]), 'uint8').toTypedArray() as Uint8Array;
  return { dtype: tensor.dtype.name, shape: [...tensor.shape], bytes };
}

export function unpacked({ dtype, shape, bytes }: Packed): Tensor {
  const flat = aten.view(bytesTensor(Buffer.from(bytes)).clone(), dtype as DTypeName);
  return aten.view(flat, shape);
}
