/** Losses as modules. */
export { BCELoss, BCEWithLogitsLoss } from './binary';
export { CTCLoss } from './ctc';
export { HuberLoss, L1Loss, MSELoss, SmoothL1Loss, type HuberLossModuleOptions } from './difference';
export { CosineEmbeddingLoss, TripletMarginLoss, TripletMarginWithDistanceLoss } from './embedding';
export {
  CrossEntropyLoss,
  GaussianNLLLoss,
  KLDivLoss,
  NLLLoss,
  NLLLoss2d,
  PoissonNLLLoss,
} from './likelihood';
export {
  HingeEmbeddingLoss,
  MarginRankingLoss,
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  SoftMarginLoss,
} from './margin';
export { LinearCrossEntropyLoss, type LinearCrossEntropyLossOptions } from './linear_cross_entropy';
export {
  LinearCrossEntropyOptions,
  type AccumulationPolicy,
  type ChunkingMethod,
  type LinearCrossEntropyOptionsInit,
} from '../../../functional/loss';
