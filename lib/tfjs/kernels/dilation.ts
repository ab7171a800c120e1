/** Morphological dilation: the largest of a window of the input plus the filter. */
import { backend_util, util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Attributes, Inputs, Kernels } from '../kernel';
import { type Geometry, geometryOf, isEmpty, zeros } from './geometry';
import { toInt32 } from './support';

/** What tfjs's maximum starts from, and what a window without a number has. */
const LOWEST = Number.MIN_SAFE_INTEGER;

function geometryFor({ x, filter }: Inputs, { strides, pad, dilations }: Attributes): Geometry {
  return geometryOf(
    backend_util.computeDilation2DInfo(
      x.shape as never,
      filter.shape as never,
      strides as number,
      pad as number,
      'NHWC',
      dilations as number,
    ),
  );
}

/** The sums of each window: images, rows and columns of the output, places of the filter, channels. */
function sums({ x, filter }: Inputs, { before, after, stride, dilation, output }: Geometry): Tensor {
  const pads = [0, 0, before[1], after[1], before[0], after[0]];
  const padded = aten.constantPadNd(x.to({ dtype: 'float64' }), pads, -Infinity).contiguous();
  const [image, row, column] = padded.stride() as number[];
  const [height, width, channels] = filter.shape;
  const windows = padded.asStrided(
    [x.shape[0], ...output, height, width, channels],
    [image, row * stride[0], column * stride[1], row * dilation[0], column * dilation[1], 1],
  );
  const added = windows.add(filter.to({ dtype: 'float64' }));
  return added.nanToNum(LOWEST, Infinity, LOWEST).clamp(LOWEST).flatten(3, 4);
}

/** The input's rows or columns of places in the windows, within the input. */
function along(dim: 0 | 1, offset: Tensor, { output, stride, before, dilation, input }: Geometry): Tensor {
  const starts = aten.arange(output[dim], { device: offset.device }).mul(stride[dim]).sub(before[dim]);
  const lined = starts.reshape(dim === 0 ? [-1, 1, 1] : [-1, 1]);
  return offset
    .mul(dilation[dim])
    .add(lined)
    .clamp(0, input[dim] - 1);
}

const inDtypeOf = ({ dtype }: Tensor, result: Tensor): Tensor =>
  dtype.name === 'float32' ? result : toInt32(result).to({ dtype });

function checkRank(name: string, { dy }: Inputs, { outShape }: Geometry): void {
  util.assert(dy.ndim === outShape.length, () => {
    return `Error in ${name}, dy must have the same rank as output ${outShape.length}, but got ${dy.ndim}`;
  });
}

const nothing = ({ x, filter }: Inputs, { outShape }: Geometry): boolean =>
  isEmpty(outShape) || isEmpty(x.shape) || isEmpty(filter.shape);

export const dilation: Kernels = {
  Dilation2D(inputs, attributes) {
    const geometry = geometryFor(inputs, attributes);
    if (nothing(inputs, geometry)) return zeros(geometry.outShape, inputs.x);
    return inDtypeOf(inputs.x, sums(inputs, geometry).amax(3));
  },

  Dilation2DBackpropFilter(inputs, attributes) {
    const geometry = geometryFor(inputs, attributes);
    const { filter, dy } = inputs;
    checkRank('Dilation2DBackpropFilter', inputs, geometry);
    if (nothing(inputs, geometry)) return zeros(filter.shape, filter);
    const [height, width, channels] = filter.shape;
    const best = sums(inputs, geometry).argmax(3).reshape([-1, channels]);
    const gradient = dy.to({ dtype: 'float64' }).reshape([-1, channels]);
    const places = aten.zeros([height * width, channels], { dtype: 'float64', device: dy.device });
    return inDtypeOf(filter, places.scatterAdd(0, best, gradient).reshape(filter.shape));
  },

  Dilation2DBackpropInput(inputs, attributes) {
    const geometry = geometryFor(inputs, attributes);
    const { x, filter, dy } = inputs;
    checkRank('Dilation2DBackpropInput', inputs, geometry);
    if (nothing(inputs, geometry)) return zeros(x.shape, x);
    const [images, height, width, channels] = x.shape;
    const best = sums(inputs, geometry).argmax(3);
    const rows = along(0, best.div(filter.shape[1], { roundingMode: 'floor' }), geometry);
    const columns = along(1, best.remainder(filter.shape[1]), geometry);
    const flat = rows.mul(width).add(columns).reshape([images, -1, channels]);
    const gradient = dy.to({ dtype: 'float64' }).reshape([images, -1, channels]);
    const places = aten.zeros([images, height * width, channels], { dtype: 'float64', device: dy.device });
    return inDtypeOf(x, places.scatterAdd(1, flat, gradient).reshape(x.shape));
  },
};
