// Schedules that multiply the learning rate for some epochs.
// The order of the operations decides the last bit.
import { value } from '../../core/kinds';
import { checkMethods } from '../../core/calls';
import type { Call } from '../../core/signature';
import { optimSignature } from '../arguments';
import { valueError } from '../group';
import { type Value, over, times } from '../scalar';
import { type AnyOptimizer, LRScheduler } from './scheduler';

/** Options of `optim.lrScheduler.ConstantLR`. */
export interface ConstantLROptions {
  /** What the learning rate is multiplied by at first. Default: 1/3. */
  factor?: number;
  /** Epochs for which it is. Default: 5. */
  totalIters?: number;
  /** The epoch to go on from. Default: -1. */
  lastEpoch?: number;
}
const CONSTANT: Required<ConstantLROptions> = { factor: 1 / 3, totalIters: 5, lastEpoch: -1 };

const CONSTANT_LR_CALL = optimSignature('ConstantLR', [value<AnyOptimizer>()('optimizer')], CONSTANT, [
  'factor',
  'totalIters',
  'lastEpoch',
]);

/** The learning rate times `factor` for the first `totalIters` epochs. */
export class ConstantLR extends LRScheduler {
  readonly factor: number;
  readonly totalIters: number;

  constructor(
    ...args: Call<
      typeof CONSTANT_LR_CALL,
      [optimizer: AnyOptimizer],
      [factor: number, totalIters: number, lastEpoch: number]
    >
  ) {
    const [optimizer, given] = CONSTANT_LR_CALL.bind(args);
    super(optimizer);
    if (given.factor > 1 || given.factor < 0) {
      throw valueError('Constant multiplicative factor expected to be between 0 and 1.');
    }
    this.factor = given.factor;
    this.totalIters = given.totalIters;
    this.start(given.lastEpoch);
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const lrs = this.options('lr');
    if (this.lastEpoch === 0) return lrs.map((lr) => times(lr, this.factor));
    if (this.lastEpoch !== this.totalIters) return lrs;
    return lrs.map((lr) => times(lr, over(1, this.factor)));
  }
  override _getClosedFormLr(): Value[] {
    const ended = this.lastEpoch >= this.totalIters ? 1 : 0;
    return this.baseLrs.map((lr) => times(lr, this.factor + ended * (1 - this.factor)));
  }
}
checkMethods('ConstantLR', ConstantLR, 'getLr()');

/** Options of `optim.lrScheduler.LinearLR`. */
export interface LinearLROptions {
  /** What the learning rate is multiplied by at first. Default: 1/3. */
  startFactor?: number;
  /** What it is multiplied by at the end. Default: 1. */
  endFactor?: number;
  /** Epochs in between. Default: 5. */
  totalIters?: number;
  /** The epoch to go on from. Default: -1. */
  lastEpoch?: number;
}
const LINEAR: Required<LinearLROptions> = { startFactor: 1 / 3, endFactor: 1, totalIters: 5, lastEpoch: -1 };

const LINEAR_LR_CALL = optimSignature('LinearLR', [value<AnyOptimizer>()('optimizer')], LINEAR, [
  'startFactor',
  'endFactor',
  'totalIters',
  'lastEpoch',
]);

/** The learning rate times a factor that goes from `startFactor` to `endFactor` in a straight line. */
export class LinearLR extends LRScheduler {
  readonly startFactor: number;
  readonly endFactor: number;
  readonly totalIters: number;

  constructor(
    ...args: Call<
      typeof LINEAR_LR_CALL,
      [optimizer: AnyOptimizer],
      [startFactor: number, endFactor: number, totalIters: number, lastEpoch: number]
    >
  ) {
    const [optimizer, given] = LINEAR_LR_CALL.bind(args);
    super(optimizer);
    if (given.startFactor > 1 || given.startFactor <= 0) {
      throw valueError(
        'Starting multiplicative factor expected to be greater than 0 and less or equal to 1.',
      );
    }
    if (given.endFactor > 1 || given.endFactor < 0) {
      throw valueError('Ending multiplicative factor expected to be between 0 and 1.');
    }
    this.startFactor = given.startFactor;
    this.endFactor = given.endFactor;
    this.totalIters = given.totalIters;
    this.start(given.lastEpoch);
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const { startFactor, endFactor, totalIters, lastEpoch } = this;
    const lrs = this.options('lr');
    if (lastEpoch === 0) return lrs.map((lr) => times(lr, startFactor));
    if (this._isInitial || lastEpoch > totalIters) return lrs;
    const rise = endFactor - startFactor;
    const before = totalIters * startFactor + (lastEpoch - 1) * rise;
    return lrs.map((lr) => times(lr, 1 + (over(rise, before) as number)));
  }
  override _getClosedFormLr(): Value[] {
    const { startFactor, endFactor, totalIters, lastEpoch } = this;
    const rise = (endFactor - startFactor) * Math.min(totalIters, lastEpoch);
    return this.baseLrs.map((lr) => times(lr, startFactor + (over(rise, totalIters) as number)));
  }
}
checkMethods('LinearLR', LinearLR, 'getLr()');
