/** `torch.nn`: modules. */
import './forward_names';

export { GELU, Hardsigmoid, Hardswish, LogSigmoid, Mish, ReLU, SELU, SiLU } from './activation';
export { Sigmoid, Softsign, Tanh, Tanhshrink } from './activation';
export { GLU, Hardshrink, Hardtanh, ReLU6, Softplus, Softshrink, Threshold } from './activation_options';
export type { HardtanhModuleOptions } from './activation_options';
export { CELU, ELU, LeakyReLU, PReLU, RReLU } from './activation_rectifiers';
export type { PReLUOptions, RReLUModuleOptions } from './activation_rectifiers';
export { LogSoftmax, Softmax, Softmax2d, Softmin, type DimOptions } from './activation_softmax';
export { AdaptiveLogSoftmaxWithLoss, type AdaptiveLogSoftmaxOptions, type AdaptiveOutput } from './adaptive';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormNdOptions } from './batchnorm';
export { ChannelShuffle } from './channelshuffle';
export { Container, ModuleDict, ModuleList, Sequential } from './container';
export { Conv1d, Conv2d, Conv3d } from './conv';
export type { ConvNdOptions, PaddingMode } from './conv_base';
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './conv_transpose';
export type { ConvTransposeNdOptions } from './conv_transpose';
export type { ModuleToOptions } from './convert';
export { CosineSimilarity, PairwiseDistance } from './distance';
export { DataParallel, type DataParallelOptions, type GpuLike } from './data_parallel';
export { AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout } from './dropout';
export type { DropoutModuleOptions } from './dropout';
export { EmbeddingBag, type EmbeddingBagModuleOptions } from './embedding_bag';
export { factoryKwargs, type FactoryKwargs } from './factory_kwargs';
export { Flatten, Unflatten, type FlattenOptions } from './flatten';
export { Fold, Unfold } from './fold';
export {
  registerModuleBufferRegistrationHook,
  registerModuleForwardHook,
  registerModuleForwardPreHook,
  registerModuleFullBackwardHook,
  registerModuleFullBackwardPreHook,
  registerModuleModuleRegistrationHook,
  registerModuleParameterRegistrationHook,
} from './hooks';
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
} from './hooks';
export { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, type InstanceNormNdOptions } from './instancenorm';
export { LazyModuleMixin, type LazyModule } from './lazy';
export { LazyConv1d, LazyConv2d, LazyConv3d } from './lazy_conv';
export { LazyConvTranspose1d, LazyConvTranspose2d, LazyConvTranspose3d } from './lazy_conv';
export {
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyBatchNorm3d,
  LazyInstanceNorm1d,
  LazyInstanceNorm2d,
  LazyInstanceNorm3d,
} from './lazy_norm';
export { Bilinear, Identity, LazyLinear, Linear, type LinearOptions } from './linear';
export type { IncompatibleKeys, LoadStateDictOptions } from './load_state_dict';
export * from './loss';
export type { NamedOptions } from './members';
export { Module } from './module';
export {
  MultiheadAttention,
  type AttentionOptions,
  type MultiheadAttentionOptions,
} from './multihead_attention';
export {
  GroupNorm,
  type GroupNormModuleOptions,
  LayerNorm,
  type LayerNormModuleOptions,
  RMSNorm,
  type RmsNormModuleOptions,
} from './normalization';
export type { FactoryOptions } from './options';
export { Buffer, Parameter, UninitializedBuffer, UninitializedParameter } from './parameter';
export type { BufferOptions, UninitializedOptions } from './parameter';
export { ParameterDict, ParameterList } from './parameter_container';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
} from './adaptive_pooling';
export { FractionalMaxPool2d, FractionalMaxPool3d } from './fractional_pooling';
export { LPPool1d, LPPool2d, LPPool3d } from './lp_pooling';
export { MaxUnpool1d, MaxUnpool2d, MaxUnpool3d, type MaxUnpoolModuleOptions } from './max_unpooling';
export { CircularPad1d, CircularPad2d, CircularPad3d } from './padding';
export { ConstantPad1d, ConstantPad2d, ConstantPad3d } from './padding';
export { ReflectionPad1d, ReflectionPad2d, ReflectionPad3d } from './padding';
export { ReplicationPad1d, ReplicationPad2d, ReplicationPad3d } from './padding';
export { ZeroPad1d, ZeroPad2d, ZeroPad3d } from './padding';
export { AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d } from './pooling';
export { CrossMapLRN2d, LocalResponseNorm } from './response_norm';
export { GRU, RNN, type RNNOptions } from './rnn';
export { RNNBase } from './rnn_base';
export {
  GRUCell,
  LSTMCell,
  RNNCell,
  RNNCellBase,
  type CellOptions,
  type RNNCellOptions,
  type RNNNonlinearity,
} from './rnn_cells';
export { LSTM, type LSTMOptions, type LSTMState } from './rnn_lstm';
export type { RNNBaseOptions, RNNMode, RecurrentOptions } from './rnn_options';
export { Embedding, type EmbeddingModuleOptions } from './sparse';
export type { ModuleMetadata, StateDict, StateDictOptions } from './state_dict';
export { SyncBatchNorm } from './sync_batchnorm';
export { Transformer, type TransformOptions, type TransformerOptions } from './transformer';
export { TransformerDecoder, TransformerDecoderLayer, type DecodeOptions } from './transformer_decoder';
export {
  TransformerEncoder,
  type EncodeOptions,
  type TransformerEncoderOptions,
} from './transformer_encoder';
export { TransformerEncoderLayer, type EncoderLayerOptions } from './transformer_encoder_layer';
export type { TransformerActivation, TransformerLayerOptions } from './transformer_parts';
export { Upsample, UpsamplingBilinear2d, UpsamplingNearest2d } from './upsampling';
export type { UpsampleModuleOptions } from './upsampling';
export { PixelShuffle, PixelUnshuffle } from './vision';

export * as functional from '../functional';
export * as init from './init';
export * as parameter from './parameter';
export * as utils from './utils';
