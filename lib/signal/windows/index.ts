/** `torch.signal.windows`: window functions, each of M values. */
export {
  bartlett,
  cosine,
  exponential,
  type ExponentialOptions,
  gaussian,
  type GaussianOptions,
  kaiser,
  type KaiserOptions,
} from './bells';
export {
  blackman,
  generalCosine,
  type GeneralCosineOptions,
  generalHamming,
  type GeneralHammingOptions,
  hamming,
  hann,
  nuttall,
} from './cosines';
export type { WindowOptions } from './options';
