/** `torch.nn`: modules. */
export { GELU, LogSoftmax, ReLU, Sigmoid, Softmax, Softmin, Tanh, type DimOptions } from './activation';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormNdOptions } from './batchnorm';
export { ModuleDict, ModuleList, Sequential } from './container';
export { Conv1d, Conv2d, Conv3d, type ConvNdOptions, type PaddingMode } from './conv';
export type { ModuleToOptions } from './convert';
export { Dropout, Dropout1d, Dropout2d, Dropout3d, type DropoutModuleOptions } from './dropout';
export { Flatten, Unflatten, type FlattenOptions } from './flatten';
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
export { Identity, Linear, type LinearOptions } from './linear';
export type { IncompatibleKeys, LoadStateDictOptions } from './load_state_dict';
export { BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss, NLLLoss } from './loss';
export type { NamedOptions } from './members';
export { Module } from './module';
export { LayerNorm, type LayerNormModuleOptions } from './normalization';
export type { FactoryOptions } from './options';
export { Buffer, Parameter, type BufferOptions } from './parameter';
export { ParameterDict, ParameterList } from './parameter_container';
export { AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d } from './pooling';
export { Embedding, type EmbeddingModuleOptions } from './sparse';
export type { ModuleMetadata, StateDict, StateDictOptions } from './state_dict';

export * as functional from '../functional';
export * as init from './init';
export * as parameter from './parameter';
