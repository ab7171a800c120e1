import { checkTensor } from '../native/tensor_base';
import * as aten from '../tensor/aten';
import { TorchError, valueError } from '../core/errors';
import type { Tensor } from '../tensor';
import { tensor } from '../tensor/kinds';
import { warn } from '../core/warn';
import { type Call, signature } from '../core/signature';
import { sizeText } from '../core/size_text';
import { sameSize } from './reduction';

const bagModes = ['sum', 'mean', 'max'] as const;
/** What is made of the rows of a bag. */
export type EmbeddingBagMode = (typeof bagModes)[number];

/** Options that `F.embeddingBag` and `nn.EmbeddingBag` share. */
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
/** Options of `F.embeddingBag`. */
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
const BAG = signature('embeddingBag', [tensor('input'), tensor('weight')], EMBEDDING_BAG, [
  'offsets',
  'maxNorm',
  'normType',
  'scaleGradByFreq',
  'mode',
  'sparse',
  'perSampleWeights',
  'includeLastOffset',
  'paddingIdx',
]);

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
 * Differs from PyTorch: `torch.nn.functional.embeddingBag` takes no nested tensors.
 *
 * @throws ValueError for shapes and options that do not go together.
 */
export function embeddingBag(
  ...args: Call<
    typeof BAG,
    [input: Tensor, weight: Tensor],
    [
      offsets: Tensor | null,
      maxNorm: number | null,
      normType: number,
      scaleGradByFreq: boolean,
      mode: EmbeddingBagMode,
      sparse: boolean,
      perSampleWeights: Tensor | null,
      includeLastOffset: boolean,
      paddingIdx: number | null,
    ]
  >
): Tensor {
  const [first, second, given] = BAG.bind(args);
  if (given.offsets !== null) checkTensor('embeddingBag', 'offsets', given.offsets);
  if (given.perSampleWeights !== null)
    checkTensor('embeddingBag', 'perSampleWeights', given.perSampleWeights);
  const isOldOrder = second.dtype.name === 'int64' && first.isFloatingPoint();
  if (isOldOrder) {
    warn(
      'Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is ' +
        'deprecated, and should now be `embedding_bag(input, weight, ...)`.',
    );
  }
  const [input, weight] = isOldOrder ? [second, first] : [first, second];
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

const ONE_HOT = signature('oneHot', [tensor('tensor')], { numClasses: -1 });

/**
 * Zeros with a one at each number.
 *
 * Shape: `(*)` of int64 to `(*, numClasses)`; without `numClasses` the largest number decides.
 */
export function oneHot(...args: Call<typeof ONE_HOT, [tensor: Tensor], [numClasses: number]>): Tensor {
  const [tensor, { numClasses }] = ONE_HOT.bind(args);
  return aten.oneHot(tensor, numClasses);
}
