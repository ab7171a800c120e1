import * as aten from '../../tensor/aten';
import { isGradEnabled } from '../../autograd/mode';
import { int64 } from '../../core/dtype';
import { TorchError, argumentError } from '../../core/errors';
import { repr, reprFloat } from '../../tensor/repr';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import { native } from '../../native';
import { wrap } from '../../native/dispatch';
import { refuseInExport } from '../../native/recording';
import { checkTensor } from '../../native/tensor_base';
import { warn } from '../../core/warn';
import { type Call, signature } from '../../core/signature';
import { linear } from '../linear';
import type { Reduction } from '../reduction';
import { crossEntropy } from './likelihood';
import { checkAccumulation } from './linear_cross_entropy_chunks';
import { ChunkedLoss, ChunkedLosses, type FunctionArguments } from './linear_cross_entropy_function';
import type { LinearCrossEntropyOptions } from './linear_cross_entropy_options';

/** Options of `F.linearCrossEntropy`. */
export interface LinearCrossEntropyArguments {
  /** Shape `(C)` or `(C, *)`. Default: none. */
  linearBias?: Tensor | null;
  /** Weight of each class. Default: all one. */
  weight?: Tensor | null;
  /** Default: `'mean'`. */
  reduction?: Reduction;
  /** Targets of this value count for nothing. Default: -100. */
  ignoreIndex?: number | null;
  /** Share of the target that is spread over all classes. Default: 0. */
  labelSmoothing?: number;
  /** Whether and how to go over the rows in chunks. Default: all rows at once. */
  options?: LinearCrossEntropyOptions | null;
}
export const LINEAR_CROSS_ENTROPY: Required<LinearCrossEntropyArguments> = {
  linearBias: null,
  weight: null,
  reduction: 'mean',
  ignoreIndex: null,
  labelSmoothing: 0,
  options: null,
};
const LINEAR = signature(
  'linearCrossEntropy',
  [tensor('input'), tensor('linearWeight'), tensor('target')],
  LINEAR_CROSS_ENTROPY,
  [],
);

type Given = Required<LinearCrossEntropyArguments>;
function chunked(input: Tensor, linearWeight: Tensor, target: Tensor, given: Given): Tensor {
  const { linearBias, weight, reduction, ignoreIndex } = given;
  const batched = input.dim() === 2;
  const rows = batched ? input : aten.unsqueeze(input, 0);
  const targets = batched ? target : aten.unsqueeze(target, 0);
  const [batches, inFeatures] = rows.shape;
  const { dtype, device } = input;
  const settings = given.options!.settings(batches, inFeatures, linearWeight.shape[0], dtype, device);
  checkAccumulation(dtype, settings.accDtype);
  const needs = (tensor: Tensor | null): boolean => isGradEnabled() && (tensor?.requiresGrad ?? false);
  const wanted = {
    input: needs(input),
    linearWeight: needs(linearWeight),
    linearBias: needs(linearBias),
  };
  const rest = { reduction, ignoreIndex: ignoreIndex ?? -100, settings };
  const problem: FunctionArguments = [rows, linearWeight, targets, linearBias, weight, rest, wanted];
  refuseInExport(
    "linearCrossEntropy() in chunks is an operator of Python's own library in a program, " +
      'torch_nn::_linear_cross_entropy_batch_chunked, which is not here: call it without chunking options',
  );
  const loss = reduction === 'none' ? ChunkedLosses.apply(...problem) : ChunkedLoss.apply(...problem)[0];
  return batched ? loss : aten.squeeze(loss, 0);
}

function checkShapes(input: Tensor, linearWeight: Tensor, linearBias: Tensor | null): void {
  const fail = (message: string): never => {
    throw new TorchError(message);
  };
  if (linearBias !== null) checkTensor('linearCrossEntropy', 'linearBias', linearBias);
  const ndim = input.dim();
  if (ndim < 1 || ndim > 2) fail(`expected input with dimensionality 1 or 2, got ${ndim}`);
  if (linearWeight.dim() < 2)
    fail(`expected linear_weight with dimensionality at least 2, got ${linearWeight.dim()}`);
  const inFeatures = input.shape[ndim - 1];
  const weightFeatures = linearWeight.shape[linearWeight.dim() - 1];
  if (inFeatures !== weightFeatures) {
    fail(
      'expected equal input and linear_weight last dimensions (in_features), ' +
        `got ${inFeatures} and ${weightFeatures}, respectively`,
    );
  }
  const outputs = linearWeight.shape.slice(0, -1);
  if (linearBias !== null && repr([...linearBias.shape]) !== repr(outputs))
    fail(`expected linear_bias shape ${repr(outputs)}, got ${repr([...linearBias.shape])}`);
  if (outputs.length > 1 && ndim === 1) {
    fail(
      `K-dimensional loss defined by linear_weight shape ${repr([...linearWeight.shape])} requires batched input, ` +
        `(N, ${inFeatures}), got unbatched input with shape ${repr([...input.shape])}`,
    );
  }
}

