/**
 * What Python has in torch/functional.py: functions that are no operators, or whose operator has a
 * signature that users do not see. They win over the operators of the same name.
 */
export { nonzero, unravelIndex } from './indices';
export { type LobpcgOptions, lobpcg } from './lobpcg';
export {
  type LowRank,
  type LuOptions,
  type PcaLowrankOptions,
  type SvdLowrankOptions,
  lu,
  pcaLowrank,
  svdLowrank,
} from './low_rank';
export { type CdistOptions, type NormOptions, cdist, norm } from './norms';
export { typename } from './kinds_of';
export {
  type TensordotOptions,
  blockDiag,
  cartesianProd,
  dsmm,
  einsum,
  hsmm,
  saddmm,
  spmm,
  tensordot,
} from './products';
export {
  type MeshgridOptions,
  atleast1d,
  atleast2d,
  atleast3d,
  broadcastShapes,
  broadcastTensors,
  meshgrid,
} from './shapes';
export { type UniqueConsecutiveOptions, type UniqueOptions, unique, uniqueConsecutive } from './unique';
