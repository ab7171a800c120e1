import { backend_util, util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import { channelsLast } from '../../core/layout';
import type { Tensor } from '../../tensor';
import { type Attributes, type Inputs, type Kernel, type Kernels, prepare } from '../kernel';
import {
  type Geometry,
  type Placed,
  asStored,
  channelsSecond,
  fitted,
  geometryOf,
  isEmpty,
  placed,
  unpadded,
  zeros,
} from './geometry';
import { activate, toInt32 } from './support';

type Shape = readonly number[];

/** What the kinds of convolution differ in. */
interface Kind {
  geometry(inShape: Shape, filterShape: Shape, attributes: Attributes): Geometry;
  /** tfjs's filter as torch's weight: outputs, inputs of a group, spatial dimensions. */
  weight(filter: Tensor): Tensor;
  filter(weight: Tensor, filterShape: Shape): Tensor;
  groups(filterShape: Shape): number;
}

const geometry2d =
  (depthwise: boolean): Kind['geometry'] =>
  (inShape, filterShape, { strides, dilations, pad, dimRoundingMode, dataFormat }) =>
    geometryOf(
      backend_util.computeConv2DInfo(
        inShape as never,
        filterShape as never,
        strides as number,
        (dilations as number | undefined) ?? 1,
        pad as number,
        dimRoundingMode as 'floor',
        depthwise,
        depthwise ? 'channelsLast' : backend_util.convertConv2DDataFormat((dataFormat ?? 'NHWC') as 'NHWC'),
      ),
    );

const conv2d: Kind = {
  geometry: geometry2d(false),
  // In memory as torch's channels_last has it: with one input channel the view alone does not say so.
  weight: (filter) => filter.permute([3, 2, 0, 1]).contiguous({ memoryFormat: channelsLast }),
  filter: (weight) => weight.permute([2, 3, 1, 0]).contiguous(),
  groups: () => 1,
};

const conv3d: Kind = {
  geometry: (inShape, filterShape, { strides, dilations, pad }) =>
    geometryOf(
      backend_util.computeConv3DInfo(
        inShape as never,
        filterShape as never,
        strides as number,
        (dilations as number | undefined) ?? 1,
        pad as number,
      ),
    ),
  weight: (filter) => filter.permute([4, 3, 0, 1, 2]),
  filter: (weight) => weight.permute([2, 3, 4, 1, 0]).contiguous(),
  groups: () => 1,
};

// Each input channel is a group, with the filter's multiplier as its outputs.
const depthwise: Kind = {
  geometry: geometry2d(true),
  weight: (filter) =>
    filter.permute([2, 3, 0, 1]).flatten(0, 1).unsqueeze(1).contiguous({ memoryFormat: channelsLast }),
  filter: (weight, [height, width, channels, multiplier]) =>
    weight.reshape([channels, multiplier, height, width]).permute([2, 3, 0, 1]).contiguous(),
  groups: (filterShape) => filterShape[2],
};

/** In `x`'s dtype before the bias. */
function convolve(kind: Kind, { x, filter, bias }: Inputs, attributes: Attributes): Tensor {
  const geometry = kind.geometry(x.shape, filter.shape, attributes);
  const { outShape, stride, dilation } = geometry;
  const nothing = isEmpty(outShape) || isEmpty(x.shape) || isEmpty(filter.shape);
  const channels = geometry.channelsLast ? outShape.at(-1) : outShape[1];
  const fits = bias?.ndim === 1 && bias.shape[0] === channels && bias.dtype === x.dtype;
  const fused = fits && x.isFloatingPoint() && !nothing;
  const run = (): Tensor => {
    if (kind === conv2d && x.isFloatingPoint() && isPointwise(geometry)) {
      return pointwise(x, filter, fused ? bias : undefined, outShape);
    }
    const own = x.isFloatingPoint() ? x : x.to({ dtype: 'float64' });
    const weight = prepare(filter.to({ dtype: own.dtype }), kind.weight);
    const { x: input, padding } = placed(own, geometry, 0);
    const none = padding.map(() => 0);
    const groups = kind.groups(filter.shape);
    const added = fused ? bias : null;
    const made = aten.convolution(input, weight, added, stride, padding, dilation, false, none, groups);
    const result = asStored(made, geometry);
    return x.isFloatingPoint() ? result : toInt32(result).to({ dtype: x.dtype });
  };
  const result = nothing ? zeros(outShape, x) : run();
  return bias && !fused ? result.add(alongChannels(bias, attributes)) : result;
}

/** Whether each output is of one place of the input, and tfjs's filter the matrix that it is multiplied with. */
function isPointwise({ channelsLast, filter, stride, before, after }: Geometry): boolean {
  const alone = filter.every((size) => size === 1) && stride.every((size) => size === 1);
  return channelsLast && alone && [...before, ...after].every((pad) => pad === 0);
}

/** Without another order of the filter, which a convolution would make each time. */
function pointwise(x: Tensor, filter: Tensor, bias: Tensor | undefined, outShape: number[]): Tensor {
  const [places, weights] = [x.reshape([-1, x.shape[3]]), filter.reshape(filter.shape.slice(2))];
  const made = bias ? aten.addmm(bias, places, weights) : aten.mm(places, weights);
  return made.reshape(outShape);
}

/** One number for each channel, where channels come first. */
function alongChannels(x: Tensor, { dataFormat }: Attributes): Tensor {
  return dataFormat === 'NCHW' && x.ndim === 1 && x.shape[0] !== 1 ? x.reshape([-1, 1, 1]) : x;
}

const forward =
  (kind: Kind): Kernel =>
  ({ x, filter }, attributes) =>
    convolve(kind, { x, filter }, attributes);

const fused =
  (kind: Kind): Kernel =>
  ({ x, filter, bias, preluActivationWeights: weights }, attributes) => {
    const result = convolve(kind, { x, filter, bias }, attributes);
    const { activation, leakyreluAlpha } = attributes;
    const slopes = weights && alongChannels(weights, attributes);
    return activate(result, activation as string, slopes, leakyreluAlpha as number);
  };

function gradients(dy: Tensor, place: Placed, weight: Tensor, geometry: Geometry, groups: number, of: 0 | 1) {
  const { stride, dilation } = geometry;
  const none = stride.map(() => 0);
  const seen = channelsSecond(dy, geometry);
  const mask = [of === 0, of === 1, false];
  const { x, padding } = place;
  return aten.convolutionBackward(
    seen,
    x,
    weight,
    null,
    stride,
    padding,
    dilation,
    false,
    none,
    groups,
    mask,
  )[of];
}

const backpropInput =
  (kind: Kind): Kernel =>
  ({ dy, filter }, attributes) => {
    const shape = attributes.inputShape as number[];
    const geometry = kind.geometry(shape, filter.shape, attributes);
    const gradient = fitted(dy.to({ dtype: 'float32' }), geometry);
    // Only its shape and layout are looked at.
    const like = aten.empty(shape, { dtype: 'float32', device: dy.device });
    if (isEmpty(gradient.shape) || isEmpty(shape) || isEmpty(filter.shape)) return like.zero_();
    const place = placed(like, geometry, 0);
    const weight = kind.weight(filter.to({ dtype: 'float32' }));
    const dx = gradients(gradient, place, weight, geometry, kind.groups(filter.shape), 0);
    return asStored(unpadded(dx, place), geometry);
  };

const backpropFilter =
  (kind: Kind): Kernel =>
  ({ x, dy }, attributes) => {
    const shape = attributes.filterShape as number[];
    const geometry = kind.geometry(x.shape, shape, attributes);
    const gradient = fitted(dy.to({ dtype: 'float32' }), geometry);
    const like = aten.empty(shape, { dtype: 'float32', device: x.device });
    if (isEmpty(gradient.shape) || isEmpty(x.shape) || isEmpty(shape)) return like.zero_();
    const place = placed(x.to({ dtype: 'float32' }), geometry, 0);
    const dw = gradients(gradient, place, densely(kind.weight(like)), geometry, kind.groups(shape), 1);
    return kind.filter(dw, shape);
  };

// `contiguous` leaves the strides of dimensions of size 1, which torch's own convolution looks at.
const densely = (x: Tensor): Tensor => aten.empty(x.shape, { dtype: x.dtype, device: x.device });

const checked =
  (kernel: Kernel): Kernel =>
  (inputs, attributes) => {
    const strides = attributes.strides as number;
    const dilations = (attributes.dilations as [number, number] | undefined) ?? [1, 1];
    util.assert(backend_util.eitherStridesOrDilationsAreOne(strides, dilations), () => {
      return (
        `Error in depthwiseConv2d: Either strides or dilations must be 1. Got strides ${strides} and ` +
        `dilations '${dilations}'`
      );
    });
    return kernel(inputs, attributes);
  };

export const conv: Kernels = {
  Conv2D: forward(conv2d),
  Conv2DBackpropFilter: backpropFilter(conv2d),
  Conv2DBackpropInput: backpropInput(conv2d),
  Conv3D: forward(conv3d),
  Conv3DBackpropFilterV2: backpropFilter(conv3d),
  Conv3DBackpropInputV2: backpropInput(conv3d),
  DepthwiseConv2dNative: checked(forward(depthwise)),
  DepthwiseConv2dNativeBackpropFilter: backpropFilter(depthwise),
  DepthwiseConv2dNativeBackpropInput: backpropInput(depthwise),
  FusedConv2D: fused(conv2d),
  FusedDepthwiseConv2D: checked(fused(depthwise)),
};
