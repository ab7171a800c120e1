import { checkTensor } from '../native/tensor_base';
import * as aten from '../tensor/aten';
import { TorchError, valueError } from '../core/errors';
import type { Tensor } from '../tensor';
import { warn } from '../core/warn';
import { keywords } from '../core/keywords';
import { sizeText } from '../core/size_text';
import { sameSize } from './reduction';

const bagModes = ['sum', 'mean', 'max'] as const;
/** What is made of the rows of a bag. */
export type EmbeddingBagMode = (typeof bagModes)[number];

export interface EmbeddingBagSharedOptions {
  /** Rows of a larger norm are scaled to it, in place. Default: none. */
  maxNorm?: number | null;
  /** The p of that norm. Default: 2. */
  normType?: number;
  /** Whether gradients are divided by how often a row occurs in the batch; not for `'max'`. Default: `false`. */
  scaleGradByFreq?: boolean;
  /** Default: `'mean'`. */
  mode?: EmbeddingBagMode;
  /** Whether the weight's gradient is a sparse tensor; not for `'max'`. Default: `false`. */
  sparse?: boolean;
  /** Whether the last of the offsets is the length of the input. Default: `false`. */
  includeLastOffset?: boolean;
  /** The row that counts in no bag and gets no gradient; may count from the end. Default: none. */
  paddingIdx?: number | null;
}
export interface EmbeddingBagOptions extends EmbeddingBagSharedOptions {
  /** Where each bag starts in a 1-d input. Default: none, for 2-d input, whose rows are bags. */
  offsets?: Tensor | null;
  /** What the rows are multiplied by, of the input's shape; for `'sum'`. Default: none. */
  perSampleWeights?: Tensor | null;
}
export const EMBEDDING_BAG_SHARED: Required<EmbeddingBagSharedOptions> = {
  maxNorm: null,
  normType: 2,
  scaleGradByFreq: false,
  mode: 'mean',
  sparse: false,
  includeLastOffset: false,
  paddingIdx: null,
};
const EMBEDDING_BAG: Required<EmbeddingBagOptions> = {
  ...EMBEDDING_BAG_SHARED,
  offsets: null,
  perSampleWeights: null,
};

type Given = Required<EmbeddingBagOptions>;

function checkMode({ mode, scaleGradByFreq, sparse }: Given): number {
  const modeNumber = bagModes.indexOf(mode);
  if (modeNumber < 0) throw valueError('mode has to be one of sum, mean or max');
  if (mode !== 'max') return modeNumber;
  if (scaleGradByFreq) throw valueError('max mode does not support scaling the gradient by the frequency');
  if (sparse) throw valueError('max mode does not support sparse weights');
  return modeNumber;
}

// The input as one dimension, with offsets.
function flattened(input: Tensor, given: Given): { input: Tensor; offsets: Tensor } & Omit<Given, 'offsets'> {
  const { offsets, perSampleWeights } = given;
  const ndim = input.dim();
  if (ndim === 1) {
    if (offsets === null) throw valueError('offsets has to be a 1D Tensor but got None');
    if (offsets.dim() !== 1) throw valueError('offsets has to be a 1D Tensor');
    return { ...given, input, offsets };
  }
  if (ndim !== 2) throw valueError(`input has to be 1D or 2D Tensor, but got Tensor of dimension ${ndim}`);
  if (offsets !== null) {
    throw valueError(
      'if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length ' +
        "sequences. However, found offsets of type <class 'torch.Tensor'>",
    );
  }
  const { dtype, device } = input;
  return {
    ...given,
    input: aten.reshape(input, [-1]),
    offsets: aten.arange(0, input.numel(), input.shape[1], { dtype, device }),
    perSampleWeights: perSampleWeights && aten.reshape(perSampleWeights, [-1]),
    includeLastOffset: false,
  };
}

/**
 * The sum, mean or maximum of rows of `weight` for each bag of numbers.
 *
 * Shapes: input `(B, N)`, or `(N)` with `offsets` `(B)`; weight `(rows, columns)`; output `(B, columns)`.
 * Differs from PyTorch: no nested tensors.
 *
 * @throws ValueError for shapes and options that do not go together.
 */
export function embeddingBag(
  input: Tensor,
  weight: Tensor,
  offsets?: Tensor | null | EmbeddingBagOptions,
  options?: EmbeddingBagOptions,
): Tensor {
  const given = keywords<EmbeddingBagOptions>('embeddingBag', EMBEDDING_BAG, { offsets }, options);
  checkTensor('embeddingBag', 'input', input);
  checkTensor('embeddingBag', 'weight', weight);
  if (given.offsets !== null) checkTensor('embeddingBag', 'offsets', given.offsets);
  if (given.perSampleWeights !== null)
    checkTensor('embeddingBag', 'perSampleWeights', given.perSampleWeights);
  if (weight.dtype.name === 'int64' && input.isFloatingPoint()) {
    warn(
      'Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is ' +
        'deprecated, and should now be `embedding_bag(input, weight, ...)`.',
    );
    [weight, input] = [input, weight];
  }
  checkShapes(input, weight, given.perSampleWeights);
  const bags = flattened(input, given);
  const mode = checkMode(given);
  if (bags.maxNorm !== null) aten.embeddingRenorm_(weight.detach(), bags.input, bags.maxNorm, bags.normType);
  if (bags.perSampleWeights !== null && given.mode !== 'sum') {
    throw new TorchError(
      'embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for ' +
        `mode='sum' (got mode='${given.mode}'). Please open a feature request on GitHub.`,
      'NotImplementedError',
    );
  }
  const { scaleGradByFreq, sparse, perSampleWeights, includeLastOffset, paddingIdx } = bags;
  const [result] = aten.embeddingBag(
    weight,
    bags.input,
    bags.offsets,
    scaleGradByFreq,
    mode,
    sparse,
    perSampleWeights,
    includeLastOffset,
    paddingIdx,
  );
  return result;
}

function checkShapes(input: Tensor, weight: Tensor, perSampleWeights: Tensor | null): void {
  if (perSampleWeights !== null && !sameSize(input, perSampleWeights)) {
    throw valueError(
      `embedding_bag: If per_sample_weights (${sizeText(perSampleWeights.shape)}) is not None, then it must have ` +
        `the same shape as the input (${sizeText(input.shape)})`,
    );
  }
  if (weight.dim() !== 2)
    throw valueError(`weight has to be a 2D Tensor, but got Tensor of dimension ${weight.dim()}`);
}

/**
 * Zeros with a one at each number.
 *
 * Shape: `(*)` of int64 to `(*, numClasses)`; without `numClasses` the largest number decides.
 */
export function oneHot(tensor: Tensor, numClasses: number | { numClasses?: number } = -1): Tensor {
  const given = keywords<{ numClasses?: number }>('oneHot', { numClasses: -1 }, { numClasses });
  return aten.oneHot(tensor, given.numClasses);
}
