/** `torch.nn.functional`: layers as plain functions, with their defaults and checks. */
export { gelu, logSoftmax, relu, sigmoid, softmax, softmin, tanh } from './activation';
export type { GeluApproximation, GeluOptions, InplaceOptions, SoftmaxOptions } from './activation';
export { conv1d, conv2d, conv3d } from './conv';
export type { ConvOptions, ConvPadding, Size } from './conv';
export { dropout, dropout1d, dropout2d, dropout3d } from './dropout';
export type { DropoutOptions } from './dropout';
export { linear } from './linear';
export { binaryCrossEntropyWithLogits, crossEntropy, l1Loss, mseLoss, nllLoss } from './loss';
export type { BceWithLogitsOptions, CrossEntropyOptions, NllLossOptions, WeightedLossOptions } from './loss';
export { batchNorm, layerNorm } from './normalization';
export type { BatchNormOptions, LayerNormOptions } from './normalization';
export { pad } from './padding';
export type { PadMode, PadOptions } from './padding';
export { avgPool1d, avgPool2d, avgPool3d, maxPool1d, maxPool2d, maxPool3d } from './pooling';
export type { AvgPool1dOptions, AvgPoolOptions, MaxPoolOptions } from './pooling';
export type { Reduction, ReductionOptions } from './reduction';
export { embedding } from './sparse';
export type { EmbeddingOptions } from './sparse';
