/** `torch.utils.benchmark`: how long something takes. */
export { Measurement } from './measurement';
export { type TaskSpec, selectUnit, trimSigfig, unitToEnglish } from './task_spec';
export {
  type AdaptiveAutorangeOptions,
  type BlockedAutorangeOptions,
  Timer,
  type TimerOptions,
} from './timer';
