import { backend_util } from '@tensorflow/tfjs-core';
import { TorchError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { tensor } from '../../tensor/creation';
import type { Tensor } from '../../tensor';
import type { Attributes, Kernels } from '../kernel';
import { tfDtypeOf } from '../dtypes';
import { mapped, rounded, sampled } from './sampling';
import { storedAs, toInt32 } from './support';

interface Scale {
  /** Where each row or column of the result comes from: before, behind, and how far between. */
  before: number[];
  behind: number[];
  between: number[];
}

function ratio(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

function linearScale(from: number, to: number, { alignCorners, halfPixelCenters }: Attributes): Scale {
  const by = ratio(from, to, alignCorners === true);
  const places = Array.from({ length: to }, (_, i) => (halfPixelCenters ? by * (i + 0.5) - 0.5 : by * i));
  const before = places.map((place) => Math.max(0, Math.floor(place)));
  return {
    before,
    behind: places.map((place) => Math.max(0, Math.min(from - 1, Math.ceil(place)))),
    between: places.map((place, i) => place - before[i]),
  };
}

function nearestPlaces(from: number, to: number, { alignCorners, halfPixelCenters }: Attributes): number[] {
  const by = ratio(from, to, alignCorners === true);
  return Array.from({ length: to }, (_, i) => {
    const place = by * (halfPixelCenters ? i + 0.5 : i);
    return Math.min(from - 1, alignCorners ? Math.round(place) : Math.floor(place));
  });
}

const placesOn = (like: Tensor, places: number[]): Tensor =>
  tensor(places, { dtype: 'int64', device: like.device });

const weightsOn = (like: Tensor, weights: number[], dim: number): Tensor =>
  tensor(weights, { dtype: 'float32', device: like.device }).reshape(
    dim === 1 ? [1, -1, 1, 1] : [1, 1, -1, 1],
  );

function stretched(x: Tensor, dim: number, { before, behind, between }: Scale): Tensor {
  const first = x.indexSelect(dim, placesOn(x, before));
  const second = x.indexSelect(dim, placesOn(x, behind));
  return first.add(second.sub(first).mul(weightsOn(x, between, dim)));
}

function stretchedBack(dy: Tensor, dim: number, size: number, { before, behind, between }: Scale): Tensor {
  const shape = [...dy.shape];
  shape[dim] = size;
  const weights = weightsOn(dy, between, dim);
  const far = dy.mul(weights);
  return aten
    .zeros(shape, { dtype: 'float32', device: dy.device })
    .indexAdd(dim, placesOn(dy, before), dy.sub(far))
    .indexAdd(dim, placesOn(dy, behind), far);
}

function gatheredBack(dy: Tensor, dim: number, size: number, places: number[]): Tensor {
  const shape = [...dy.shape];
  shape[dim] = size;
  const zeros = aten.zeros(shape, { dtype: dy.dtype, device: dy.device });
  return zeros.indexAdd(dim, placesOn(dy, places), dy);
}

/** Of each box, where its rows (or columns) lie in the image: `[boxes, count]`. */
function cropPlaces(start: Tensor, end: Tensor, size: number, count: number): Tensor {
  const [from, to] = [start, end].map((edge) => edge.to({ dtype: 'float64' }).unsqueeze(1));
  if (count === 1) return from.add(to).mul(0.5 * (size - 1));
  const steps = aten.arange(count, { dtype: 'float64', device: start.device });
  return from.mul(size - 1).add(
    to
      .sub(from)
      .mul((size - 1) / (count - 1))
      .mul(steps),
  );
}

export const image: Kernels = {
  CropAndResize({ image: images, boxes, boxInd }, { cropSize, method, extrapolationValue }) {
    const [batch, height, width, channels] = images.shape;
    const [rows, columns] = cropSize as [number, number];
    const values = images.to({ dtype: 'float32' });
    if (boxes.shape[0] === 0 || images.numel() === 0) {
      return aten.zeros([boxes.shape[0], rows, columns, channels], { device: images.device });
    }
    const [top, left, bottom, right] = aten.unbind(boxes, 1);
    const y = cropPlaces(top, bottom, height, rows).unsqueeze(2).expand([-1, rows, columns]);
    const x = cropPlaces(left, right, width, columns).unsqueeze(1).expand([-1, rows, columns]);
    const known = boxInd.ge(0).logicalAnd(boxInd.lt(batch));
    const of = boxInd.maskedFill(known.logicalNot(), 0);
    const outside = y
      .lt(0)
      .logicalOr(y.gt(height - 1))
      .logicalOr(x.lt(0))
      .logicalOr(x.gt(width - 1));
    const [inY, inX] = [y.clamp(0, height - 1), x.clamp(0, width - 1)];
    const crops = sampled(values, of, inY, inX, method as string, 0, 'edge');
    const filled = crops.maskedFill(outside.unsqueeze(3), storedAs(extrapolationValue as number, 'float32'));
    return filled.mul(known.reshape([-1, 1, 1, 1]));
  },
  FlipLeftRight: ({ image: images }) => images.flip([2]),
  ResizeBilinear({ images }, attributes) {
    const [newHeight, newWidth] = attributes.size as [number, number];
    const [, height, width] = images.shape;
    const across = stretched(images.to({ dtype: 'float32' }), 2, linearScale(width, newWidth, attributes));
    return stretched(across, 1, linearScale(height, newHeight, attributes));
  },
  ResizeBilinearGrad({ images, dy }, attributes) {
    const [, height, width] = images.shape;
    const [, newHeight, newWidth] = dy.shape;
    const down = stretchedBack(
      dy.to({ dtype: 'float32' }),
      1,
      height,
      linearScale(height, newHeight, attributes),
    );
    return stretchedBack(down, 2, width, linearScale(width, newWidth, attributes));
  },
  ResizeNearestNeighbor({ images }, attributes) {
    const [newHeight, newWidth] = attributes.size as [number, number];
    const [, height, width] = images.shape;
    return images
      .indexSelect(1, placesOn(images, nearestPlaces(height, newHeight, attributes)))
      .indexSelect(2, placesOn(images, nearestPlaces(width, newWidth, attributes)));
  },
  ResizeNearestNeighborGrad({ images, dy }, attributes) {
    const [, height, width] = images.shape;
    const [, newHeight, newWidth] = dy.shape;
    const down = gatheredBack(dy, 1, height, nearestPlaces(height, newHeight, attributes));
    return gatheredBack(down, 2, width, nearestPlaces(width, newWidth, attributes)).to({
      dtype: images.dtype,
    });
  },
  RotateWithOffset({ image: images }, { radians, fillValue, center }) {
    const [, height, width, channels] = images.shape;
    const [centerX, centerY] = backend_util.getImageCenter(center as number, height, width);
    const [sin, cos] = [Math.sin(radians as number), Math.cos(radians as number)];
    const options = { dtype: 'float64', device: images.device } as const;
    const across = aten.arange(width, options).sub(centerX).reshape([1, -1]);
    const down = aten.arange(height, options).sub(centerY).reshape([-1, 1]);
    const x = rounded(across.mul(cos).sub(down.mul(sin)).add(centerX));
    const y = rounded(across.mul(sin).add(down.mul(cos)).add(centerY));
    const inside = x.ge(0).logicalAnd(x.lt(width)).logicalAnd(y.ge(0)).logicalAnd(y.lt(height));
    const places = aten.where(inside, y.mul(width).add(x), 0).to({ dtype: 'int64' }).flatten();
    const turned = images.flatten(1, 2).indexSelect(1, places).reshape(images.shape);
    // A colour leaves a fourth channel opaque.
    const fill = Array.from({ length: channels }, (_, channel) =>
      typeof fillValue === 'number' ? fillValue : channel === 3 ? 255 : (fillValue as number[])[channel],
    ).map((value) => storedAs(value, tfDtypeOf(images.dtype)));
    return aten.where(
      inside.unsqueeze(2),
      turned,
      tensor(fill, { dtype: images.dtype, device: images.device }),
    );
  },
  Transform({ image: images, transforms }, { interpolation, fillMode, fillValue, outputShape }) {
    const [batch, height, width] = images.shape;
    const [rows, columns] = (outputShape as [number, number] | null) ?? [height, width];
    const device = images.device;
    const all = transforms.to({ dtype: 'float64' }).expand([batch, 8]).reshape([batch, 8, 1, 1]);
    const [a, b, c, d, e, f, g, h] = aten.unbind(all, 1);
    const outY = aten.arange(rows, { dtype: 'float64', device }).reshape([1, -1, 1]);
    const outX = aten.arange(columns, { dtype: 'float64', device }).reshape([1, 1, -1]);
    const projection = g.mul(outX).add(h.mul(outY)).add(1);
    const x = a.mul(outX).add(b.mul(outY)).add(c).div(projection);
    const y = d.mul(outX).add(e.mul(outY)).add(f).div(projection);
    if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
      throw new TorchError(
        `Error in Transform: Expect 'nearest' or 'bilinear', but got ${String(interpolation)}`,
      );
    }
    const of = aten.arange(batch, { dtype: 'int64', device });
    const [inY, inX] = [mapped(y, height, fillMode as string), mapped(x, width, fillMode as string)];
    const fill = storedAs(fillValue as number, 'float32');
    const values = sampled(images.to({ dtype: 'float32' }), of, inY, inX, interpolation, fill, 'fill');
    const result = values.maskedFill(projection.eq(0).unsqueeze(3), fill);
    return images.isFloatingPoint() ? result : toInt32(result);
  },
};
