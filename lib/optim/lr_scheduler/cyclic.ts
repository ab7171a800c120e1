import { value } from '../../core/kinds';
import type { Call } from '../../core/signature';
import { optimSignature } from '../arguments';
import { checkFunction } from '../../core/errors';
import { checkMethods } from '../../core/calls';
import { native } from '../../native';
import { valueError } from '../group';
import { entriesOf } from '../kinds';
import { type Value, minus, plus, ratio, times } from '../scalar';
import {
  type AnyOptimizer,
  LRScheduler,
  type SchedulerStateDict,
  checkOptimizer,
  checkZip,
  perGroup,
  setOption,
} from './scheduler';
import { setMomenta, setMomentum } from './momentum';

/** Options of `optim.lrScheduler.CyclicLR`. */
export interface CyclicLROptions {
  /** Steps of the rising half. Default: 2000. */
  stepSizeUp?: number;
  /** Steps of the falling half. Default: null, which is `stepSizeUp`. */
  stepSizeDown?: number | null;
  /** How cycles shrink: not, by halves, or by `gamma ** step`. Default: 'triangular'. */
  mode?: 'triangular' | 'triangular2' | 'exp_range';
  /** Of mode 'exp_range'. Default: 1. */
  gamma?: number;
  /** A height for each cycle or step, instead of `mode`. Default: null. */
  scaleFn?: ((x: number) => number) | null;
  /** What `scaleFn` gets. Default: 'cycle'. */
  scaleMode?: 'cycle' | 'iterations';
  /** Move the momentum the other way. Default: true. */
  cycleMomentum?: boolean;
  /** Smallest momentum, of all groups or each. Default: 0.8. */
  baseMomentum?: number | readonly number[];
  /** Largest momentum, of all groups or each. Default: 0.9. */
  maxMomentum?: number | readonly number[];
  /** The step to go on from. Default: -1. */
  lastEpoch?: number;
}

const CYCLIC: Required<CyclicLROptions> = {
  stepSizeUp: 2000,
  stepSizeDown: null,
  mode: 'triangular',
  gamma: 1,
  scaleFn: null,
  scaleMode: 'cycle',
  cycleMomentum: true,
  baseMomentum: 0.8,
  maxMomentum: 0.9,
  lastEpoch: -1,
};

const CYCLIC_LR_CALL = optimSignature(
  'CyclicLR',
  [
    value<AnyOptimizer>()('optimizer'),
    value<Value | readonly Value[]>()('baseLr'),
    value<Value | readonly Value[]>()('maxLr'),
  ],
  CYCLIC,
  [
    'stepSizeUp',
    'stepSizeDown',
    'mode',
    'gamma',
    'scaleFn',
    'scaleMode',
    'cycleMomentum',
    'baseMomentum',
    'maxMomentum',
    'lastEpoch',
  ],
);

/**
 * Moves the learning rate between `baseLr` and `maxLr` in straight lines; call `step` after every batch.
 *
 * Smith 2015, Cyclical Learning Rates for Training Neural Networks.
 */
export class CyclicLR extends LRScheduler {
  readonly maxLrs: Value[];
  readonly totalSize: number;
  readonly stepRatio: number;
  readonly mode: string;
  readonly gamma: number;
  readonly scaleMode: string;
  readonly cycleMomentum: boolean;
  declare useBeta1: boolean;
  declare baseMomentums: number[];
  declare maxMomentums: number[];
  readonly _scaleFnCustom: ((x: number) => number) | null;

  constructor(
    ...args: Call<
      typeof CYCLIC_LR_CALL,
      [optimizer: AnyOptimizer, baseLr: Value | readonly Value[], maxLr: Value | readonly Value[]],
      [
        stepSizeUp: number,
        stepSizeDown: number | null,
        mode: 'triangular' | 'triangular2' | 'exp_range',
        gamma: number,
        scaleFn: ((x: number) => number) | null,
        scaleMode: 'cycle' | 'iterations',
        cycleMomentum: boolean,
        baseMomentum: number | readonly number[],
        maxMomentum: number | readonly number[],
        lastEpoch: number,
      ]
    >
  ) {
    const [optimizer, baseLr, maxLr, given] = CYCLIC_LR_CALL.bind(args);
    checkOptimizer(optimizer);
    const groups = optimizer.paramGroups;
    const baseLrs = perGroup<Value>('base_lr', optimizer, baseLr);
    if (given.lastEpoch === -1) groups.forEach((group, i) => setOption(group, 'lr', baseLrs[i]));
    super(optimizer);
    this.maxLrs = perGroup<Value>('max_lr', optimizer, maxLr);
    this.totalSize = plus(given.stepSizeUp, given.stepSizeDown ?? given.stepSizeUp) as number;
    this.stepRatio = ratio(given.stepSizeUp, this.totalSize);
    if (!['triangular', 'triangular2', 'exp_range'].includes(given.mode) && given.scaleFn === null) {
      throw valueError('mode is invalid and scale_fn is None');
    }
    this.mode = given.mode;
    this.gamma = given.gamma;
    if (given.scaleFn !== null) checkFunction('CyclicLR', 'scaleFn', given.scaleFn);
    this._scaleFnCustom = given.scaleFn;
    const own = given.mode === 'exp_range' ? 'iterations' : 'cycle';
    this.scaleMode = given.scaleFn ? given.scaleMode : own;
    this.cycleMomentum = given.cycleMomentum;
    if (given.cycleMomentum) {
      const { baseMomentum, maxMomentum, lastEpoch } = given;
      Object.assign(this, setMomenta(optimizer, baseMomentum, maxMomentum, lastEpoch === -1));
    }
    this.start(given.lastEpoch);
    this.baseLrs = baseLrs;
  }

  /** The height of a cycle, or at a step. */
  scaleFn(x: number): number {
    if (this._scaleFnCustom) return this._scaleFnCustom(x);
    if (this.mode === 'triangular2') return 1 / native.pow(2, x - 1);
    return this.mode === 'exp_range' ? native.pow(this.gamma, x) : 1;
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const turns = this.lastEpoch / this.totalSize;
    const cycle = Math.floor(1 + turns);
    const x = 1 + turns - cycle;
    const factor = x <= this.stepRatio ? ratio(x, this.stepRatio) : ratio(x - 1, this.stepRatio - 1);
    const scale = () => this.scaleFn(this.scaleMode === 'cycle' ? cycle : this.lastEpoch);
    checkZip(this.baseLrs, this.maxLrs);
    const lrs = this.baseLrs.map((low, i) =>
      plus(low, times(times(minus(this.maxLrs[i], low), factor), scale())),
    );
    if (this.cycleMomentum) {
      checkZip(this.optimizer.paramGroups, this.maxMomentums);
      this.optimizer.paramGroups.forEach((group, i) => {
        const high = this.maxMomentums[i];
        setMomentum(group, this.useBeta1, high - (high - this.baseMomentums[i]) * factor * scale());
      });
    }
    return lrs;
  }

  override stateDict(): SchedulerStateDict {
    return { ...super.stateDict(), _scale_fn_custom: null };
  }
  override loadStateDict(stateDict: SchedulerStateDict | ReadonlyMap<string, unknown>): void {
    const entries = entriesOf(stateDict);
    super.loadStateDict(Object.fromEntries(entries.filter(([key]) => key !== '_scale_fn_custom')));
  }
}
checkMethods('CyclicLR', CyclicLR, 'scaleFn(x)', 'getLr()', 'stateDict()', 'loadStateDict(stateDict{})');
