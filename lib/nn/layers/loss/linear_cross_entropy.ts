import * as aten from '../../../tensor/aten';
import * as F from '../../../functional';
import { number } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import { LINEAR_CROSS_ENTROPY, type LinearCrossEntropyOptions } from '../../../functional/loss';
import { REDUCTION } from '../../../functional/reduction';
import { TorchError, argumentError, checkSize } from '../../../core/errors';
import { checkTensor } from '../../../native/tensor_base';
import { repr, reprFloat } from '../../../tensor/repr';
import type { Tensor } from '../../../tensor';
import { Linear } from '../linear';
import { FACTORY, type FactoryOptions } from '../options';
import { WeightedLoss } from './base';

/** Options of `nn.LinearCrossEntropyLoss`. */
export interface LinearCrossEntropyLossOptions
  extends FactoryOptions, Omit<F.LinearCrossEntropyArguments, 'linearBias'> {
  /** More dimensions of the target, for each sample. Default: none. */
  outFeatures?: readonly number[];
  /** Whether the linear map has a bias. Default: `false`. */
  bias?: boolean;
}
const { linearBias: _, ...ARGUMENTS } = LINEAR_CROSS_ENTROPY;
const DEFAULTS: Required<LinearCrossEntropyLossOptions> = {
  ...ARGUMENTS,
  outFeatures: [],
  bias: false,
  ...FACTORY,
};

const LINEAR_CROSS_ENTROPY_LOSS = signature(
  'LinearCrossEntropyLoss',
  [number('inFeatures'), number('numClasses')],
  DEFAULTS,
  [],
);

/**
 * The cross entropy of a linear map of the input.
 *
 * Shapes: input `(N, inFeatures)` or `(inFeatures)`; target as for {@link F.linearCrossEntropy}.
 *
 * @throws TorchError for a weight of another size, or label smoothing outside of 0 to 1.
 */
export class LinearCrossEntropyLoss extends WeightedLoss {
  readonly numClasses: number;
  readonly outFeatures: readonly number[];
  readonly ignoreIndex: number | null;
  readonly labelSmoothing: number;
  readonly options: LinearCrossEntropyOptions | null;
  readonly linear: Linear;

  constructor(...args: Call<typeof LINEAR_CROSS_ENTROPY_LOSS, [inFeatures: number, numClasses: number]>) {
    const [inFeatures, numClasses, given] = LINEAR_CROSS_ENTROPY_LOSS.bind(args);
    const { weight, labelSmoothing, outFeatures, bias, device, dtype } = given;
    if (weight !== null) checkTensor('LinearCrossEntropyLoss', 'weight', weight);
    if (!Array.isArray(outFeatures))
      throw argumentError('LinearCrossEntropyLoss', 'outFeatures', 'an array of numbers', outFeatures);
    checkSize('LinearCrossEntropyLoss', 'outFeatures', outFeatures);
    if (weight !== null && repr([...weight.shape]) !== repr([numClasses])) {
      throw new TorchError(
        `expected weight shape to be ${repr([numClasses])}, got ${repr([...weight.shape])}`,
      );
    }
    if (labelSmoothing < 0 || labelSmoothing > 1) {
      throw new TorchError(
        `expected label_smoothing to be in range [0, 1], got ${reprFloat(labelSmoothing)}`,
      );
    }
    super({ ...REDUCTION, reduction: given.reduction, weight });
    this.numClasses = numClasses;
    this.outFeatures = outFeatures;
    this.ignoreIndex = given.ignoreIndex;
    this.labelSmoothing = labelSmoothing;
    this.options = given.options;
    const total = outFeatures.reduce((product, size) => product * size, numClasses);
    this.linear = new Linear(inFeatures, total, { bias, device, dtype });
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction, ignoreIndex, labelSmoothing, options, linear } = this;
    const outputs = [this.numClasses, ...this.outFeatures];
    const linearWeight = aten.reshape(linear.weight, [...outputs, linear.inFeatures]);
    const linearBias = linear.bias && aten.reshape(linear.bias, outputs);
    return F.linearCrossEntropy(input, linearWeight, target, {
      linearBias,
      weight,
      reduction,
      ignoreIndex,
      labelSmoothing,
      options,
    });
  }

  override extraRepr(): string {
    return (
      `in_features=${this.linear.inFeatures}, num_classes=${this.numClasses}, ` +
      `out_features=${repr(this.outFeatures)}, bias=${repr(this.linear.bias !== null)}, ` +
      `reduction=${this.reduction}, ignore_index=${repr(this.ignoreIndex)}, ` +
      `label_smoothing=${reprFloat(this.labelSmoothing)}, options=${repr(this.options)}`
    );
  }
}
