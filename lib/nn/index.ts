/**
 * `torch.nn`: modules. `import * as nn from 'nodetorch/nn'`.
 *
 * @module nodetorch/nn
 */
import './module/forward_names';

export {
  GELU,
  Hardsigmoid,
  Hardswish,
  LogSigmoid,
  Mish,
  ReLU,
  SELU,
  SiLU,
} from './layers/activation/elementwise';
export { Sigmoid, Softsign, Tanh, Tanhshrink } from './layers/activation/elementwise';
export {
  GLU,
  Hardshrink,
  Hardtanh,
  ReLU6,
  Softplus,
  Softshrink,
  Threshold,
} from './layers/activation/parametric';
export type { HardtanhModuleOptions } from './layers/activation/parametric';
export { CELU, ELU, LeakyReLU, PReLU, RReLU } from './layers/activation/rectifiers';
export type { PReLUOptions, RReLUModuleOptions } from './layers/activation/rectifiers';
export { LogSoftmax, Softmax, Softmax2d, Softmin, type DimOptions } from './layers/activation/softmax';
export {
  AdaptiveLogSoftmaxWithLoss,
  type AdaptiveLogSoftmaxOptions,
  type AdaptiveOutput,
} from './layers/adaptive';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormNdOptions } from './layers/norm/batchnorm';
export { ChannelShuffle } from './layers/channelshuffle';
export { Container, ModuleDict, ModuleList } from './layers/container';
export { Conv1d, Conv2d, Conv3d } from './layers/conv/conv';
export type { ConvNdOptions, PaddingMode } from './layers/conv/conv_base';
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './layers/conv/conv_transpose';
export type { ConvTransposeNdOptions } from './layers/conv/conv_transpose';
export type { ModuleToOptions } from './module/convert';
export { CosineSimilarity, PairwiseDistance } from './layers/distance';
export * as parallel from './parallel';
export { DataParallel, type DataParallelOptions, type GpuLike } from './layers/data_parallel';
export {
  AlphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  FeatureAlphaDropout,
} from './layers/dropout';
export type { DropoutModuleOptions } from './layers/dropout';
export { EmbeddingBag, type EmbeddingBagModuleOptions } from './layers/embedding_bag';
export { factoryKwargs, type FactoryKwargs } from './layers/factory_kwargs';
export { Flatten, Unflatten, type FlattenOptions } from './layers/flatten';
export { Fold, Unfold } from './layers/fold';
export {
  registerModuleBufferRegistrationHook,
  registerModuleForwardHook,
  registerModuleForwardPreHook,
  registerModuleFullBackwardHook,
  registerModuleFullBackwardPreHook,
  registerModuleModuleRegistrationHook,
  registerModuleParameterRegistrationHook,
} from './module/hooks';
export type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardHookOptions,
  ForwardHookWithKwargs,
  ForwardPreHook,
  ForwardPreHookOptions,
  ForwardPreHookWithKwargs,
  LoadStateDictPostHook,
  LoadStateDictPreHook,
  RegistrationHook,
  RemovableHandle,
  StateDictHook,
  StateDictPreHook,
} from './module/hooks';
export {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormNdOptions,
} from './layers/norm/instancenorm';
export { LazyModuleMixin, type LazyModule } from './module/lazy';
export { LazyConv1d, LazyConv2d, LazyConv3d } from './layers/conv/lazy_conv';
export { LazyConvTranspose1d, LazyConvTranspose2d, LazyConvTranspose3d } from './layers/conv/lazy_conv';
export {
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyBatchNorm3d,
  LazyInstanceNorm1d,
  LazyInstanceNorm2d,
  LazyInstanceNorm3d,
} from './layers/norm/lazy_norm';
export { Bilinear, Identity, LazyLinear, Linear, type LinearOptions } from './layers/linear';
export type { IncompatibleKeys, LoadStateDictOptions } from './module/load_state_dict';
export * from './layers/loss';
export type { NamedOptions } from './module/members';
export { Module, type InferredModule, type ModuleConstructor } from './module/module';
export * as attention from './attention';
export { MultiheadAttention } from './layers/attention/multihead_attention';
export type { AttentionOptions, MultiheadAttentionOptions } from './layers/attention/options';
export {
  GroupNorm,
  type GroupNormModuleOptions,
  LayerNorm,
  type LayerNormModuleOptions,
  RMSNorm,
  type RmsNormModuleOptions,
} from './layers/norm/normalization';
export type { FactoryOptions } from './layers/options';
export { Buffer, Parameter, UninitializedBuffer, UninitializedParameter } from './parameter';
export type { BufferOptions, ParameterOptions, UninitializedOptions } from './parameter';
export { ParameterDict, ParameterList } from './layers/parameter_container';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
} from './layers/pooling/adaptive_pooling';
export { FractionalMaxPool2d, FractionalMaxPool3d } from './layers/pooling/fractional_pooling';
export { LPPool1d, LPPool2d, LPPool3d } from './layers/pooling/lp_pooling';
export {
  MaxUnpool1d,
  MaxUnpool2d,
  MaxUnpool3d,
  type MaxUnpoolModuleOptions,
} from './layers/pooling/max_unpooling';
export { CircularPad1d, CircularPad2d, CircularPad3d } from './layers/padding';
export { ConstantPad1d, ConstantPad2d, ConstantPad3d } from './layers/padding';
export { ReflectionPad1d, ReflectionPad2d, ReflectionPad3d } from './layers/padding';
export { ReplicationPad1d, ReplicationPad2d, ReplicationPad3d } from './layers/padding';
export { ZeroPad1d, ZeroPad2d, ZeroPad3d } from './layers/padding';
export { AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d } from './layers/pooling/pooling';
export { CrossMapLRN2d, LocalResponseNorm } from './layers/norm/response_norm';
export { GRU, RNN, type RNNOptions } from './layers/recurrent/rnn';
export { RNNBase } from './layers/recurrent/rnn_base';
export {
  GRUCell,
  LSTMCell,
  RNNCell,
  RNNCellBase,
  type CellOptions,
  type RNNCellOptions,
  type RNNNonlinearity,
} from './layers/recurrent/cells';
export { LSTM, type LSTMOptions, type LSTMState } from './layers/recurrent/lstm';
export type { RNNBaseOptions, RNNMode, RecurrentOptions } from './layers/recurrent/options';
export { Sequential } from './layers/sequential';
export { Embedding, type EmbeddingModuleOptions } from './layers/sparse';
export type { ModuleMetadata, StateDict, StateDictOptions } from './module/state_dict';
export { SyncBatchNorm } from './layers/norm/sync_batchnorm';
export { Transformer, type TransformOptions, type TransformerOptions } from './layers/attention/transformer';
export {
  TransformerDecoder,
  TransformerDecoderLayer,
  type DecodeOptions,
} from './layers/attention/transformer_decoder';
export {
  TransformerEncoder,
  type EncodeOptions,
  type TransformerEncoderOptions,
} from './layers/attention/transformer_encoder';
export {
  TransformerEncoderLayer,
  type EncoderLayerOptions,
} from './layers/attention/transformer_encoder_layer';
export type { TransformerActivation, TransformerLayerOptions } from './layers/attention/transformer_parts';
export { Upsample, UpsamplingBilinear2d, UpsamplingNearest2d } from './layers/upsampling';
export type { UpsampleModuleOptions } from './layers/upsampling';
export { PixelShuffle, PixelUnshuffle } from './layers/vision';

export * as functional from '../functional';
export * as init from './init';
export * as parameter from './parameter';
export * as utils from './utils';
