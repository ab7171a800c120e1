/**
 * Non-maximum suppression. Each box that is kept decides about those after it, so there is nothing for libtorch to do
 * at once: a search by its operators takes several calls for each box, and tfjs-core's own, which its cpu and webgl
 * backends use, a few nanoseconds for each pair.
 */
import { kernel_impls } from '@tensorflow/tfjs-core';
import { tensor } from '../../tensor/creation';
import type { Tensor } from '../../tensor';
import type { TypedArray } from '../../tensor/values';
import type { Inputs, Kernels } from '../kernel';

const valuesOf = (x: Tensor): Float32Array => x.toTypedArray() as Float32Array;

/** Where the boxes and scores are. */
function put(values: readonly number[], { boxes }: Inputs, dtype: 'int32' | 'float32'): Tensor {
  const typed: TypedArray = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
  return tensor(typed, { device: boxes.device });
}

export const suppression: Kernels = {
  NonMaxSuppressionV3(inputs, { maxOutputSize, iouThreshold, scoreThreshold }) {
    const { selectedIndices } = kernel_impls.nonMaxSuppressionV3Impl(
      valuesOf(inputs.boxes),
      valuesOf(inputs.scores),
      maxOutputSize as number,
      iouThreshold as number,
      scoreThreshold as number,
    );
    return put(selectedIndices, inputs, 'int32');
  },
  NonMaxSuppressionV4(inputs, { maxOutputSize, iouThreshold, scoreThreshold, padToMaxOutputSize }) {
    const { selectedIndices, validOutputs } = kernel_impls.nonMaxSuppressionV4Impl(
      valuesOf(inputs.boxes),
      valuesOf(inputs.scores),
      maxOutputSize as number,
      iouThreshold as number,
      scoreThreshold as number,
      padToMaxOutputSize as boolean,
    );
    return [put(selectedIndices, inputs, 'int32'), put([validOutputs!], inputs, 'int32').reshape([])];
  },
  NonMaxSuppressionV5(inputs, { maxOutputSize, iouThreshold, scoreThreshold, softNmsSigma }) {
    const { selectedIndices, selectedScores } = kernel_impls.nonMaxSuppressionV5Impl(
      valuesOf(inputs.boxes),
      valuesOf(inputs.scores),
      maxOutputSize as number,
      iouThreshold as number,
      scoreThreshold as number,
      softNmsSigma as number,
    );
    return [put(selectedIndices, inputs, 'int32'), put(selectedScores!, inputs, 'float32')];
  },
};
