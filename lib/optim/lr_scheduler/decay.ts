// Schedules that multiply the learning rate. The order of the operations decides the last bit.
import { argumentError } from '../../core/errors';
import { keywords } from '../arguments';
import { native } from '../../native';
import { Counter } from '../../serialization/pickle/python_types';
import { type Value, divides, over, ratio, times } from '../scalar';
import { type AnyOptimizer, LRScheduler, bisectRight, checkNumber } from './scheduler';

export interface StepLROptions {
  /** What the learning rate is multiplied by. Default: 0.1. */
  gamma?: number;
  /** The epoch to go on from. Default: -1. */
  lastEpoch?: number;
}
const STEP: Required<StepLROptions> = { gamma: 0.1, lastEpoch: -1 };

/** Multiplies the learning rate by `gamma` every `stepSize` epochs. */
export class StepLR extends LRScheduler {
  readonly stepSize: number;
  readonly gamma: number;

  constructor(
    optimizer: AnyOptimizer,
    stepSize: number,
    gamma?: number | StepLROptions,
    lastEpoch?: number | StepLROptions,
    options?: StepLROptions,
  ) {
    const given = keywords<StepLROptions>('StepLR', STEP, { gamma, lastEpoch }, options);
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

/** Multiplies the learning rate by `gamma` at each epoch of `milestones`. */
export class MultiStepLR extends LRScheduler {
  /** How often each epoch was given. */
  readonly milestones: Map<number, number>;
  readonly gamma: number;

  constructor(
    optimizer: AnyOptimizer,
    milestones: Iterable<number>,
    gamma?: number | StepLROptions,
    lastEpoch?: number | StepLROptions,
    options?: StepLROptions,
  ) {
    const given = keywords<StepLROptions>('MultiStepLR', STEP, { gamma, lastEpoch }, options);
    if (typeof milestones?.[Symbol.iterator] !== 'function') {
      throw argumentError('MultiStepLR', 'milestones', 'an iterable of numbers', milestones);
    }
    super(optimizer);
    this.milestones = new Counter();
    for (const epoch of milestones) this.milestones.set(epoch, (this.milestones.get(epoch) ?? 0) + 1);
    this.gamma = given.gamma;
    this.start(given.lastEpoch);
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

export interface ExponentialLROptions {
  /** The epoch to go on from. Default: -1. */
  lastEpoch?: number;
}

/** Multiplies the learning rate by `gamma` every epoch. */
export class ExponentialLR extends LRScheduler {
  constructor(
    optimizer: AnyOptimizer,
    readonly gamma: number,
    lastEpoch?: number | ExponentialLROptions,
    options?: ExponentialLROptions,
  ) {
    const given = keywords<ExponentialLROptions>('ExponentialLR', { lastEpoch: -1 }, { lastEpoch }, options);
    checkNumber('ExponentialLR', 'gamma', gamma);
    super(optimizer);
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

export interface PolynomialLROptions {
  /** Epochs until the learning rate is zero. Default: 5. */
  totalIters?: number;
  /** Of the polynomial. Default: 1. */
  power?: number;
  /** The epoch to go on from. Default: -1. */
  lastEpoch?: number;
}
const POLYNOMIAL: Required<PolynomialLROptions> = { totalIters: 5, power: 1, lastEpoch: -1 };

/** The learning rate times `(1 − epoch / totalIters) ^ power`, for `totalIters` epochs. */
export class PolynomialLR extends LRScheduler {
  readonly totalIters: number;
  readonly power: number;

  constructor(
    optimizer: AnyOptimizer,
    totalIters?: number | PolynomialLROptions,
    power?: number | PolynomialLROptions,
    lastEpoch?: number | PolynomialLROptions,
    options?: PolynomialLROptions,
  ) {
    const positional = { totalIters, power, lastEpoch };
    const given = keywords<PolynomialLROptions>('PolynomialLR', POLYNOMIAL, positional, options);
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
