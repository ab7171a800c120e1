import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import { tensor } from '../../tensor/creation';
import type { Tensor } from '../../tensor';
import { tfDtypeOf } from '../dtypes';
import type { Inputs, Kernels } from '../kernel';
import { storedAs } from './support';

const listed = (inputs: Inputs): Tensor[] => Object.values(inputs);
const shapeOf = (x: Tensor): number[] => [...x.shape];
const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** A copy: a small part does not keep the memory of the whole. */
function part(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
  let result = x;
  for (let dim = 0; dim < x.ndim; dim++) {
    // Crops name the first dimensions alone.
    if (size[dim] !== undefined && size[dim] !== x.shape[dim])
      result = result.narrow(dim, begin[dim], size[dim]);
  }
  return result.clone();
}

function strided(x: Tensor, begin: number[], end: number[], strides: number[]): Tensor {
  let result = x;
  for (let dim = 0; dim < x.ndim; dim++) {
    const count = Math.max(0, Math.ceil((end[dim] - begin[dim]) / strides[dim]));
    const places = aten.arange(count, { dtype: 'int64', device: x.device }).mul(strides[dim]).add(begin[dim]);
    result = result.indexSelect(dim, places);
  }
  return result;
}

// The first and last elements, mirrored.
function mirrored(x: Tensor, dim: number, before: number, after: number, skip: number): Tensor {
  const size = x.shape[dim];
  const places = Array.from({ length: before + size + after }, (_, i) => {
    const at = i - before;
    if (at < 0) return -at - 1 + skip;
    return at < size ? at : 2 * size - at - 1 - skip;
  });
  return x.indexSelect(dim, tensor(places, { dtype: 'int64', device: x.device }));
}

const padded = (x: Tensor, paddings: readonly (readonly [number, number])[], value: number): Tensor =>
  aten.constantPadNd(x, [...paddings].reverse().flat(), value);

export const shape: Kernels = {
  BatchToSpaceND({ x }, { blockShape, crops }) {
    const block = blockShape as number[];
    const blocks = product(block);
    const reshaped = backend_util.getReshaped(shapeOf(x), block, blocks);
    const permuted = backend_util.getPermuted(reshaped.length, block.length);
    const merged = backend_util.getReshapedPermuted(shapeOf(x), block, blocks);
    const begin = backend_util.getSliceBeginCoords(crops as number[][], block.length);
    const size = backend_util.getSliceSize(merged, crops as number[][], block.length);
    return part(x.reshape(reshaped).permute(permuted).reshape(merged), begin, size);
  },
  BroadcastArgs({ s0, s1 }) {
    const [a, b] = [s0, s1].map((x) => x.tolist() as number[]);
    return tensor(backend_util.assertAndGetBroadcastShape(a, b), { dtype: 'int32', device: s0.device });
  },
  Concat(inputs, { axis }) {
    const list = listed(inputs);
    const [dim] = util.parseAxisParam(axis as number, shapeOf(list[0]));
    const shapes = list.map(shapeOf);
    backend_util.assertParamsConsistent(shapes, dim);
    const filled = list.filter((x) => x.numel() > 0);
    if (filled.length === 0) {
      const size = backend_util.computeOutShape(shapes, dim);
      return aten.empty(size, { dtype: list[0].dtype, device: list[0].device });
    }
    return aten.cat(filled, dim);
  },
  DepthToSpace({ x }, { blockSize, dataFormat }) {
    util.assert(
      dataFormat === 'NHWC',
      () => `Only NHWC dataFormat supported on CPU for depthToSpace. Got ${String(dataFormat)}`,
    );
    const [batch, height, width, depth] = x.shape;
    const block = blockSize as number;
    const outDepth = depth / (block * block);
    return x
      .reshape([batch, height, width, block, block, outDepth])
      .permute([0, 1, 3, 2, 4, 5])
      .reshape([batch, height * block, width * block, outDepth]);
  },
  Diag: ({ x }) => aten.diag(x.flatten()).reshape([...x.shape, ...x.shape]),
  MirrorPad({ x }, { paddings, mode }) {
    const skip = mode === 'reflect' ? 1 : 0;
    return (paddings as [number, number][]).reduce(
      (result, [before, after], dim) => mirrored(result, dim, before, after, skip),
      x,
    );
  },
  Pack(inputs, { axis }) {
    const list = listed(inputs);
    for (const x of list) {
      util.assertShapesMatch(
        shapeOf(list[0]),
        shapeOf(x),
        'All tensors passed to stack must have matching shapes',
      );
      util.assert(
        tfDtypeOf(list[0].dtype) === tfDtypeOf(x.dtype),
        () => 'All tensors passed to stack must have matching dtypes',
      );
    }
    return aten.stack(list, axis as number);
  },
  PadV2: ({ x }, { paddings, constantValue }) =>
    padded(x, paddings as [number, number][], storedAs(constantValue as number, tfDtypeOf(x.dtype))),
  Reverse({ x }, { dims }) {
    return x.ndim === 0 ? x : x.flip(util.parseAxisParam(dims as number[], shapeOf(x)));
  },
  Slice({ x }, { begin, size }) {
    const [from, count] = slice_util.parseSliceParams(
      { shape: shapeOf(x) } as never,
      begin as number[],
      size as number[],
    );
    slice_util.assertParamsValid({ shape: shapeOf(x), rank: x.ndim } as never, from, count);
    return part(x, from, count);
  },
  SpaceToBatchND({ x }, { blockShape, paddings }) {
    const block = blockShape as number[];
    const rest = x.ndim - 1 - block.length;
    const all = [[0, 0], ...(paddings as number[][]), ...Array.from({ length: rest }, () => [0, 0])];
    const full = padded(x, all as [number, number][], 0);
    const blocks = product(block);
    const reshaped = backend_util.getReshaped(shapeOf(full), block, blocks, false);
    const permuted = backend_util.getPermuted(reshaped.length, block.length, false);
    const merged = backend_util.getReshapedPermuted(shapeOf(full), block, blocks, false);
    return full.reshape(reshaped).permute(permuted).reshape(merged);
  },
  SplitV({ x }, { numOrSizeSplits, axis }) {
    const [dim] = util.parseAxisParam(axis as number, shapeOf(x));
    const sizes = backend_util.prepareSplitSize(
      { shape: shapeOf(x) } as never,
      numOrSizeSplits as number[],
      dim,
    );
    return aten.splitWithSizes(x, sizes, dim).map((each) => each.clone());
  },
  StridedSlice({ x }, attributes) {
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
    const info = slice_util.sliceInfo(
      shapeOf(x),
      begin as number[],
      end as number[],
      strides as number[],
      beginMask as number,
      endMask as number,
      ellipsisMask as number,
      newAxisMask as number,
      shrinkAxisMask as number,
    );
    if (info.isIdentity) return x.reshape(info.finalShape);
    util.assert(
      !(info.sliceDim0 || info.isSimpleSlice) || x.ndim >= 1,
      () => `Input must have rank at least 1, got: ${x.ndim}`,
    );
    return strided(x, info.begin, info.end, info.strides).reshape(info.finalShape);
  },
  Tile: ({ x }, { reps }) => x.repeat(reps as number[]),
  Transpose: ({ x }, { perm }) => x.permute(perm as number[]),
  Unpack({ value }, { axis }) {
    const dim = (axis as number) < 0 ? (axis as number) + value.ndim : (axis as number);
    return aten.unbindCopy(value, dim);
  },
};
