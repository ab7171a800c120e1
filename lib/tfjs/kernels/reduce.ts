import { TorchError } from '../../core/errors';
import { util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Attributes, Kernel, Kernels } from '../kernel';

const shapeOf = (x: Tensor): number[] => [...x.shape];
const axesOf = (x: Tensor, axis: number | number[]): number[] => util.parseAxisParam(axis, shapeOf(x));

type Reduction = (x: Tensor, dims: number[], keep: boolean) => Tensor;

const same = (x: Tensor): Tensor => x;
const asFloat = (x: Tensor): Tensor => x.to({ dtype: 'float32' });
const whole = (x: Tensor): Tensor => (x.isFloatingPoint() ? x : x.to({ dtype: 'int64' }));

// `axis`, or Max's `reductionIndices`. No axes at all, of a tensor that has some, reduces nothing.
const reduction =
  (reduce: Reduction, prepare = same): Kernel =>
  ({ x }, attributes: Attributes) => {
    const { axis, reductionIndices, keepDims } = attributes;
    const dims = axesOf(x, (reductionIndices ?? axis) as number[]);
    const numbers = prepare(x);
    return dims.length === 0 && x.ndim > 0 ? numbers : reduce(numbers, dims, keepDims === true);
  };

/** What tfjs gives over nothing: `nothing`, which is 0 in a dtype without NaN. */
const orOverNothing =
  (nothing: number, reduce: Reduction): Reduction =>
  (x, dims, keep) => {
    if (x.numel() > 0) return reduce(x, dims, keep);
    const value = x.isFloatingPoint() ? nothing : 0;
    return aten.full(shapeOf(x.sum(dims, keep)), value, { dtype: x.dtype, device: x.device });
  };

const eachOf =
  (reduce: (x: Tensor, dim: number) => Tensor): Reduction =>
  (x, dims, keep) => {
    const result = [...dims].sort((a, b) => b - a).reduce((rest, dim) => reduce(rest, dim).unsqueeze(dim), x);
    return keep ? result : dims.length === 0 ? result : result.squeeze(dims);
  };

/** The first place of the largest; NaN is none, but in front, where nothing compares with it. */
const place =
  (worst: number, search: (x: Tensor, dim: number) => Tensor): Kernel =>
  ({ x }, { axis }) => {
    if (x.ndim === 0) return aten.zeros([], { dtype: 'int32', device: x.device });
    const [dim] = axesOf(x, axis as number[]);
    if (x.numel() === 0) return x.sum(dim).to({ dtype: 'int32' });
    const numbers = x.isFloatingPoint() ? x.maskedFill(x.isnan(), worst) : whole(x);
    const found = search(numbers, dim);
    return x.isFloatingPoint() ? found.maskedFill(x.select(dim, 0).isnan(), 0) : found;
  };

const cumulative =
  (accumulate: (x: Tensor, dim: number) => Tensor, first: number): Kernel =>
  ({ x }, { axis, exclusive, reverse }) => {
    if (x.ndim === 0) return x;
    const [dim] = axesOf(x, axis as number);
    const ordered = reverse ? whole(x).flip([dim]) : whole(x);
    let result = ordered.numel() > 0 ? accumulate(ordered, dim) : ordered;
    if (exclusive && x.shape[dim] > 0) {
      const start = aten.fullLike(result.narrow(dim, 0, 1), first);
      result = aten.cat([start, result.narrow(dim, 0, x.shape[dim] - 1)], dim);
    }
    return reverse ? result.flip([dim]) : result;
  };

/** Counts of the numbers of each row below `size`; the others are left out. */
function count(rows: Tensor, weights: Tensor, size: number, binary: boolean): Tensor {
  if (rows.lt(0).any().item()) throw new TorchError('Input x must be non-negative!');
  const inside = rows.lt(size);
  const places = rows.to({ dtype: 'int64' }).maskedFill(inside.logicalNot(), 0);
  const given =
    weights.numel() > 0 ? weights.reshape(shapeOf(rows)) : aten.onesLike(rows).to({ dtype: weights.dtype });
  const zeros = aten.zeros([rows.shape[0], size], { dtype: weights.dtype, device: rows.device });
  const counts = zeros.scatterAdd(
    1,
    places,
    binary ? inside.to({ dtype: weights.dtype }) : given.mul(inside),
  );
  return binary ? counts.gt(0).to({ dtype: weights.dtype }) : counts;
}

export const reduce: Kernels = {
  All: reduction(
    orOverNothing(
      0,
      eachOf((x, dim) => x.all(dim)),
    ),
  ),
  Any: reduction(eachOf((x, dim) => x.any(dim))),
  ArgMax: place(-Infinity, (x, dim) => x.argmax(dim)),
  ArgMin: place(Infinity, (x, dim) => x.argmin(dim)),
  Bincount: ({ x, weights }, { size }) =>
    count(x.reshape([1, -1]), weights, size as number, false).squeeze(0),
  Cumprod: cumulative((x, dim) => x.cumprod(dim), 1),
  Cumsum: cumulative((x, dim) => x.cumsum(dim), 0),
  DenseBincount({ x, weights }, { size, binaryOutput }) {
    const counts = count(
      x.ndim === 1 ? x.unsqueeze(0) : x,
      weights,
      size as number,
      binaryOutput === true && x.ndim > 1,
    );
    return x.ndim === 1 ? counts.squeeze(0) : counts;
  },
  Max: reduction(orOverNothing(NaN, (x, dims, keep) => aten.amax(x, dims, keep))),
  Mean: reduction(
    orOverNothing(0, (x, dims, keep) => x.mean(dims, keep)),
    asFloat,
  ),
  Min: reduction(orOverNothing(NaN, (x, dims, keep) => aten.amin(x, dims, keep))),
  Prod: reduction(
    eachOf((x, dim) => x.prod(dim)),
    (x) => (x.isFloatingPoint() ? x.to({ dtype: 'float64' }) : whole(x)),
  ),
  SearchSorted({ sortedSequence, values }, { side }) {
    const dtype = aten.resultType(sortedSequence, values);
    const places = aten.searchsorted(sortedSequence.to({ dtype }), values.to({ dtype }), {
      side: side as string,
    });
    return places.maskedFill(values.isnan(), 0); // nothing is less than NaN
  },
  Softmax({ logits }, { dim }) {
    const last = logits.ndim - 1;
    if (dim !== -1 && dim !== last) {
      throw new TorchError(
        `Softmax along a non-last dimension is not yet supported. Logits was rank ${logits.ndim} and dim ` +
          `was ${String(dim)}`,
      );
    }
    return aten.softmax(asFloat(logits), -1);
  },
  Sum: reduction((x, dims, keep) => x.sum(dims, keep), whole),
  TopK({ x }, { k }) {
    const [values, places] = x.sort({ stable: true, dim: -1, descending: true });
    return [
      values.narrow(-1, 0, k as number).clone(),
      places.narrow(-1, 0, k as number).to({ dtype: 'int32' }),
    ];
  },
  UnsortedSegmentSum({ x, segmentIds }, { numSegments }) {
    const total = numSegments as number;
    const ids = segmentIds.to({ dtype: 'int64' }).flatten();
    const known = ids.ge(0).logicalAnd(ids.lt(total));
    // One segment more takes what belongs to none.
    const sums = aten.zeros([total + 1, ...x.shape.slice(1)], { dtype: 'float32', device: x.device });
    return sums
      .indexAdd(0, ids.maskedFill(known.logicalNot(), total), asFloat(x))
      .narrow(0, 0, total)
      .clone();
  },
};
