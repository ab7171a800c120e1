/** Where the windows of convolutions and pools lie, and tensors as torch's operators want them there. */
import { type backend_util, util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';

type Info = backend_util.Conv2DInfo | backend_util.Conv3DInfo;

/** A number for each spatial dimension: depth where there is one, height, width. */
type Sizes = readonly number[];

export interface Geometry {
  readonly inShape: number[];
  readonly outShape: number[];
  readonly channelsLast: boolean;
  readonly input: Sizes;
  readonly output: Sizes;
  readonly filter: Sizes;
  readonly stride: Sizes;
  readonly dilation: Sizes;
  /** What the windows reach beyond the input; what they leave of it where it is negative. */
  readonly before: Sizes;
  readonly after: Sizes;
}

/** A tensor with its channels second, and the padding that is left to torch's operator. */
export interface Placed {
  readonly x: Tensor;
  readonly padding: Sizes;
  /** What was added on each side, in the order of `constantPadNd`. Null where nothing was. */
  readonly pads: number[] | null;
}

/** The one for all padding modes, of two and three dimensions. */
export function geometryOf(info: Info): Geometry {
  const values = info as unknown as Record<string, number>;
  const deep = 'inDepth' in info;
  const names = deep ? ['Depth', 'Height', 'Width'] : ['Height', 'Width'];
  const each = (what: string): number[] => names.map((name) => values[what + name]);
  const { top, left } = info.padInfo;
  const before = deep ? [(info as backend_util.Conv3DInfo).padInfo.front, top, left] : [top, left];
  const [input, output, stride, reach] = [each('in'), each('out'), each('stride'), each('effectiveFilter')];
  // Negative where the filter is larger than the input.
  util.assertNonNegativeIntegerDimensions(info.outShape);
  return {
    inShape: info.inShape,
    outShape: info.outShape,
    channelsLast: info.dataFormat === 'channelsLast',
    input,
    output,
    filter: each('filter'),
    stride,
    dilation: each('dilation'),
    before,
    after: output.map((size, i) => (size - 1) * stride[i] + reach[i] - input[i] - before[i]),
  };
}

/** With the channels second: a view, torch's channels_last. */
export function channelsSecond(x: Tensor, { channelsLast }: { channelsLast: boolean }): Tensor {
  if (!channelsLast) return x;
  return x.permute(x.ndim === 4 ? [0, 3, 1, 2] : [0, 4, 1, 2, 3]);
}

/** In tfjs's order, in memory too. */
export function asStored(x: Tensor, { channelsLast }: { channelsLast: boolean }): Tensor {
  if (!channelsLast) return x.contiguous();
  return x.permute(x.ndim === 4 ? [0, 2, 3, 1] : [0, 2, 3, 4, 1]).contiguous();
}

/**
 * `x` with its channels second, padded with `value` where torch's operator cannot do it: there the padding
 * is the same on both sides, and a pool's filter at least twice that and no larger than the input.
 */
export function placed(x: Tensor, geometry: Geometry, value: number, pooling = false): Placed {
  const seen = channelsSecond(x, geometry);
  const { input, before, after, stride, filter } = geometry;
  const torchCan = before.every((pad, i) => {
    const windows = pad >= after[i] && pad - after[i] < stride[i];
    return pad >= 0 && windows && (!pooling || (pad * 2 <= filter[i] && filter[i] <= input[i]));
  });
  if (torchCan) return { x: seen, padding: before, pads: null };
  const pads = before.flatMap((pad, i) => [after[i], pad]).reverse();
  // In tfjs's order, where whole rows are copied.
  const padded = geometry.channelsLast
    ? channelsSecond(aten.constantPadNd(x, [0, 0, ...pads], value), geometry)
    : aten.constantPadNd(x, pads, value);
  return { x: padded, padding: before.map(() => 0), pads };
}

/** The input's part of the gradient of what was placed: zero where the input was left out. */
export function unpadded(gradient: Tensor, { pads }: Placed): Tensor {
  if (!pads) return gradient;
  const back = pads.map((pad) => -pad);
  return aten.constantPadNd(gradient, back, 0);
}

/** A gradient that has more rows than the geometry, which knows no rounding up, without them. */
export function fitted(dy: Tensor, { outShape }: Geometry): Tensor {
  const cut = (result: Tensor, size: number, dim: number): Tensor =>
    dy.shape[dim] > size ? result.narrow(dim, 0, size) : result;
  return outShape.reduce(cut, dy).contiguous();
}

export const isEmpty = (shape: readonly number[]): boolean => shape.includes(0);

export const zeros = (shape: readonly number[], { dtype, device }: Tensor): Tensor =>
  aten.zeros(shape, { dtype, device });
