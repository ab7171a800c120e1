/** `torch.nn.utils` */
export {
  clipGradNorm,
  clipGradNorm_,
  clipGradValue_,
  clipGradsWithNorm_,
  getTotalNorm,
  type ForeachOptions,
  type Tensors,
  type TotalNormOptions,
} from './clip_grad';
export { parametersToVector, vectorToParameters } from './convert_parameters';
export { fuseConvBnEval, fuseConvBnWeights, fuseLinearBnEval, fuseLinearBnWeights } from './fusion';
export { skipInit } from './init';
export { convertConv2dWeightMemoryFormat, convertConv3dWeightMemoryFormat } from './memory_format';
export { removeSpectralNorm, spectralNorm, type SpectralNormOptions } from './spectral_norm';
export { consumePrefixInStateDictIfPresent } from './state_prefix';
export { removeWeightNorm, weightNorm, type WeightNormOptions } from './weight_norm';

export * as fusion from './fusion';
export * as memoryFormat from './memory_format';
export * as parametrizations from './parametrizations';
export * as parametrize from './parametrize';
export * as prune from './prune';
export * as rnn from './rnn';
export * as stateless from './stateless';
