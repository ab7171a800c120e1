// Sparse, quantized and nested tensors out of a file.
import type { Device } from '../../core/device';
import type { DType } from '../../core/dtype';
import { type Layout, Layout as LayoutClass, sparseCoo } from '../../core/layout';
import type { Tensor } from '../../tensor';
import { addon } from '../addon';
import { damaged } from '../io/errors';
import { PythonClass } from './global';
import { int, ints, kind, reach, tensorOf } from './parts';

/**
 * Differs from PyTorch: `torch.load` always checks the indices of a sparse tensor, and ends with an error
 * where they are wrong.
 */
export function sparse(layout: unknown, data: unknown): Tensor {
  const form: Layout = kind(layout, LayoutClass, 'the layout');
  if (!Array.isArray(data)) throw damaged('a sparse tensor in it has no parts');
  if (form === sparseCoo) {
    const [indices, values] = data.map((part, i) => (i < 2 ? tensorOf(part, 'a part') : part)) as Tensor[];
    const size = ints(data[2], 'size');
    const isCoalesced = typeof data[3] === 'boolean' ? data[3] : null;
    reach(0, size, size.map(() => 0)); // prettier-ignore
    return addon.aten._sparseCooTensorUnsafe(indices, values, size, { isCoalesced });
  }
  const [compressed, plain, values] = data.slice(0, 3).map((part) => tensorOf(part, 'a part'));
  const size = ints(data[3], 'size');
  reach(0, size, size.map(() => 0)); // prettier-ignore
  const { dtype, device } = values;
  return addon.aten._sparseCompressedTensorUnsafe(compressed, plain, values, size, {
    dtype,
    layout: form,
    device,
  });
}

/** A quantized tensor without values: `parameters` are its scheme, scales and zero points. */
export function emptyQuantized(size: number[], parameters: unknown, dtype: DType, device: Device): Tensor {
  const [scheme, ...rest] = (Array.isArray(parameters) ? parameters : []) as unknown[];
  const name = scheme instanceof PythonClass ? scheme.name : '';
  if (name === 'torch.per_tensor_affine') {
    const [scale, zeroPoint] = rest;
    if (typeof scale !== 'number' || !Number.isSafeInteger(zeroPoint)) {
      throw damaged('the scale of a quantized tensor in it is no number');
    }
    return addon.aten._emptyAffineQuantized(size, { scale, zeroPoint: zeroPoint as number, dtype, device });
  }
  if (name !== 'torch.per_channel_affine' && name !== 'torch.per_channel_affine_float_qparams') {
    throw damaged(`Can't deserialize quantized tensor with qscheme ${name.slice(0, 60) || 'that is none'}`);
  }
  const [scales, zeroPoints] = rest.slice(0, 2).map((each) => tensorOf(listed(each, name), 'the scales'));
  const axis = int(rest[2], 'axis');
  if (axis >= size.length) {
    throw damaged(`_rebuild_qtensor: per_channel axis ${axis} out of range for size (${size.join(', ')})`);
  }
  if (scales.numel() !== size[axis] || zeroPoints.numel() !== size[axis]) {
    throw damaged(
      `_rebuild_qtensor: per_channel scales/zero_points length must equal size[axis]=${size[axis]}, ` +
        `got scales=${scales.numel()}, zero_points=${zeroPoints.numel()}`,
    );
  }
  return addon.aten._emptyPerChannelAffineQuantized(size, { scales, zeroPoints, axis, dtype, device });
}

// Very old files have lists.
function listed(value: unknown, scheme: string): unknown {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'number')) return value;
  const floats = scheme === 'torch.per_channel_affine_float_qparams';
  return addon.tensor(value, { dtype: floats ? 'float32' : 'float64' });
}

/** Several tensors in one buffer: sizes, strides [count, dimensions] and offsets [count] say where each lies. */
export function nested(buffer: unknown, parts: readonly unknown[]): Tensor {
  const values = tensorOf(buffer, 'the buffer');
  const [sizes, strides, offsets] = parts.map((each) => tensorOf(each, 'a part'));
  const fits =
    sizes?.dim() === 2 &&
    strides?.dim() === 2 &&
    offsets?.dim() === 1 &&
    sizes.shape.every((size, dim) => size === strides.shape[dim]) &&
    sizes.shape[0] === offsets.shape[0];
  if (!fits || values.dim() !== 1) throw damaged('a nested tensor in it has parts that do not fit');
  if (!values.isMeta && !sizes.isMeta && !strides.isMeta && !offsets.isMeta) {
    const [rows, steps] = [sizes, strides].map((each) => each.tolist() as unknown[][]);
    for (const [i, offset] of (offsets.tolist() as unknown[]).entries()) {
      const end = reach(int(offset, 'offset'), ints(rows[i], 'size'), ints(steps[i], 'stride'));
      if (end > values.numel()) throw damaged('a nested tensor in it goes beyond its buffer');
    }
  }
  return addon.aten._nestedViewFromBuffer(values, sizes, strides, offsets);
}
