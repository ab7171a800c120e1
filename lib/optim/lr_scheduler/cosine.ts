// Schedules along a cosine. The order of the operations decides the last bit.
import { value } from '../../core/kinds';
import { checkMethods } from '../../core/calls';
import type { Call } from '../../core/signature';
import { optimSignature } from '../arguments';
import { native } from '../../native';
import { repr } from '../../tensor/repr';
import { valueError } from '../group';
import { type Value, divides, minus, over, plus, ratio, times } from '../scalar';
import { type AnyOptimizer, LRScheduler, checkNumber, checkZip } from './scheduler';

/** Options of `optim.lrScheduler.CosineAnnealingLR`. */
export interface CosineAnnealingLROptions {
  /** The smallest learning rate. Default: 0. */
  etaMin?: number;
  /** The epoch to go on from. Default: -1. */
  lastEpoch?: number;
}
const COSINE: Required<CosineAnnealingLROptions> = { etaMin: 0, lastEpoch: -1 };

/** `etaMin + (lr − etaMin)(1 + cos) / 2`. */
const between = (etaMin: number, lr: Value, cos: number): Value =>
  plus(etaMin, over(times(minus(lr, etaMin), 1 + cos), 2));

const COSINE_ANNEALING_LR_CALL = optimSignature(
  'CosineAnnealingLR',
  [value<AnyOptimizer>()('optimizer'), value<number>()('TMax')],
  COSINE,
  ['etaMin', 'lastEpoch'],
);

/**
 * Anneals the learning rate to `etaMin` in `TMax` epochs:
 * `etaMin + (lr − etaMin)(1 + cos(π epoch / TMax)) / 2`.
 *
 * Loshchilov and Hutter 2016, SGDR: Stochastic Gradient Descent with Warm Restarts (without the restarts).
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly TMax: number;
  readonly etaMin: number;

  constructor(
    ...args: Call<
      typeof COSINE_ANNEALING_LR_CALL,
      [optimizer: AnyOptimizer, TMax: number],
      [etaMin: number, lastEpoch: number]
    >
  ) {
    const [optimizer, TMax, given] = COSINE_ANNEALING_LR_CALL.bind(args);
    checkNumber('CosineAnnealingLR', 'TMax', TMax);
    super(optimizer);
    this.TMax = TMax;
    this.etaMin = given.etaMin;
    this.start(given.lastEpoch);
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const { lastEpoch, TMax, etaMin } = this;
    const lrs = this.options('lr');
    if (this._isInitial) return lrs;
    const cosine = (epoch: number) => native.cos(ratio(Math.PI * epoch, TMax));
    if (this._stepCount === 1 && lastEpoch > 0) {
      checkZip(this.baseLrs, lrs);
      return this.baseLrs.map((lr) => between(etaMin, lr, cosine(lastEpoch)));
    }
    if (divides(2 * TMax, lastEpoch - 1 - TMax)) {
      checkZip(this.baseLrs, lrs);
      const rise = 1 - native.cos(ratio(Math.PI, TMax));
      return lrs.map((lr, i) => plus(lr, over(times(minus(this.baseLrs[i], etaMin), rise), 2)));
    }
    const share = over(1 + cosine(lastEpoch), 1 + cosine(lastEpoch - 1));
    return lrs.map((lr) => plus(times(share, minus(lr, etaMin)), etaMin));
  }
  override _getClosedFormLr(): Value[] {
    const cos = native.cos(ratio(Math.PI * this.lastEpoch, this.TMax));
    return this.baseLrs.map((lr) => between(this.etaMin, lr, cos));
  }
}
checkMethods('CosineAnnealingLR', CosineAnnealingLR, 'getLr()');

/** Options of `optim.lrScheduler.CosineAnnealingWarmRestarts`. */
export interface CosineAnnealingWarmRestartsOptions extends CosineAnnealingLROptions {
  /** What the period is multiplied by at each restart: an integer. Default: 1. */
  TMult?: number;
}
const RESTARTS: Required<CosineAnnealingWarmRestartsOptions> = { TMult: 1, etaMin: 0, lastEpoch: -1 };

const COSINE_ANNEALING_WARM_RESTARTS_CALL = optimSignature(
  'CosineAnnealingWarmRestarts',
  [value<AnyOptimizer>()('optimizer'), value<number>()('T0')],
  RESTARTS,
  ['TMult', 'etaMin', 'lastEpoch'],
);

/**
 * Cosine annealing that starts anew after `T0` epochs, and then each time after `TMult` times as many.
 * `step(epoch)` takes fractions: `scheduler.step(epoch + i / batches)`.
 *
 * Loshchilov and Hutter 2016, SGDR: Stochastic Gradient Descent with Warm Restarts.
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly T0: number;
  /** Epochs of this period. */
  TI: number;
  readonly TMult: number;
  readonly etaMin: number;
  /** Epochs since the last restart. */
  TCur: number;

  constructor(
    ...args: Call<
      typeof COSINE_ANNEALING_WARM_RESTARTS_CALL,
      [optimizer: AnyOptimizer, T0: number],
      [TMult: number, etaMin: number, lastEpoch: number]
    >
  ) {
    const [optimizer, T0, given] = COSINE_ANNEALING_WARM_RESTARTS_CALL.bind(args);
    super(optimizer);
    this.T0 = T0;
    if (!Number.isInteger(T0) || !(T0 > 0))
      throw valueError(`Expected positive integer T_0, but got ${repr(T0)}`);
    if (!(given.TMult >= 1) || !Number.isInteger(given.TMult)) {
      throw valueError(`Expected integer T_mult >= 1, but got ${repr(given.TMult)}`);
    }
    this.TI = T0;
    this.TMult = given.TMult;
    this.etaMin = given.etaMin;
    this.TCur = given.lastEpoch;
    this.start(given.lastEpoch);
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const cos = native.cos((Math.PI * this.TCur) / this.TI);
    return this.baseLrs.map((lr) => between(this.etaMin, lr, cos));
  }

  override step(epoch?: number | null): void {
    if (epoch != null) checkNumber('step', 'epoch', epoch);
    const to = epoch ?? (this.lastEpoch < 0 ? 0 : null);
    if (to === null) {
      this.TCur += 1;
      if (this.TCur >= this.TI) {
        this.TCur %= this.TI;
        this.TI *= this.TMult;
      }
    } else this.#goTo(to);
    this.lastEpoch = Math.floor(to ?? this.lastEpoch + 1);
    this.setLrs(() => this.getLr());
  }

  #goTo(epoch: number): void {
    const { T0, TMult } = this;
    if (epoch < 0) throw valueError(`Expected non-negative epoch, but got ${repr(epoch)}`);
    if (epoch < T0) {
      this.TI = T0;
      this.TCur = epoch;
    } else if (TMult === 1) {
      this.TCur = epoch % T0;
    } else {
      const n = Math.trunc(native.log((epoch / T0) * (TMult - 1) + 1) / native.log(TMult));
      const growth = native.pow(TMult, n);
      this.TCur = epoch - (T0 * (growth - 1)) / (TMult - 1);
      this.TI = T0 * growth;
    }
  }
}
checkMethods('CosineAnnealingWarmRestarts', CosineAnnealingWarmRestarts, 'getLr()', 'step(epoch?)');
