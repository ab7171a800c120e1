/** torch.optim.swa_utils: averages of a model's weights along training. */
export {
  type AvgFn,
  getEmaAvgFn,
  getEmaMultiAvgFn,
  getSwaAvgFn,
  getSwaMultiAvgFn,
  type MultiAvgFn,
} from './average';
export { AveragedModel, type AveragedModelOptions } from './averaged_model';
export { SWALR, type SWALROptions } from './swalr';
export { updateBn } from './update_bn';
