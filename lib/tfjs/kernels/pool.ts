import { backend_util, util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import { tensor } from '../../tensor/creation';
import type { Tensor } from '../../tensor';
import { type Attributes, type Kernel, type Kernels, accompany, companionOf } from '../kernel';
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
import { floating, toInt32 } from './support';

interface Kind {
  geometry(shape: readonly number[], attributes: Attributes): Geometry;
  average: typeof aten.avgPool2d;
  averageBackward: typeof aten.avgPool2dBackward;
  largest: typeof aten.maxPool2dWithIndices;
  largestBackward: typeof aten.maxPool2dWithIndicesBackward;
}

const flat: Kind = {
  geometry: (shape, { filterSize, strides, pad, dimRoundingMode }) =>
    geometryOf(
      backend_util.computePool2DInfo(
        shape as never,
        filterSize as number,
        strides as number,
        1,
        pad as number,
        dimRoundingMode as 'floor',
      ),
    ),
  average: aten.avgPool2d,
  averageBackward: aten.avgPool2dBackward,
  largest: aten.maxPool2dWithIndices,
  largestBackward: aten.maxPool2dWithIndicesBackward,
};

const deep: Kind = {
  geometry: (shape, { filterSize, strides, pad, dimRoundingMode }) =>
    geometryOf(
      backend_util.computePool3DInfo(
        shape as never,
        filterSize as number,
        strides as number,
        1,
        pad as number,
        dimRoundingMode as 'floor',
      ),
    ),
  average: aten.avgPool3d,
  averageBackward: aten.avgPool3dBackward,
  largest: aten.maxPool3dWithIndices,
  largestBackward: aten.maxPool3dWithIndicesBackward,
};

interface Maxima {
  readonly values: Tensor;
  /** Within a plane of what was placed. */
  readonly indices: Tensor;
  readonly place: Placed;
  /** Whether a window may have nothing but padding, NaN and -Infinity. */
  readonly gaps: boolean;
}

const inDtypeOf = (x: Tensor, result: Tensor): Tensor =>
  x.isFloatingPoint() ? result : toInt32(result).to({ dtype: x.dtype });

/** The first maximum of each window. NaN is skipped: a window of nothing else has -Infinity. */
function maxima(kind: Kind, x: Tensor, geometry: Geometry): Maxima {
  const { filter, stride } = geometry;
  const pooled = (from: Tensor, gaps: boolean): Maxima => {
    const place = placed(from, geometry, -Infinity, true);
    const [values, indices] = kind.largest(place.x, filter, stride, place.padding);
    return { values, indices, place, gaps };
  };
  // Where the answer need not be waited for, asking for NaN afterwards is cheaper than removing it before.
  if (x.device.type === 'cpu') {
    const made = pooled(x, false);
    if (Number.isFinite(made.values.sum().item() as number)) return made;
  }
  return pooled(x.nanToNum(-Infinity, Infinity, -Infinity), true);
}

const largest =
  (kind: Kind): Kernel =>
  ({ x }, attributes) => {
    const geometry = kind.geometry(x.shape, attributes);
    if (isEmpty(geometry.outShape)) return zeros(geometry.outShape, x);
    const { values, indices, gaps } = maxima(kind, floating(x), geometry);
    const result = inDtypeOf(x, asStored(values, geometry));
    if (kind === flat && x.isFloatingPoint() && !gaps) {
      accompany(result, indices);
      pooledFrom.set(indices, { x, geometry });
    }
    return result;
  };

/** What the indices that accompany a result were found in. */
const pooledFrom = new WeakMap<Tensor, { x: Tensor; geometry: Geometry }>();

// Those of the very pool whose gradient is asked for, if they are still there.
function knownIndices(x: Tensor, output: Tensor | undefined, geometry: Geometry): Tensor | undefined {
  const indices = output && companionOf(output);
  const from = indices && pooledFrom.get(indices);
  return from?.x === x && util.arraysEqual(partsOf(from.geometry), partsOf(geometry)) ? indices : undefined;
}

const partsOf = ({ inShape, outShape, filter, stride, before, after }: Geometry): number[] =>
  [inShape, outShape, filter, stride, before, after].flat();

/** Over what is there of each window: the padding does not count. */
const average =
  (kind: Kind): Kernel =>
  ({ x }, attributes) => {
    const geometry = kind.geometry(x.shape, attributes);
    if (isEmpty(geometry.outShape)) return zeros(geometry.outShape, x);
    const { filter, stride } = geometry;
    const { x: input, padding, pads } = placed(floating(x), geometry, 0, true);
    const means = kind.average(input, filter, stride, padding, false, false, pads ? 1 : null);
    const result = pads ? means.div(counts(geometry, means)) : means;
    return inDtypeOf(x, asStored(result, geometry));
  };

/** How many elements of the input each window has. Where there are none, tfjs divides by 1 in 3-D. */
function counts({ input, output, filter, stride, before }: Geometry, { dtype, device }: Tensor): Tensor {
  const along = output.map((size, dim) => {
    const covered = Array.from({ length: size }, (_, i) => {
      const start = i * stride[dim] - before[dim];
      return Math.max(0, Math.min(input[dim], start + filter[dim]) - Math.max(0, start));
    });
    const shape = output.map((_, i) => (i === dim ? size : 1));
    return tensor(covered, { dtype, device }).reshape(shape);
  });
  const all = along.reduce((a, b) => a.mul(b));
  return output.length === 3 ? all.clamp(1) : all;
}

/** As tfjs has it: divided by the whole window, padding and all, and without rounding in 2-D. */
const averageGradient =
  (kind: Kind): Kernel =>
  ({ dy, input: x }, attributes) => {
    const rounding = kind === deep ? attributes.dimRoundingMode : undefined;
    const geometry = kind.geometry(x.shape, { ...attributes, dimRoundingMode: rounding });
    const gradient = fitted(dy.to({ dtype: 'float32' }), geometry);
    // Only its shape and layout are looked at.
    const like = aten.empty(x.shape, { dtype: 'float32', device: x.device });
    if (isEmpty(gradient.shape) || isEmpty(x.shape)) return like.zero_();
    const { filter, stride } = geometry;
    const place = placed(like, geometry, 0, true);
    const seen = channelsSecond(gradient, geometry);
    const size = filter.reduce((a, b) => a * b);
    const dx = kind.averageBackward(seen, place.x, filter, stride, place.padding, false, true, size);
    return asStored(unpadded(dx, place), geometry);
  };

/** The gradient where each window's first maximum is; there is none in a window of no numbers. */
function toFirst(kind: Kind, x: Tensor, dy: Tensor, geometry: Geometry, output?: Tensor): Tensor {
  const { filter, stride } = geometry;
  const known = knownIndices(x, output, geometry);
  if (known) {
    const place = placed(x, geometry, -Infinity, true);
    const dx = kind.largestBackward(dy, place.x, filter, stride, place.padding, 1, false, known);
    return unpadded(dx, place);
  }
  const { values, indices, place, gaps } = maxima(kind, x, geometry);
  const given = gaps ? dy.maskedFill(values.eq(-Infinity), 0) : dy;
  const dx = kind.largestBackward(given, place.x, filter, stride, place.padding, 1, false, indices);
  return unpadded(dx, place);
}

const LOWEST_FLOAT = -3.4028234663852886e38;

/** The gradient where each window's last maximum is, the first from the other end; -Infinity may be one. */
function toLast(kind: Kind, x: Tensor, dy: Tensor, geometry: Geometry): Tensor {
  const stored = geometry.input.map((_, i) => i + 1);
  const seen = geometry.input.map((_, i) => i + 2);
  const turned = { ...geometry, before: geometry.after, after: geometry.before };
  return toFirst(kind, x.clamp(LOWEST_FLOAT).flip(stored), dy.flip(seen), turned).flip(seen);
}

const largestGradient =
  (kind: Kind, route: typeof toFirst): Kernel =>
  ({ dy, input: x, output }, attributes) => {
    const geometry = kind.geometry(x.shape, attributes);
    const gradient = fitted(dy, geometry);
    if (isEmpty(gradient.shape) || isEmpty(x.shape)) return aten.zeros(x.shape, { device: x.device });
    const own = floating(x);
    const seen = channelsSecond(gradient.to({ dtype: own.dtype }), geometry);
    return asStored(route(kind, own, seen, geometry, output), geometry);
  };

/** Positions in a flattened image, or in the whole flattened batch; -1 in a window of no numbers. */
function positions({ values, indices, place, gaps }: Maxima, geometry: Geometry, inBatch: boolean): Tensor {
  const [height, width] = geometry.input;
  const [batch, , , channels] = geometry.inShape;
  const { device } = values;
  const [top, left] = place.pads ? geometry.before : [0, 0];
  const across = place.x.shape[3];
  const rows = indices.div(across, { roundingMode: 'floor' }).sub(top);
  const columns = indices.remainder(across).sub(left);
  const channel = aten.arange(channels, { device }).reshape([-1, 1, 1]);
  const inImage = rows.mul(width).add(columns).mul(channels).add(channel);
  const image = aten.arange(batch, { device }).reshape([-1, 1, 1, 1]);
  const all = inBatch ? inImage.add(image.mul(height * width * channels)) : inImage;
  return gaps ? all.maskedFill(values.eq(-Infinity), -1) : all;
}

/** Windows of one element that leave nothing out: tfjs gives the input itself, NaN and all. */
const orInput =
  (kernel: Kernel): Kernel =>
  (inputs, attributes) => {
    const { filter, inShape, outShape } = flat.geometry(inputs.x.shape, attributes);
    const same = filter.every((size) => size === 1) && util.arraysEqual(inShape, outShape);
    return same ? inputs.x : kernel(inputs, attributes);
  };

const inFloat32 =
  (kernel: Kernel): Kernel =>
  (inputs, attributes) =>
    (kernel(inputs, attributes) as Tensor).to({ dtype: 'float32' });

export const pool: Kernels = {
  AvgPool: orInput(average(flat)),
  AvgPool3D: inFloat32(average(deep)),
  AvgPool3DGrad: averageGradient(deep),
  AvgPoolGrad: averageGradient(flat),
  MaxPool: orInput(largest(flat)),
  MaxPool3D: inFloat32(largest(deep)),
  MaxPool3DGrad: largestGradient(deep, toLast),
  MaxPoolGrad: largestGradient(flat, toFirst),
  MaxPoolWithArgmax({ x }, attributes) {
    const geometry = flat.geometry(x.shape, attributes);
    const { outShape } = geometry;
    if (isEmpty(outShape)) return [zeros(outShape, x), zeros(outShape, x).to({ dtype: 'int32' })];
    const found = maxima(flat, floating(x), geometry);
    const places = positions(found, geometry, attributes.includeBatchInIndex as boolean);
    return [inDtypeOf(x, asStored(found.values, geometry)), asStored(places, geometry)];
  },
};
