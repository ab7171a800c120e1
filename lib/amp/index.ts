/** `torch.amp`: automatic mixed precision. */
export {
  autocast,
  type AutocastOptions,
  clearAutocastCache,
  customBwd,
  customFwd,
  type CustomForwardOptions,
  getAutocastDtype,
  isAutocastAvailable,
  isAutocastCacheEnabled,
  isAutocastEnabled,
} from './autocast';
export { GradScaler, type GradScalerOptions, type GradScalerStateDict } from './grad_scaler';
