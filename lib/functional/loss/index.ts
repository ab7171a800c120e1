/** Losses as functions. */
export * from './binary';
export * from './ctc';
export * from './embedding';
export * from './likelihood';
export * from './margin';
export * from './weighted';
export * from './linear_cross_entropy';
export { LinearCrossEntropyOptions } from './linear_cross_entropy_options';
export type {
  AccumulationPolicy,
  ChunkingMethod,
  LinearCrossEntropyOptionsInit,
} from './linear_cross_entropy_options';
