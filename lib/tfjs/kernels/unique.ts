import { util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Kernels } from '../kernel';

/** Whole numbers that are equal where tfjs takes elements for the same: NaN is NaN, and -0 is 0. */
function identities(x: Tensor): Tensor {
  if (!x.isFloatingPoint()) return x.to({ dtype: 'int32' });
  return aten.where(x.isnan(), NaN, x.add(0)).to({ dtype: 'float32' }).view('int32');
}

export const unique: Kernels = {
  /** In the order in which they come first, where torch's are sorted. */
  Unique({ x }, { axis }) {
    const [dim] = util.parseAxisParam(axis as number, [...x.shape]);
    const size = x.shape[dim];
    if (x.numel() === 0) {
      // Of slices without elements, all are the same.
      const first = x.narrow(dim, 0, Math.min(size, 1)).clone();
      return [first, aten.zeros([size], { dtype: 'int32', device: x.device })];
    }
    const rows = identities(x).movedim(dim, 0).reshape([size, -1]);
    const [, groups] = aten.uniqueDim(rows, 0, true, true);
    const places = aten.arange(size, { device: x.device });
    const count = (groups.max().item() as number) + 1;
    const firsts = aten.full([count], size, { dtype: 'int64', device: x.device });
    const [ordered, order] = firsts.scatterReduce(0, groups, places, 'amin').sort();
    return [x.indexSelect(dim, ordered), order.argsort().indexSelect(0, groups).to({ dtype: 'int32' })];
  },
};
