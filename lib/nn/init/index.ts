/** `torch.nn.init`: fills tensors with initial values, in place, outside of autograd. */
export * from './deprecated';
export { _calculateFanInAndFanOut } from './fan';
export {
  constant_,
  normal_,
  ones_,
  truncNormal_,
  uniform_,
  zeros_,
  type GeneratorOptions,
  type NormalOptions,
  type TruncNormalOptions,
  type UniformOptions,
} from './fill';
export {
  calculateGain,
  kaimingNormal_,
  kaimingUniform_,
  xavierNormal_,
  xavierUniform_,
  type CalculateGainOptions,
  type FanMode,
  type GainOptions,
  type KaimingOptions,
  type Nonlinearity,
} from './scaled';
export { dirac_, eye_, orthogonal_, sparse_, type DiracOptions, type SparseOptions } from './structured';
