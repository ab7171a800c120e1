/** torch.nn.parallel: one module on several GPUs or in several processes. */
export { DataParallel, type DataParallelOptions, type GpuLike } from '../layers/data_parallel';
export {
  type BuiltinCommHook,
  type CommHook,
  DistributedDataParallel,
  type DistributedDataParallelOptions,
  type GradBucket,
} from './distributed';
