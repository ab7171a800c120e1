/** The module torch: everything that `import torch from 'nodetorch'` has. */
import { bindArguments } from './core/calls';
import * as autograd from './autograd';
import * as accelerator from './accelerator';
import * as cuda from './cuda';
import { native } from './native';
import { ops } from './tensor/operators';
import { classes } from './tensor/script_object';

export * from './tensor/public_aten';
export * as amp from './amp';
export { GradScaler } from './amp/grad_scaler';
export * as distributed from './distributed';
export * as export from './export';
export * as func from './func';
export * as jit from './jit';
export * as higherOrder from './higher_order';
export { cond } from './higher_order/cond';
export * as library from './library';
export { Tag } from './library/tags';
export * as overrides from './overrides';
export { vmap } from './func/vmap';
export { capture, type Captured, type CaptureOptions } from './capture';
export {
  autocast,
  clearAutocastCache,
  getAutocastDtype,
  isAutocastCacheEnabled,
  isAutocastEnabled,
} from './amp/autocast';
export { accelerator, autograd, classes, cuda, ops };
export { type ClassNamespace, type Classes, type ScriptClass, ScriptObject } from './tensor/script_object';
export * as ao from './ao';
export * as backends from './backends';
export {
  areDeterministicAlgorithmsEnabled,
  type DeterministicDebugMode,
  getDeterministicDebugMode,
  isDeterministicAlgorithmsWarnOnlyEnabled,
  setDeterministicDebugMode,
  useDeterministicAlgorithms,
} from './backends/deterministic';
export {
  type Float32MatmulPrecision,
  getFloat32MatmulPrecision,
  isWarnAlwaysEnabled,
  setFloat32MatmulPrecision,
  setFlushDenormal,
  setWarnAlways,
} from './backends/switches';
export { getNumInteropThreads, getNumThreads, setNumInteropThreads, setNumThreads } from './backends/threads';
export * as inductor from './inductor';
export * as io from './io';
export * as masked from './masked';
export * as signal from './signal';
export * as sparse from './tensor/sparse';
export * as nn from './nn';
export { deepcopy } from './nn/module/copy';
export * as utils from './utils';
export * as optim from './optim';
export * as tfjs from './tfjs/lazy';
export * as safetensors from './serialization/safetensors';
export * as serialization from './serialization';
export { type LoadOptions, load } from './serialization/load';
export { type SaveOptions, save } from './serialization/save';
export * from './serialization/state_dict_file';

export { Tensor, type BackwardOptions, type Scalar, type ToOptions } from './tensor';
export { type StorageOptions } from './tensor/storage_bytes';
export { UntypedStorage, isStorage } from './tensor/untyped_storage';
export { type TypedArray } from './tensor/values';
export { Complex } from './core/complex';
export { Device, type DeviceLike, device } from './core/device';
export {
  bfloat16,
  bool,
  byte,
  cdouble,
  cfloat,
  chalf,
  char,
  complex128,
  complex32,
  complex64,
  double,
  DType,
  type DTypeLike,
  type DTypeName,
  float,
  float16,
  float32,
  float4_e2m1fn_x2,
  float64,
  float8_e4m3fn,
  float8_e4m3fnuz,
  float8_e5m2,
  float8_e5m2fnuz,
  float8_e8m0fnu,
  half,
  int,
  int16,
  int32,
  int64,
  int8,
  long,
  qint32,
  qint8,
  quint8,
  short,
  uint16,
  uint32,
  uint64,
  uint8,
} from './core/dtype';
export * from './core/layout';
export type { Size } from './core/size';
export type { TensorList } from './tensor/tensor_list';
export { TorchError } from './core/errors';
export {
  atleast1d,
  atleast2d,
  atleast3d,
  blockDiag,
  broadcastShapes,
  broadcastTensors,
  cartesianProd,
  cdist,
  type CdistOptions,
  dsmm,
  einsum,
  hsmm,
  lobpcg,
  type LobpcgOptions,
  type LowRank,
  lu,
  type LuOptions,
  meshgrid,
  type MeshgridOptions,
  nonzero,
  norm,
  type NormOptions,
  pcaLowrank,
  type PcaLowrankOptions,
  saddmm,
  spmm,
  svdLowrank,
  type SvdLowrankOptions,
  tensordot,
  type TensordotOptions,
  typename,
  unique,
  uniqueConsecutive,
  type UniqueConsecutiveOptions,
  type UniqueOptions,
  unravelIndex,
} from './tensor/functions';
export {
  sparseBscTensor,
  sparseBsrTensor,
  sparseCompressedTensor,
  sparseCooTensor,
  type SparseCooOptions,
  sparseCscTensor,
  sparseCsrTensor,
  type SparseOptions,
} from './tensor/sparse_tensors';
export { e, inf, nan, newaxis, pi } from './core/constants';
export { type FInfo, finfo, type IInfo, iinfo } from './core/typeinfo';
export { asarray, type AsarrayOptions, frombuffer, type FrombufferOptions } from './tensor/as_array';
export { getDefaultDevice, setDefaultDevice, withDefaultDevice } from './tensor/default_device';
export {
  asTensor,
  type BlobOptions,
  fromBlob,
  full,
  getDefaultDtype,
  isTensor,
  setDefaultDtype,
  tensor,
  type TensorData,
  type TensorOptions,
} from './tensor/creation';
export { type Index, type Nested, type Range, Slice, slice } from './tensor/indexing';
export {
  enableGrad,
  inferenceMode,
  isAnomalyCheckNanEnabled,
  isAnomalyEnabled,
  isGradEnabled,
  isInferenceModeEnabled,
  noGrad,
  setAnomalyEnabled,
  setGradEnabled,
} from './autograd/mode';
export {
  type CacheMemory,
  type DeviceMemory,
  emptyCache,
  keep,
  type Memory,
  memory,
  receive,
  setCpuCacheLimit,
  share,
  type SharedTensor,
  tidy,
} from './tensor/memory';
export { Event, type EventOptions, Stream, type StreamOptions } from './tensor/stream';
export {
  defaultGenerator,
  Generator,
  getRngState,
  initialSeed,
  manualSeed,
  seed,
  setRngState,
} from './tensor/random';
export {
  getPrintoptions,
  printoptions,
  type PrintOptions,
  type PrintProfile,
  setPrintoptions,
} from './tensor/print';

/** Version of libtorch. */
export const version: string = native.versions().libtorch;
/** How libtorch was built. */
export function showConfig(...args: []): string {
  bindArguments('showConfig()', args);
  return native.versions().config;
}
