/**
 * `torch.nn.functional`: layers as plain functions, with their defaults and checks.
 * `import * as F from 'nodetorch/functional'`.
 *
 * @module nodetorch/functional
 */
export {
  gelu,
  hardsigmoid,
  hardswish,
  logsigmoid,
  mish,
  relu,
  relu6,
  relu_,
  selu,
  selu_,
  sigmoid,
  silu,
  softsign,
  tanh,
  tanhshrink,
} from './activation/elementwise';
export type { GeluApproximation, GeluOptions, InplaceOptions } from './activation/elementwise';
export {
  celu,
  celu_,
  elu,
  elu_,
  glu,
  hardshrink,
  hardtanh,
  hardtanh_,
  leakyRelu,
  leakyRelu_,
  prelu,
  rrelu,
  rrelu_,
  softplus,
  softshrink,
  threshold,
  threshold_,
} from './activation/parametric';
export type {
  AlphaOptions,
  HardtanhOptions,
  LambdOptions,
  LeakyReluOptions,
  RreluOptions,
  SoftplusOptions,
} from './activation/parametric';
export { gumbelSoftmax, logSoftmax, softmax, softmin } from './activation/softmax';
export type { GumbelSoftmaxOptions, SoftmaxOptions } from './activation/softmax';
export {
  scaledDotProductAttention,
  type ScaledDotProductAttentionOptions,
} from './attention/scaled_dot_product';
export { multiHeadAttentionForward } from './attention/multihead_attention';
export type { MultiHeadAttentionForwardOptions } from './attention/forward_options';
export { assertIntOrPair } from './assert';
export { conv1d, conv2d, conv3d } from './conv/conv';
export type { ConvOptions, ConvPadding, Size } from './conv/conv';
export { convTbc, convTranspose1d, convTranspose2d, convTranspose3d } from './conv/conv_transpose';
export type { ConvTransposeOptions } from './conv/conv_transpose';
export { cosineSimilarity, pairwiseDistance, pdist } from './distance';
export type { CosineSimilarityOptions, PairwiseDistanceOptions } from './distance';
export { alphaDropout, dropout, dropout1d, dropout2d, dropout3d, featureAlphaDropout } from './dropout';
export type { DropoutOptions } from './dropout';
export { bilinear, linear } from './linear';
export { ScalingType, SwizzleType, groupedMm, scaledGroupedMm, scaledMm } from './matmul';
export type { GroupedMmOptions, ScaledGroupedMmOptions, ScaledMmOptions } from './matmul';
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  crossEntropy,
  ctcLoss,
  gaussianNllLoss,
  hingeEmbeddingLoss,
  huberLoss,
  klDiv,
  l1Loss,
  linearCrossEntropy,
  marginRankingLoss,
  mseLoss,
  multiMarginLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  nllLoss,
  poissonNllLoss,
  smoothL1Loss,
  softMarginLoss,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from './loss';
export type {
  BceOptions,
  BceWithLogitsOptions,
  ClassWeightOptions,
  CrossEntropyOptions,
  CtcLossOptions,
  DistanceFunction,
  GaussianNllLossOptions,
  HingeEmbeddingLossOptions,
  HuberLossOptions,
  KlDivOptions,
  KlDivReduction,
  Lengths,
  LinearCrossEntropyArguments,
  MarginOptions,
  MultiMarginLossOptions,
  NllLossOptions,
  PoissonNllLossOptions,
  SmoothL1LossOptions,
  TripletMarginLossOptions,
  TripletMarginWithDistanceLossOptions,
  WeightedLossOptions,
} from './loss';
export { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from './norm/normalization';
export type {
  BatchNormOptions,
  InstanceNormOptions,
  LayerNormOptions,
  RmsNormOptions,
} from './norm/normalization';
export { localResponseNorm, normalize } from './norm/normalize';
export type { LocalResponseNormOptions, NormalizeOptions } from './norm/normalize';
export { pad } from './padding';
export type { PadMode, PadOptions } from './padding';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3d,
  adaptiveMaxPool3dWithIndices,
} from './pooling/adaptive_pooling';
export type { AdaptiveMaxPoolOptions, AdaptiveSize } from './pooling/adaptive_pooling';
export {
  fractionalMaxPool2d,
  fractionalMaxPool2dWithIndices,
  fractionalMaxPool3d,
  fractionalMaxPool3dWithIndices,
} from './pooling/fractional_pooling';
export type { FractionalMaxPoolOptions } from './pooling/fractional_pooling';
export { lpPool1d, lpPool2d, lpPool3d } from './pooling/lp_pooling';
export type { LpPoolOptions } from './pooling/lp_pooling';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d } from './pooling/max_unpooling';
export type { MaxUnpoolOptions } from './pooling/max_unpooling';
export { avgPool1d, avgPool2d, avgPool3d, maxPool1d, maxPool2d, maxPool3d } from './pooling/pooling';
export { maxPool1dWithIndices, maxPool2dWithIndices, maxPool3dWithIndices } from './pooling/pooling';
export type { AvgPool1dOptions, AvgPoolOptions, MaxPoolOptions } from './pooling/pooling';
export type { Reduction, ReductionOptions } from './reduction';
export { embeddingBag, oneHot } from './embedding_bag';
export type { EmbeddingBagMode, EmbeddingBagOptions, EmbeddingBagSharedOptions } from './embedding_bag';
export { fold, unfold } from './fold';
export type { FoldOptions } from './fold';
export { interpolate, upsample, upsampleBilinear, upsampleNearest } from './interpolate';
export type {
  InterpolateMode,
  InterpolateOptions,
  UpsampleOptions,
  UpsampleSizeOptions,
} from './interpolate';
export { embedding } from './sparse';
export type { EmbeddingOptions } from './sparse';
export {
  affineGrid,
  channelShuffle,
  gridSample,
  nativeChannelShuffle,
  pixelShuffle,
  pixelUnshuffle,
} from './vision';
export type { AffineGridOptions, GridSampleMode, GridSampleOptions, GridSamplePaddingMode } from './vision';
