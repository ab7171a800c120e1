/** torch.nn.parallel: one module on several GPUs or in several processes. */
export { DataParallel, type DataParallelOptions, type GpuLike } from '../layers/data_parallel';
export { DistributedDataParallel } from './distributed';
export { type JoinOptions } from './join';
export {
  type BuiltinCommHook,
  type CommHook,
  type DistributedDataParallelOptions,
  type GradBucket,
} from './options';
