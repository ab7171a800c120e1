/**
 * What Python has in torch/functional.py: functions that are no operators, or whose operator has a
 * signature that users do not see. They win over the operators of the same name.
 */
export { nonzero, unravelIndex } from './indices';
export { type CdistOptions, type NormOptions, cdist, norm } from './norms';
export { type TensordotOptions, blockDiag, cartesianProd, einsum, tensordot } from './products';
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
