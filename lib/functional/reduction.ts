// What the losses share: how a loss is reduced, and checks of their arguments' sizes.
import { checkTensor } from '../native/tensor_base';
import { valueError } from '../core/errors';
import { sizeText } from '../core/size_text';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { warn } from '../core/warn';

/** `'mean'` (the default), `'sum'`, or `'none'` for one loss an element. */
export type Reduction = 'none' | 'mean' | 'sum';

/** What is made of the losses of the elements. */
export interface ReductionOptions {
  /** Default: `'mean'`. */
  reduction?: Reduction;
  /** Deprecated: see `reduction`. */
  sizeAverage?: boolean | null;
  /** Deprecated: see `reduction`. */
  reduce?: boolean | null;
}

export const REDUCTION: Required<ReductionOptions> = { sizeAverage: null, reduce: null, reduction: 'mean' };
/** Their places, where all three come one after the other. */
export type ReductionPlaces = [sizeAverage: boolean | null, reduce: boolean | null, reduction: Reduction];

/** libtorch's number for a reduction (`at::Reduction`). */
export function reductionEnum(reduction: string): number {
  switch (reduction) {
    case 'none':
      return 0;
    case 'mean':
      return 1;
    case 'elementwise_mean':
      warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.");
      return 1;
    case 'sum':
      return 2;
    default:
      throw valueError(`${String(reduction)} is not a valid value for reduction`);
  }
}

/** The reduction that is meant, with PyTorch's two old flags taken into account. */
export function resolveReduction(options: Required<ReductionOptions>): Reduction {
  const { reduction, sizeAverage, reduce } = options;
  if (sizeAverage === null && reduce === null) return reduction;
  const meant = reduce === false ? 'none' : sizeAverage === false ? 'sum' : 'mean';
  warn(`size_average and reduce args will be deprecated, please use reduction='${meant}' instead.`);
  return meant;
}

export function sameSize(a: Tensor, b: Tensor): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i]);
}

/** Both, broadcast to one size; warns where that is likely a mistake. */
export function broadcastPair(input: Tensor, target: Tensor): [Tensor, Tensor] {
  if (!sameSize(target, input)) {
    warn(
      `Using a target size (${sizeText(target.shape)}) that is different to the input size ` +
        `(${sizeText(input.shape)}). This will likely lead to incorrect results due to broadcasting. ` +
        'Please ensure they have the same size.',
    );
  }
  return aten.broadcastTensors([input, target]) as [Tensor, Tensor];
}

/** @throws ValueError unless the weights are of the input's size. */
export function checkWeights(weight: Tensor, input: Tensor): void {
  checkTensor('loss', 'weight', weight);
  if (!sameSize(weight, input)) throw valueError('Weights and input must have the same size.');
}

export function invalidMode(reduction: string): TypeError {
  return valueError(`Invalid reduction mode: ${String(reduction)}. Expected one of 'none', 'mean', 'sum'.`);
}

/** Errors times weights; the mean divides by the sum of the weights, not by their number. */
export function reduceWeighted(errors: Tensor, weight: Tensor, reduction: string): Tensor {
  const weighted = aten.mul(errors, weight);
  switch (reduction) {
    case 'none':
      return weighted;
    case 'sum':
      return aten.sum(weighted);
    case 'mean':
      return aten.div(aten.sum(weighted), aten.sum(weight));
    default:
      throw invalidMode(reduction);
  }
}

/** @throws ValueError for a reduction that is none; each loss has words of its own for that. */
export function checkReduction(reduction: string, complaint: string): void {
  if (reduction !== 'none' && reduction !== 'mean' && reduction !== 'sum')
    throw valueError(`${String(reduction)} ${complaint}`);
}

/** The losses of all elements, reduced. */
export function reduced(loss: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return loss;
  return reduction === 'sum' ? aten.sum(loss) : aten.mean(loss);
}
