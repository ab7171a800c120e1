// Schedules that multiply the learning rate. The order of the operations decides the last bit.
import { value } from '../../core/kinds';
import type { Call } from '../../core/signature';
import { optimSignature } from '../arguments';
import { argumentError } from '../../core/errors';
import { checkMethods } from '../../core/calls';
import { native } from '../../native';
import { isMap } from '../../core/realm';
import { Counter } from '../../serialization/pickle/python_types';
import { type Value, divides, over, ratio, times } from '../scalar';
import {
  type AnyOptimizer,
  LRScheduler,
  type SchedulerStateDict,
  bisectRight,
  checkNumber,
} from './scheduler';

/** Options of `optim.lrScheduler.StepLR`. */
export interface StepLROptions {
  /** What the learning rate is multiplied by. Default: 0.1. */
  gamma?: number;
  /** The epoch to go on from. Default: -1. */
  lastEpoch?: number;
}
const STEP: Required<StepLROptions> = { gamma: 0.1, lastEpoch: -1 };

const STEP_LR_CALL = optimSignature(
  'StepLR',
  [value<AnyOptimizer>()('optimizer'), value<number>()('stepSize')],
  STEP,
  ['gamma', 'lastEpoch'],
);

/** Multiplies the learning rate by `gamma` every `stepSize` epochs. */
export class StepLR extends LRScheduler {
  readonly stepSize: number;
  readonly gamma: number;

  constructor(
    ...args: Call<
      typeof STEP_LR_CALL,
      [optimizer: AnyOptimizer, stepSize: number],
      [gamma: number, lastEpoch: number]
    >
  ) {
    const [optimizer, stepSize, given] = STEP_LR_CALL.bind(args);
    checkNumber('StepLR', 'stepSize', stepSize);
    super(optimizer);
    this.stepSize = stepSize;
    this.gamma = given.gamma;
    this.start(given.lastEpoch);
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const lrs = this.options('lr');
    if (this.lastEpoch === 0 || !divides(this.stepSize, this.lastEpoch)) return lrs;
    return lrs.map((lr) => times(lr, this.gamma));
  }
  override _getClosedFormLr(): Value[] {
    const factor = native.pow(this.gamma, Math.floor(ratio(this.lastEpoch, this.stepSize)));
    return this.baseLrs.map((lr) => times(lr, factor));
  }
}
checkMethods('StepLR', StepLR, 'getLr()');

const MULTI_STEP_LR_CALL = optimSignature(
  'MultiStepLR',
  [value<AnyOptimizer>()('optimizer'), value<Iterable<number>>()('milestones')],
  STEP,
  ['gamma', 'lastEpoch'],
);

/** Multiplies the learning rate by `gamma` at each epoch of `milestones`. */
export class MultiStepLR extends LRScheduler {
  /** How often each epoch was given. */
  milestones: Map<number, number>;
  readonly gamma: number;

  constructor(
    ...args: Call<
      typeof MULTI_STEP_LR_CALL,
      [optimizer: AnyOptimizer, milestones: Iterable<number>],
      [gamma: number, lastEpoch: number]
    >
  ) {
    const [optimizer, milestones, given] = MULTI_STEP_LR_CALL.bind(args);
    if (typeof milestones?.[Symbol.iterator] !== 'function') {
      throw argumentError('MultiStepLR', 'milestones', 'an iterable of numbers', milestones);
    }
    super(optimizer);
    this.milestones = new Counter();
    for (const epoch of milestones) this.milestones.set(epoch, (this.milestones.get(epoch) ?? 0) + 1);
    this.gamma = given.gamma;
    this.start(given.lastEpoch);
  }

