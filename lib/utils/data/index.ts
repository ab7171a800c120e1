/**
 * torch.utils.data: datasets, samplers, and loaders that make batches of them.
 *
 * @module nodetorch/data
 */
export { BatchSampler } from './batch_sampler';
export { type Collated, type Converted, defaultCollate, defaultConvert } from './collate';
export { ChainDataset, ConcatDataset, StackDataset, TensorDataset } from './combined';
export { DataLoader, type DataLoaderConstructor } from './dataloader';
export { type AnyIterable, Dataset, type DatasetLike, IterableDataset, type Sized } from './dataset';
export { DistributedSampler, type DistributedSamplerOptions } from './distributed_sampler';
export type { DataLoaderOptions, LoaderOptions, UnbatchedOptions, WorkerThreadOptions } from './options';
export { workerDataset, workerFunction } from './portable';
export {
  RandomSampler,
  type RandomSamplerOptions,
  Sampler,
  type SamplerLike,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from './sampler';
export type { DatasetSource, MapSource } from './source';
export type { DataLoaderStateDict, WorkerState } from './state';
export { Subset, randomSplit } from './subset';
export { getWorkerInfo, type WorkerInfo } from './worker_info';
