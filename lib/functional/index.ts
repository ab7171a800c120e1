/** `torch.nn.functional`: layers as plain functions, with their defaults and checks. */
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
} from './activation';
export type { GeluApproximation, GeluOptions, InplaceOptions } from './activation';
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
} from './activation_options';
export type {
  AlphaOptions,
  HardtanhOptions,
  LambdOptions,
  LeakyReluOptions,
  RreluOptions,
  SoftplusOptions,
} from './activation_options';
export { gumbelSoftmax, logSoftmax, softmax, softmin } from './activation_softmax';
export type { GumbelSoftmaxOptions, SoftmaxOptions } from './activation_softmax';
export { scaledDotProductAttention, type ScaledDotProductAttentionOptions } from './attention';
export { multiHeadAttentionForward, type MultiHeadAttentionForwardOptions } from './multihead_attention';
export { assertIntOrPair } from './assert';
export { conv1d, conv2d, conv3d } from './conv';
export type { ConvOptions, ConvPadding, Size } from './conv';
export { convTbc, convTranspose1d, convTranspose2d, convTranspose3d } from './conv_transpose';
export type { ConvTransposeOptions } from './conv_transpose';
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
export { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from './normalization';
export type {
  BatchNormOptions,
  InstanceNormOptions,
  LayerNormOptions,
  RmsNormOptions,
} from './normalization';
export { localResponseNorm, normalize } from './normalize';
export type { LocalResponseNormOptions, NormalizeOptions } from './normalize';
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
} from './adaptive_pooling';
export type { AdaptiveMaxPoolOptions, AdaptiveSize } from './adaptive_pooling';
export {
  fractionalMaxPool2d,
  fractionalMaxPool2dWithIndices,
  fractionalMaxPool3d,
  fractionalMaxPool3dWithIndices,
} from './fractional_pooling';
export type { FractionalMaxPoolOptions } from './fractional_pooling';
export { lpPool1d, lpPool2d, lpPool3d } from './lp_pooling';
export type { LpPoolOptions } from './lp_pooling';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d } from './max_unpooling';
export type { MaxUnpoolOptions } from './max_unpooling';
export { avgPool1d, avgPool2d, avgPool3d, maxPool1d, maxPool2d, maxPool3d } from './pooling';
export { maxPool1dWithIndices, maxPool2dWithIndices, maxPool3dWithIndices } from './pooling';
export type { AvgPool1dOptions, AvgPoolOptions, MaxPoolOptions } from './pooling';
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
