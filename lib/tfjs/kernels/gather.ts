import { TorchError } from '../../core/errors';
import { type TensorInfo, backend_util, util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import { tensor } from '../../tensor/creation';
import type { Tensor } from '../../tensor';
import { dtypeOf, tfDtypeOf } from '../dtypes';
import type { Kernels } from '../kernel';
import { storedAs } from './support';

// What tfjs's shape functions look at of a tensor.
const described = (x: Tensor): TensorInfo & { rank: number } => ({
  dataId: {},
  shape: [...x.shape],
  dtype: tfDtypeOf(x.dtype),
  rank: x.ndim,
});

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** Of rows of coordinates, which are checked: positions of slices in what has `shape`. */
function positionsOf(
  indices: Tensor,
  depth: number,
  strides: number[],
  slices: number,
  shape: readonly number[],
): Tensor {
  const rows = indices.to({ dtype: 'int64' }).reshape([-1, depth]);
  const weights = tensor(strides.slice(0, depth), { dtype: 'int64', device: indices.device });
  const positions = rows.mul(weights).sum(1);
  const wrong = positions.lt(0).logicalOr(positions.ge(slices));
  if (wrong.any().item()) {
    const at = wrong.to({ dtype: 'int32' }).argmax().item() as number;
    throw new TorchError(
      `Invalid indices: ${String(rows.at(at).tolist())} does not index into ${String(shape)}`,
    );
  }
  return positions;
}

/** Slices of `updates` at `indices` of `base`: added up, or the last of each. */
function scatter(indices: Tensor, updates: Tensor, base: Tensor, adds: boolean): Tensor {
  const shape = [...base.shape];
  const { sliceRank, numUpdates, sliceSize, strides, outputSize } = backend_util.calculateShapes(
    described(updates),
    described(indices),
    shape,
  );
  if (outputSize === 0) return base;
  const positions = positionsOf(indices, sliceRank, strides, outputSize / sliceSize, shape);
  const rows =
    updates.ndim === 0 ? updates.expand([numUpdates, sliceSize]) : updates.reshape([numUpdates, sliceSize]);
  const flat = base.reshape([-1, sliceSize]);
  const typed = rows.to({ dtype: base.dtype });
  return (adds ? flat.indexAdd(0, positions, typed) : flat.indexCopy(0, positions, typed)).reshape(shape);
}

function gathered(x: Tensor, indices: Tensor, dim: number, batchDims: number): Tensor {
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
    backend_util.segment_util.collectGatherOpShapeInfo(
      described(x) as never,
      described(indices) as never,
      dim,
      batchDims,
    );
  if (batchSize === 1) return x.indexSelect(dim, indices.flatten()).reshape(outputShape);
  const each = indices.to({ dtype: 'int64' }).reshape([batchSize, 1, -1, 1]);
  const values = x.reshape([batchSize, outerSize, dimSize, sliceSize]);
  return values.gather(2, each.expand([batchSize, outerSize, each.shape[2], sliceSize])).reshape(outputShape);
}

/** Of the first one that is not in the range, where there is one. */
function wrongIndex(indices: Tensor, most: number): TorchError | undefined {
  const wrong = indices.lt(0).logicalOr(indices.gt(most)).flatten();
  if (!wrong.any().item()) return undefined;
  const value = indices
    .flatten()
    .at(wrong.to({ dtype: 'int32' }).argmax().item() as number)
    .item();
  return new TorchError(`GatherV2: the index value ${String(value)} is not in [0, ${most}]`);
}

export const gather: Kernels = {
  GatherNd({ params, indices }) {
    const [shape, slices, sliceSize, strides] = backend_util.prepareAndValidate(
      described(params) as never,
      described(indices) as never,
    );
    const depth = indices.shape[indices.ndim - 1];
    if (slices === 0) return aten.empty(shape, { dtype: params.dtype, device: params.device });
    const all = product(params.shape) / sliceSize;
    const positions = positionsOf(indices, depth, strides, all, params.shape);
    return params.reshape([-1, sliceSize]).indexSelect(0, positions).reshape(shape);
  },
  GatherV2({ x, indices }, { axis, batchDims }) {
    const [dim] = util.parseAxisParam(axis as number, [...x.shape]);
    try {
      return gathered(x, indices, dim, (batchDims as number | undefined) ?? 0);
    } catch (error) {
      throw wrongIndex(indices, x.shape[dim] - 1) ?? error;
    }
  },
  OneHot({ indices }, { dtype, depth, onValue, offValue }) {
    const places = aten.arange(depth as number, { dtype: 'int32', device: indices.device });
    const hot = indices.unsqueeze(-1).eq(places);
    const [on, off] = [onValue, offValue].map((value) =>
      aten.full([], storedAs(Number(value), dtype), { dtype: dtypeOf(dtype), device: indices.device }),
    );
    return aten.where(hot, on, off);
  },
  ScatterNd({ indices, updates }, { shape }) {
    const base = aten.zeros(shape as number[], { dtype: updates.dtype, device: updates.device });
    return scatter(indices, updates, base, true);
  },
  SparseToDense({ sparseIndices, sparseValues, defaultValue }, { outputShape }) {
    const base = defaultValue
      .to({ dtype: sparseValues.dtype })
      .reshape([])
      .expand(outputShape as number[])
      .clone();
    return scatter(sparseIndices, sparseValues, base, false);
  },
  TensorScatterUpdate: ({ tensor, indices, updates }) => scatter(indices, updates, tensor, false),
};
