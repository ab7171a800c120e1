import { value } from '../../core/kinds';
import { checkMethods } from '../../core/calls';
import type { Call } from '../../core/signature';
import { optimSignature } from '../arguments';
import { native } from '../../native';
import { repr } from '../../tensor/repr';
import { valueError } from '../group';
import { type AnyOptimizer, LRScheduler, optionOf, perGroup } from '../lr_scheduler/scheduler';
import { type Value, minus, over, plus, times } from '../scalar';

/** Options of `optim.swaUtils.SWALR`. */
export interface SWALROptions {
  /** Epochs of the way to `swaLr`. Default: 10. */
  annealEpochs?: number;
  /** Default: 'cos'. */
  annealStrategy?: 'cos' | 'linear';
  /** The epoch to go on from. Default: -1. */
  lastEpoch?: number;
}
const SWALR_DEFAULTS: Required<SWALROptions> = { annealEpochs: 10, annealStrategy: 'cos', lastEpoch: -1 };

const SWA_LR_CALL = optimSignature(
  'SWALR',
  [value<AnyOptimizer>()('optimizer'), value<Value | readonly Value[]>()('swaLr')],
  SWALR_DEFAULTS,
  ['annealEpochs', 'annealStrategy', 'lastEpoch'],
);

/** Anneals the learning rate to `swaLr`, one for all groups or each, and leaves it there. */
export class SWALR extends LRScheduler {
  readonly _annealStrategy: 'cos' | 'linear';
  readonly annealEpochs: number;

  constructor(
    ...args: Call<
      typeof SWA_LR_CALL,
      [optimizer: AnyOptimizer, swaLr: Value | readonly Value[]],
      [annealEpochs: number, annealStrategy: 'cos' | 'linear', lastEpoch: number]
    >
  ) {
    const [optimizer, swaLr, given] = SWA_LR_CALL.bind(args);
    super(optimizer);
    const swaLrs = perGroup<Value>('swa_lr', optimizer, swaLr);
    optimizer.paramGroups.forEach((group, i) => (group.swa_lr = swaLrs[i]));
    if (given.annealStrategy !== 'cos' && given.annealStrategy !== 'linear') {
      const strategy = String(given.annealStrategy);
      throw valueError(`anneal_strategy must be one of 'cos' or 'linear', instead got ${strategy}`);
    }
    this._annealStrategy = given.annealStrategy;
    if (!Number.isInteger(given.annealEpochs) || given.annealEpochs < 0) {
      throw valueError(`anneal_epochs must be equal or greater than 0, got ${repr(given.annealEpochs)}`);
    }
    this.annealEpochs = given.annealEpochs;
    this.start(given.lastEpoch);
  }

  /** How much of the way is gone after `step` steps. */
  #share(step: number): number {
    const t = Math.max(0, Math.min(1, step / Math.max(1, this.annealEpochs)));
    return this._annealStrategy === 'cos' ? (1 - native.cos(Math.PI * t)) / 2 : t;
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const made = this._stepCount - 1;
    const step = this.annealEpochs === 0 ? Math.max(1, made) : made;
    const before = this.#share(step - 1);
    const now = this.#share(step);
    return this.optimizer.paramGroups.map((group) => {
      const goal = optionOf(group, 'swa_lr');
      const lr = group.lr as Value;
      const first = before === 1 ? goal : over(minus(lr, times(before, goal)), 1 - before);
      return plus(times(goal, now), times(first, 1 - now));
    });
  }
}
checkMethods('SWALR', SWALR, 'getLr()');
