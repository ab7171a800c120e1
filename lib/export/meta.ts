// What a program's file says of a tensor.
import { strided } from '../core/layout';
import type { Tensor } from '../tensor';
import { damaged } from './errors';
import type { TensorMeta } from './graph';

/** @throws SerializeError for a tensor that has no strides. */
export function metaOf(tensor: Tensor): TensorMeta {
  if (tensor.layout !== strided)
    throw damaged(`a tensor of layout ${String(tensor.layout)} cannot be exported`);
  return {
    dtype: tensor.dtype,
    sizes: [...tensor.shape],
    strides: [...tensor.stride()],
    storageOffset: tensor.storageOffset(),
    requiresGrad: tensor.requiresGrad,
    device: String(tensor.device),
    layout: tensor.layout,
  };
}
