import { value } from '../../core/kinds';
import type { Call } from '../../core/signature';
import { optimSignature } from '../arguments';
import { TorchError, TorchTypeError } from '../../core/errors';
import { checkMethods } from '../../core/calls';
import { repr } from '../../tensor/repr';
import { Tensor } from '../../tensor';
import { valueError } from '../group';
import { type Value, numberOf } from '../scalar';
import { type AnyOptimizer, LRScheduler, type SchedulerStateDict, setOption, warnOfEpoch } from './scheduler';

/** Options of `optim.lrScheduler.ReduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions {
  /** Whether the metric shall become small or large. Default: 'min'. */
  mode?: 'min' | 'max';
  /** What the learning rate is multiplied by. Default: 0.1. */
  factor?: number;
  /** Epochs without improvement that pass. Default: 10. */
  patience?: number;
  /** The least change that is an improvement. Default: 1e-4. */
  threshold?: number;
  /** Whether that is a part of the best value or a difference. Default: 'rel'. */
  thresholdMode?: 'rel' | 'abs';
  /** Epochs after a reduction in which none is counted. Default: 0. */
  cooldown?: number;
  /** The smallest learning rate, of all groups or each. Default: 0. */
  minLr?: number | readonly number[];
  /** A smaller reduction is not made. Default: 1e-8. */
  eps?: number;
}

const PLATEAU: Required<ReduceLROnPlateauOptions> = {
  mode: 'min',
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  thresholdMode: 'rel',
  cooldown: 0,
  minLr: 0,
  eps: 1e-8,
};

const REDUCE_LRON_PLATEAU_CALL = optimSignature(
  'ReduceLROnPlateau',
  [value<AnyOptimizer>()('optimizer')],
  PLATEAU,
  ['mode', 'factor', 'patience', 'threshold', 'thresholdMode', 'cooldown', 'minLr', 'eps'],
);

/**
 * Reduces the learning rate when a metric has stopped improving.
 *
 * @example
 * const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, 'min');
 * scheduler.step(validationLoss);
 */
export class ReduceLROnPlateau extends LRScheduler {
  readonly factor: number;
  defaultMinLr: number | null;
  minLrs: number[];
  readonly patience: number;
  readonly cooldown: number;
  readonly eps: number;
  declare modeWorse: number;
  declare mode: 'min' | 'max';
  declare threshold: number;
  declare thresholdMode: 'rel' | 'abs';
  declare best: number;
  declare cooldownCounter: number;
  declare numBadEpochs: number;

  constructor(
    ...args: Call<
      typeof REDUCE_LRON_PLATEAU_CALL,
      [optimizer: AnyOptimizer],
      [
        mode: 'min' | 'max',
        factor: number,
        patience: number,
        threshold: number,
        thresholdMode: 'rel' | 'abs',
        cooldown: number,
        minLr: number | readonly number[],
        eps: number,
      ]
    >
  ) {
    const [optimizer, given] = REDUCE_LRON_PLATEAU_CALL.bind(args);
    if (given.factor >= 1) throw valueError('Factor should be < 1.0.');
    super(optimizer);
    this.factor = given.factor;
    const { minLr } = given;
    const count = optimizer.paramGroups.length;
    if (typeof minLr !== 'number' && minLr.length !== count) {
      throw valueError(`expected ${count} min_lrs, got ${minLr.length}`);
    }
    this.defaultMinLr = typeof minLr === 'number' ? minLr : null;
    this.minLrs = typeof minLr === 'number' ? new Array<number>(count).fill(minLr) : [...minLr];
    this.patience = given.patience;
    this.cooldown = given.cooldown;
    this.eps = given.eps;
    this.lastEpoch = 0;
    this._lastLr = this.options('lr');
    this.mode = given.mode;
    this.threshold = given.threshold;
    this.thresholdMode = given.thresholdMode;
    this.#check();
    this.best = this.modeWorse;
    this.cooldownCounter = 0;
    this.numBadEpochs = 0;
  }

  #check(): void {
    if (this.mode !== 'min' && this.mode !== 'max') throw valueError(`mode ${String(this.mode)} is unknown!`);
    if (this.thresholdMode !== 'rel' && this.thresholdMode !== 'abs') {
      throw valueError(`threshold mode ${String(this.thresholdMode)} is unknown!`);
    }
    this.modeWorse = this.mode === 'min' ? Infinity : -Infinity;
  }

  /** Takes the metric of an epoch. */
  override step(metrics?: Value | null, epoch?: number | null): void {
    if (typeof metrics === 'string') {
      throw valueError(`could not convert string to float: ${repr(metrics)}`);
    }
    if (!(metrics instanceof Tensor) && typeof metrics !== 'number') {
      throw new TorchTypeError("ReduceLROnPlateau.step() missing 1 required positional argument: 'metrics'");
    }
    const current = numberOf(metrics);
    if (epoch != null) warnOfEpoch();
    this.lastEpoch = epoch ?? this.lastEpoch + 1;
    if (this.#isBetter(current)) {
      this.best = current;
      this.numBadEpochs = 0;
    } else this.numBadEpochs += 1;
    if (this.inCooldown) {
      this.cooldownCounter -= 1;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.patience) {
      this.#reduce();
      this.cooldownCounter = this.cooldown;
      this.numBadEpochs = 0;
    }
    this._lastLr = this.options('lr');
  }

  #reduce(): void {
    const groups = this.optimizer.paramGroups;
    if (groups.length !== this.minLrs.length) {
      if (this.defaultMinLr === null) {
        throw new TorchError(
          `The number of param groups in the \`optimizer\` (${groups.length}) differs from when ` +
            `\`ReduceLROnPlateau\` was initialized (${this.minLrs.length}), usually due to a new param ` +
            'group being added to the optimizer. Please modify the `min_lrs` field to match the length of ' +
            'the `optimizer` param groups.',
        );
      }
      this.minLrs = new Array<number>(groups.length).fill(this.defaultMinLr);
    }
    groups.forEach((group, i) => {
      const before = numberOf(group.lr as Value);
      const after = Math.max(before * this.factor, this.minLrs[i]);
      if (before - after > this.eps) setOption(group, 'lr', after);
    });
  }

  /** Whether the scheduler still waits after it has lowered the rate. */
  get inCooldown(): boolean {
    return this.cooldownCounter > 0;
  }

  #isBetter(value: number): boolean {
    const { best, threshold } = this;
    const relative = this.thresholdMode === 'rel';
    if (this.mode === 'min') return value < (relative ? best * (1 - threshold) : best - threshold);
    return value > (relative ? best * (threshold + 1) : best + threshold);
  }

  override loadStateDict(stateDict: SchedulerStateDict | ReadonlyMap<string, unknown>): void {
    super.loadStateDict(stateDict);
    this.#check();
  }
}
checkMethods('ReduceLROnPlateau', ReduceLROnPlateau, 'step(metrics?, epoch?)', 'loadStateDict(stateDict{})');
