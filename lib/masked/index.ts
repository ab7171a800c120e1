/** `torch.masked`: reductions and softmax of the elements that a mask lets through. */
export {
  type MaskedIndex,
  type MaskedIndexOptions,
  type MaskedReduction,
  type MaskedReductionOptions,
  amax,
  amin,
  argmax,
  argmin,
  logsumexp,
  prod,
  sum,
} from './reductions';
export {
  type MaskedLogaddexpOptions,
  type MaskedNormalizeOptions,
  type MaskedOptions,
  type MaskedSlices,
  cumprod,
  cumsum,
  logSoftmax,
  logaddexp,
  normalize,
  softmax,
  softmin,
} from './slices';
export {
  type MaskedMedianOptions,
  type MaskedNormOptions,
  type MaskedVariance,
  type MaskedVarianceOptions,
  mean,
  median,
  norm,
  std,
  var,
} from './statistics';
