import { util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Kernels } from '../kernel';
import { inOwnDtype } from './support';

/** Sums over the channels around each. */
function around(x: Tensor, radius: number): Tensor {
  return aten
    .constantPadNd(x, [radius, radius], 0)
    .unfold(-1, 2 * radius + 1, 1)
    .sum(-1);
}

export const normalization: Kernels = {
  FusedBatchNorm({ x, mean, variance, offset, scale }, { varianceEpsilon }) {
    for (const [name, other] of Object.entries({ variance, offset, scale })) {
      util.assert(
        !other || other.ndim === mean.ndim,
        () => `Batch normalization gradient requires mean and ${name} to have equal ranks.`,
      );
    }
    const deviation = variance.add((varianceEpsilon as number | null) ?? 0.001).sqrt();
    const factor = scale ? scale.div(deviation) : deviation.reciprocal();
    return inOwnDtype(x, (numbers) => {
      const normal = numbers.sub(mean).mul(factor);
      return offset ? normal.add(offset) : normal;
    });
  },
  LRN({ x }, { depthRadius, bias, alpha, beta }) {
    return inOwnDtype(x, (numbers) => {
      const norm = around(numbers.square(), depthRadius as number)
        .mul(alpha as number)
        .add(bias as number);
      return numbers.mul(norm.pow(-(beta as number)));
    });
  },
  LRNGrad({ x, y, dy }, { depthRadius, bias, alpha, beta }) {
    const radius = depthRadius as number;
    const norm = around(x.square(), radius)
      .mul(alpha as number)
      .add(bias as number);
    const others = around(dy.mul(y).div(norm), radius)
      .mul(x)
      .mul(2 * (alpha as number) * (beta as number));
    return dy.mul(norm.pow(-(beta as number))).sub(others);
  },
};
