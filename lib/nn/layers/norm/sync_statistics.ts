// Batch normalization over the batches of all ranks. Python's torch/nn/modules/_functions.py, whose kernels are a GPU's.
import { AutogradFunction, type FunctionContext } from '../../../autograd/function';
import { allGatherIntoTensor } from '../../../distributed/gathers';
import { allReduce } from '../../../distributed/reductions';
import type { ProcessGroup } from '../../../distributed/group';
import { valueError } from '../../../core/errors';
import * as aten from '../../../tensor/aten';
import type { Tensor } from '../../../tensor';

export interface SyncOptions {
  readonly group: ProcessGroup;
  readonly ranks: number;
  readonly eps: number;
  /** The batch's share in the running statistics. */
  readonly momentum: number;
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;
}

interface Statistics {
  readonly mean: Tensor;
  readonly invstd: Tensor;
  readonly count: Tensor;
}

// All dimensions but that of the channels.
const others = (x: Tensor): number[] =>
  Array.from({ length: x.ndim }, (_, dim) => dim).filter((dim) => dim !== 1);
const perChannel = (values: Tensor, x: Tensor): Tensor =>
  values.reshape([1, -1, ...new Array<number>(x.ndim - 2).fill(1)]);
// Halves are summed up in float32, as by a GPU's kernels.
const wide = (x: Tensor): Tensor => (x.dtype.itemsize < 4 ? x.float() : x);

/** Of the batches of all ranks; goes into the running statistics. A rank without rows counts for nothing. */
function gather(
  x: Tensor,
  { group, ranks, eps, momentum, runningMean, runningVar }: SyncOptions,
): Statistics {
  const [dims, channels] = [others(x), x.shape[1]];
  const rows = x.numel() / channels;
  const [mean, variance] =
    rows > 0
      ? [x.mean(dims), x.var(dims, { correction: 0 })]
      : [aten.newZeros(x, [channels]), aten.newZeros(x, [channels])];
  const mine = aten.cat([mean, variance, aten.fullLike(mean.narrow(0, 0, 1), rows)]);
  const all = aten.empty([ranks * mine.numel()], { dtype: mine.dtype, device: mine.device });
  allGatherIntoTensor(all, mine, group).wait();
  const [means, variances, counts] = aten.splitWithSizes(
    all.reshape([ranks, -1]),
    [channels, channels, 1],
    1,
  );
  const count = counts.sum();
  if ((count.item() as number) < 2) {
    throw valueError('Expected more than 1 value per channel when training, counted over all ranks');
  }
  const total = means.mul(counts).sum(0).div(count);
  const spread = variances.add(means.sub(total).square()).mul(counts).sum(0).div(count);
  runningMean?.lerp_(total.to({ dtype: runningMean.dtype }), momentum);
  runningVar?.lerp_(spread.mul(count.div(count.sub(1))).to({ dtype: runningVar.dtype }), momentum);
  return { mean: total, invstd: spread.add(eps).rsqrt(), count };
}

/** `(x - mean) · invstd · weight + bias` with the mean and variance of all ranks' batches, and its gradient. */
export class SyncBatchNormFunction extends AutogradFunction {
  static override forward(
    ctx: FunctionContext,
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    options: SyncOptions,
  ): Tensor {
    const x = wide(input);
    const { mean, invstd, count } = gather(x, options);
    ctx.saveForBackward(input, weight, mean, invstd, count);
    Object.assign(ctx, { group: options.group, hasBias: bias !== null });
    const normal = x.sub(perChannel(mean, x)).mul(perChannel(invstd, x));
    const scaled = weight ? normal.mul(perChannel(wide(weight), x)) : normal;
    const shifted = bias ? scaled.add(perChannel(wide(bias), x)) : scaled;
    return shifted.to({ dtype: input.dtype });
  }

  static override backward(ctx: FunctionContext, grad: Tensor): (Tensor | null)[] {
    const [input, weight, mean, invstd, count] = ctx.savedTensors as [Tensor, Tensor | null, ...Tensor[]];
    const { group, hasBias } = ctx as unknown as { group: ProcessGroup; hasBias: boolean };
    const [x, dy] = [wide(input), wide(grad)];
    const centred = x.sub(perChannel(mean, x));
    const [sum, product] = [dy.sum(others(x)), dy.mul(centred).sum(others(x))];
    const ofWeight = weight ? product.mul(invstd).to({ dtype: weight.dtype }) : null;
    const ofBias = hasBias ? sum.to({ dtype: weight?.dtype ?? sum.dtype }) : null;
    const both = aten.cat([sum, product]);
    allReduce(both, { group }).wait();
    const [meanDy, meanProduct] = both.div(count).chunk(2);
    const part = centred.mul(perChannel(invstd.square().mul(meanProduct), x));
    const scale = weight ? invstd.mul(wide(weight)) : invstd;
    const ofInput = dy.sub(perChannel(meanDy, x)).sub(part).mul(perChannel(scale, x));
    return [ofInput.to({ dtype: input.dtype }), ofWeight, ofBias, null];
  }
}
