// Decompositions of what pads images, resamples them, and takes patches of them, after torch/_decomp/decompositions.py.
import { TorchError } from '../../core/errors';
import * as dtypes from '../../core/dtype';
import { channelsLast, channelsLast3d, contiguousFormat } from '../../core/layout';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { filled, inFloat32, indexOf, isFloat, rangeOf, table } from './common';
import { formatOf } from './strides';
import { linspace } from './creation';

type Ints = readonly (number | bigint)[];
const numbers = (list: Ints): number[] => list.map(Number);
const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

function formatted(x: Tensor, like: Tensor): Tensor {
  const formats = {
    channels_last: channelsLast,
    channels_last_3d: channelsLast3d,
    contiguous_format: contiguousFormat,
  };
  return aten.contiguous(x, { memoryFormat: formats[formatOf(like)] });
}
const formatOfClone = (x: Tensor): object => {
  const format = formatOf(x);
  if (format === 'contiguous_format') return { memoryFormat: contiguousFormat };
  return { memoryFormat: format === 'channels_last' ? channelsLast : channelsLast3d };
};

type IndexOf = (left: number, middle: number, right: number, x: Tensor) => Tensor;
const range = (left: number, end: number, { device }: Tensor): Tensor =>
  aten.arange(0 - left, end, 1, { device });

function padding(index: IndexOf): (x: Tensor, pad: Ints) => Tensor {
  return (x, pad) => {
    const count = pad.length / 2;
    const first = x.dim() - count;
    let result = x;
    for (const i of rangeOf(count)) {
      const place = 2 * (count - 1 - i);
      const at = index(Number(pad[place]), x.shape[first + i], Number(pad[place + 1]), x);
      const indices = rangeOf(x.dim()).map((dim) => (dim === first + i ? at : null));
      result = aten._unsafeIndex(result, indices);
    }
    return formatted(result, x);
  };
}

const reflection = inFloat32(
  padding((left, middle, right, x) => {
    const from = aten.sub(middle - 1, aten.abs(range(left, middle + right, x)));
    return aten.sub(middle - 1, aten.abs(from));
  }),
);
const replication = inFloat32(
  padding((left, middle, right, x) => aten.clamp(range(left, middle + right, x), 0, middle - 1)),
);

// Which places each patch has along a dimension: (kernel, blocks).
function patchIndices(
  x: Tensor,
  ...[length, kernel, dilation, pad, stride]: [number, number, number, number, number]
): Tensor {
  const options = { dtype: dtypes.int64, device: x.device };
  const starts = aten.arange(0, length + pad * 2 - dilation * (kernel - 1), stride, options);
  const inside = aten.arange(0, kernel * dilation, dilation, options);
  return aten.unsqueeze(starts, 0).add(aten.unsqueeze(inside, -1));
}

function im2col(x: Tensor, ...lists: [kernel: Ints, dilation: Ints, padding: Ints, stride: Ints]): Tensor {
  const [kernel, dilation, pad, stride] = lists.map(numbers);
  const input = x.dim() === 4 ? x : aten.unsqueeze(x, 0);
  const [batch, channels, ...size] = input.shape;
  const [rows, columns] = size.map((length, i) =>
    patchIndices(x, length, kernel[i], dilation[i], pad[i], stride[i]),
  );
  const padded = aten.constantPadNd(input, [pad[1], pad[1], pad[0], pad[0]], 0);
  const at = aten.unsqueeze(aten.unsqueeze(rows, -1), -1);
  const patches = aten.permute(aten.index(padded, [null, null, at, columns]), [0, 1, 2, 4, 3, 5]);
  const count = rows.shape[1] * columns.shape[1];
  const output = aten.reshape(patches, [batch, channels * product(kernel), count]);
  return x.dim() === 4 ? output : aten.squeeze(output, [0]);
}