// Under forward-mode AD, and where a gradient is differentiated or mapped again, the rows' gradients would be constants.
function hasChunkedGradient({ reduction }: Given, ...tensors: (Tensor | null)[]): boolean {
  if (native.forwardLevel() >= 0) return false;
  return tensors.every((tensor) => {
    let around = 0;
    for (let inside = tensor && native.transformOf(tensor); inside !== null; around++) {
      const [, mappedDim, value] = inside;
      if (mappedDim === null && (around > 0 || reduction === 'none')) return false;
      inside = native.transformOf(wrap(value) as Tensor);
    }
    return true;
  });
}

function canChunk(outFeatures: readonly number[], target: Tensor, given: Given): boolean {
  const { options, reduction, labelSmoothing, linearBias } = given;
  if (options === null) return false;
  if (typeof options.settings !== 'function')
    throw argumentError('linearCrossEntropy', 'options', 'LinearCrossEntropyOptions', options);
  const known = ['mean', 'sum', 'none'].includes(reduction);
  if (known && labelSmoothing === 0 && target.dtype === int64 && outFeatures.length === 0) return true;
  warn(
    "linear_cross_entropy: ``options`` ignored; chunked path needs reduction in {'mean','sum','none'}, " +
      `label_smoothing == 0, target.dtype == int64, out_features == (). Got reduction=${repr(reduction)}, ` +
      `label_smoothing=${reprFloat(labelSmoothing)}, target.dtype=${target.dtype}, ` +
      `out_features=${repr(outFeatures)}, tracing=False, ` +
      `linear_bias.shape=${linearBias ? repr([...linearBias.shape]) : 'None'}.`,
  );
  return false;
}

/**
 * The cross entropy of a linear map of the input. With `options` it goes over the rows in chunks, and never
 * holds the scores of all of them.
 *
 * Differs from PyTorch: `torch.nn.functional.linearCrossEntropy` with `options` may be used under every transform.
 * Under forward-mode AD, where Python gives zeros, and where a gradient is differentiated or mapped again, which Python
 * refuses, it takes all rows at once.
 *
 * Shapes: input `(N, D)` or `(D)`; linear weight `(C, D)` or `(C, *, D)`; target `(N)`, `()` or `(N, *)` of
 * classes, or `(N, C, *)` or `(C)` of probabilities.
 */
export function linearCrossEntropy(
  ...args: Call<typeof LINEAR, [input: Tensor, linearWeight: Tensor, target: Tensor]>
): Tensor {
  const [input, linearWeight, target, given] = LINEAR.bind(args);
  const { linearBias, weight, reduction, labelSmoothing } = given;
  checkShapes(input, linearWeight, linearBias);
  const outputs = linearWeight.shape.slice(0, -1); // C, *
  const scoresShape = [...input.shape.slice(0, -1), ...outputs];
  if (repr([...target.shape]) === repr(scoresShape) && given.ignoreIndex !== null)
    throw new TorchError('ignore_index cannot be specified when target contains probabilities');
  if (canChunk(outputs.slice(1), target, given) && hasChunkedGradient(given, input, linearWeight, linearBias))
    return chunked(input, linearWeight, target, given);
  const flat = outputs.length > 1;
  const flatWeight = flat ? aten.reshape(linearWeight, [-1, input.shape[input.dim() - 1]]) : linearWeight;
  const flatBias = flat && linearBias ? aten.reshape(linearBias, [-1]) : linearBias;
  const scores = aten.reshape(linear(input, flatWeight, flatBias), scoresShape);
  const ignoreIndex = given.ignoreIndex ?? -100;
  return crossEntropy(scores, target, { weight, reduction, ignoreIndex, labelSmoothing });
}