  override loadStateDict(stateDict: SchedulerStateDict | ReadonlyMap<string, unknown>): void {
    super.loadStateDict(stateDict);
    const { milestones } = this as { milestones: object };
    if (isMap(milestones)) return;
    const entries = Object.entries(milestones) as [string, number][];
    this.milestones = new Counter(entries.map(([epoch, count]) => [Number(epoch), count]));
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const count = this.milestones.get(this.lastEpoch);
    const lrs = this.options('lr');
    return count === undefined ? lrs : lrs.map((lr) => times(lr, native.pow(this.gamma, count)));
  }
  override _getClosedFormLr(): Value[] {
    const epochs = [...this.milestones].flatMap(([epoch, count]) => new Array<number>(count).fill(epoch));
    epochs.sort((a, b) => a - b);
    const factor = native.pow(this.gamma, bisectRight(epochs, this.lastEpoch));
    return this.baseLrs.map((lr) => times(lr, factor));
  }
}
checkMethods('MultiStepLR', MultiStepLR, 'getLr()', 'loadStateDict(stateDict{})');

/** Options of `optim.lrScheduler.ExponentialLR`. */
export interface ExponentialLROptions {
  /** The epoch to go on from. Default: -1. */
  lastEpoch?: number;
}

const EXPONENTIAL_LR_CALL = optimSignature(
  'ExponentialLR',
  [value<AnyOptimizer>()('optimizer'), value<number>()('gamma')],
  { lastEpoch: -1 } as Required<ExponentialLROptions>,
  ['lastEpoch'],
);

/** Multiplies the learning rate by `gamma` every epoch. */
export class ExponentialLR extends LRScheduler {
  readonly gamma: number;
  constructor(
    ...args: Call<typeof EXPONENTIAL_LR_CALL, [optimizer: AnyOptimizer, gamma: number], [lastEpoch: number]>
  ) {
    const [optimizer, gamma, given] = EXPONENTIAL_LR_CALL.bind(args);
    checkNumber('ExponentialLR', 'gamma', gamma);
    super(optimizer);
    this.gamma = gamma;
    this.start(given.lastEpoch);
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const lrs = this.options('lr');
    return this._isInitial ? lrs : lrs.map((lr) => times(lr, this.gamma));
  }
  override _getClosedFormLr(): Value[] {
    return this.baseLrs.map((lr) => times(lr, native.pow(this.gamma, this.lastEpoch)));
  }
}
checkMethods('ExponentialLR', ExponentialLR, 'getLr()');

/** Options of `optim.lrScheduler.PolynomialLR`. */
export interface PolynomialLROptions {
  /** Epochs until the learning rate is zero. Default: 5. */
  totalIters?: number;
  /** Of the polynomial. Default: 1. */
  power?: number;
  /** The epoch to go on from. Default: -1. */
  lastEpoch?: number;
}
const POLYNOMIAL: Required<PolynomialLROptions> = { totalIters: 5, power: 1, lastEpoch: -1 };

const POLYNOMIAL_LR_CALL = optimSignature('PolynomialLR', [value<AnyOptimizer>()('optimizer')], POLYNOMIAL, [
  'totalIters',
  'power',
  'lastEpoch',
]);

/** The learning rate times `(1 − epoch / totalIters) ^ power`, for `totalIters` epochs. */
export class PolynomialLR extends LRScheduler {
  readonly totalIters: number;
  readonly power: number;

  constructor(
    ...args: Call<
      typeof POLYNOMIAL_LR_CALL,
      [optimizer: AnyOptimizer],
      [totalIters: number, power: number, lastEpoch: number]
    >
  ) {
    const [optimizer, given] = POLYNOMIAL_LR_CALL.bind(args);
    super(optimizer);
    this.totalIters = given.totalIters;
    this.power = given.power;
    this.start(given.lastEpoch);
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const { totalIters, lastEpoch } = this;
    const lrs = this.options('lr');
    if (this._isInitial || lastEpoch > totalIters) return lrs;
    const share = over(1 - ratio(lastEpoch, totalIters), 1 - ratio(lastEpoch - 1, totalIters)) as number;
    return lrs.map((lr) => times(lr, native.pow(share, this.power)));
  }
  override _getClosedFormLr(): Value[] {
    const rest = 1 - ratio(Math.min(this.totalIters, this.lastEpoch), this.totalIters);
    return this.baseLrs.map((lr) => times(lr, native.pow(rest, this.power)));
  }
}
checkMethods('PolynomialLR', PolynomialLR, 'getLr()');