function col2im(
  x: Tensor,
  ...lists: [size: Ints, kernel: Ints, dilation: Ints, padding: Ints, stride: Ints]
): Tensor {
  const [size, kernel, dilation, pad, stride] = lists.map(numbers);
  const input = x.dim() === 3 ? x : aten.unsqueeze(x, 0);
  const [batch, rowCount] = input.shape;
  const channels = rowCount / product(kernel);
  const blocks = size.map(
    (length, i) => 1 + Math.floor((length + 2 * pad[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i]),
  );
  const patches = aten.permute(
    aten.reshape(input, [batch, channels, ...kernel, ...blocks]),
    [0, 1, 2, 4, 3, 5],
  );
  const [rows, columns] = size.map((length, i) =>
    patchIndices(x, length, kernel[i], dilation[i], pad[i], stride[i]),
  );
  const at = aten.unsqueeze(aten.unsqueeze(rows, -1), -1);
  const empty = filled(0, input, [batch, channels, ...size.map((length, i) => length + 2 * pad[i])]);
  const padded = aten._unsafeIndexPut(empty, [null, null, at, columns], patches, true);
  const output = aten.constantPadNd(padded, [0 - pad[1], 0 - pad[1], 0 - pad[0], 0 - pad[0]], 0);
  return x.dim() === 3 ? output : aten.squeeze(output, [0]);
}

function upsampleLinear(x: Tensor, size: Ints, alignCorners: boolean, factor: number | null = null): Tensor {
  const [length, wanted] = [x.shape[2], Number(size[0])];
  const dtype = isFloat(x) ? x.dtype : dtypes.float32;
  const inverse = factor !== null && factor > 0 ? 1 / factor : length / wanted;
  const scale = alignCorners ? (wanted > 1 ? (length - 1) / (wanted - 1) : 0) : inverse;
  const index = indexOf(x, wanted).to(dtype);
  const source = alignCorners ? index.mul(scale) : index.add(0.5).mul(scale).sub(0.5);
  const from = aten.reshape(aten.clamp(source, 0), [wanted]);
  const low = from.to(dtypes.int64);
  const high = aten.clamp(low.add(1), null, length - 1);
  const [a, b] = [low, high].map((at) => aten._unsafeIndex(x, [null, null, at]).to(dtype));
  const part = aten.clamp(from.sub(low), 0, 1).to(dtype);
  const result = a.add(b.sub(a).mul(part)).contiguous();
  return isFloat(x) ? result : aten.round(result);
}

function pixelShuffle(x: Tensor, factor: number | bigint, isBack: boolean): Tensor {
  const r = Number(factor);
  const batch = x.shape.slice(0, -3);
  const [channels, height, width] = x.shape.slice(-3);
  const n = batch.length;
  const [h, w] = isBack ? [Math.floor(height / r), Math.floor(width / r)] : [height * r, width * r];
  const c = isBack ? channels * r ** 2 : Math.floor(channels / r ** 2);
  const parts = isBack ? [channels, h, r, w, r] : [c, r, r, height, width];
  const order = isBack ? [0, 2, 4, 1, 3] : [0, 3, 1, 4, 2];
  const split = aten.permute(aten.view(x, [...batch, ...parts]), [...rangeOf(n), ...order.map((i) => n + i)]);
  return aten.clone(aten.reshape(split, [...batch, c, h, w]), formatOfClone(x));
}

function channelShuffle(x: Tensor, groups: number | bigint): Tensor {
  const [batch, channels, ...size] = x.shape;
  const parts = aten.reshape(x, [batch, Number(groups), channels / Number(groups), ...size]);
  return aten.contiguous(aten.reshape(aten.transpose(parts, 1, 2), x.shape));
}

function maxUnpool(x: Tensor, indices: Tensor, size: Ints): Tensor {
  const rank = size.length;
  const outside = x.shape.slice(0, -rank);
  const shape = [...outside, ...numbers(size)];
  if (shape.includes(0)) return filled(0, x, shape);
  const ones = size.map(() => 1);
  const starts = aten.view(indexOf(x, product(outside)), [...outside, ...ones]).mul(product(numbers(size)));
  const flat = aten.reshape(indices.add(starts), [-1]);
  const empty = aten.reshape(filled(0, x, shape), [-1]);
  return aten.view(aten._unsafeIndexPut(empty, [flat], aten.reshape(x, [-1]), false), shape);
}

function affineGrid(theta: Tensor, size: Ints, alignCorners: boolean): Tensor {
  const [batch, , ...lengths] = numbers(size);
  const rank = lengths.length;
  const { dtype, device } = theta;
  const steps = (count: number): Tensor => {
    if (count <= 1)
      throw new TorchError(
        'runDecompositions(): affine_grid_generator of a size of 1 is not decomposed here',
      );
    const end = alignCorners ? 1 : (count - 1) / count;
    return linspace(-end, end, count, { dtype, device });
  };
  // x, y, z: the last dimension comes first.
  const lines = rangeOf(rank).map((i) => {
    const shape = [...lengths.map((length, dim) => (dim === rank - 1 - i ? length : 1)), 1];
    return aten.view(steps(lengths[rank - 1 - i]), shape);
  });
  const one = aten.full([...lengths.map(() => 1), 1], 1, { dtype, device, pinMemory: false });
  const padded = [...lines, one].map((part, i) => aten.constantPadNd(part, [i, rank - i], 0));
  const base = padded.reduce((a, b) => a.add(b));
  const turned = aten.unsqueeze(aten.permute(theta, [0, 2, 1]), 1);
  const grid = aten.sum(aten.view(base, [-1, rank + 1, 1]).mul(turned), [-2]);
  return aten.view(grid, [batch, ...lengths, rank]);
}

export const images = table({
  'reflection_pad1d.default': reflection,
  'reflection_pad2d.default': reflection,
  'reflection_pad3d.default': reflection,
  'replication_pad1d.default': replication,
  'replication_pad2d.default': replication,
  'replication_pad3d.default': replication,
  'im2col.default': im2col,
  'col2im.default': inFloat32(col2im),
  'upsample_linear1d.default': upsampleLinear,
  'pixel_shuffle.default': (x: Tensor, factor: number) => pixelShuffle(x, factor, false),
  'pixel_unshuffle.default': (x: Tensor, factor: number) => pixelShuffle(x, factor, true),
  'channel_shuffle.default': channelShuffle,
  'max_unpool2d.default': maxUnpool,
  'max_unpool3d.default': maxUnpool,
  'affine_grid_generator.default': inFloat32(affineGrid),
});
