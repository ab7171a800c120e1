import { value } from '../../core/kinds';
import { checkMethods } from '../../core/calls';
import type { Call } from '../../core/signature';
import { optimSignature } from '../arguments';
import { native } from '../../native';
import { repr } from '../../tensor/repr';
import { valueError } from '../group';
import { type Value, minus, over, plus, times } from '../scalar';
import { setMomenta, setMomentum } from './momentum';
import { type AnyOptimizer, LRScheduler, checkOptimizer, optionOf, perGroup } from './scheduler';

/** Options of `optim.lrScheduler.OneCycleLR`. */
export interface OneCycleLROptions {
  /** Steps of the cycle. Default: null, which is `epochs · stepsPerEpoch`. */
  totalSteps?: number | null;
  epochs?: number | null;
  stepsPerEpoch?: number | null;
  /** Part of the cycle in which the learning rate rises. Default: 0.3. */
  pctStart?: number;
  /** Default: 'cos'. */
  annealStrategy?: 'cos' | 'linear';
  /** Move the momentum the other way. Default: true. */
  cycleMomentum?: boolean;
  /** Smallest momentum, of all groups or each. Default: 0.85. */
  baseMomentum?: number | readonly number[];
  /** Largest momentum, of all groups or each. Default: 0.95. */
  maxMomentum?: number | readonly number[];
  /** The first learning rate is `maxLr / divFactor`. Default: 25. */
  divFactor?: number;
  /** The last learning rate is the first over this. Default: 1e4. */
  finalDivFactor?: number;
  /** Come back to the first learning rate before the last phase. Default: false. */
  threePhase?: boolean;
  /** The step to go on from. Default: -1. */
  lastEpoch?: number;
}

const ONE_CYCLE: Required<OneCycleLROptions> = {
  totalSteps: null,
  epochs: null,
  stepsPerEpoch: null,
  pctStart: 0.3,
  annealStrategy: 'cos',
  cycleMomentum: true,
  baseMomentum: 0.85,
  maxMomentum: 0.95,
  divFactor: 25,
  finalDivFactor: 1e4,
  threePhase: false,
  lastEpoch: -1,
};

/** A phase of the cycle, as Python's state_dict has it: names of the groups' options. */
interface Phase {
  end_step: number;
  start_lr: string;
  end_lr: string;
  start_momentum: string;
  end_momentum: string;
}

/** From one learning rate and momentum to another. */
function phase(end_step: number, lrs: [string, string], momenta: [string, string]): Phase {
  const [start_lr, end_lr] = lrs;
  const [start_momentum, end_momentum] = momenta.map((name) => `${name}_momentum`);
  return { end_step, start_lr, end_lr, start_momentum, end_momentum };
}

function phasesOf(total: number, { pctStart, threePhase }: Required<OneCycleLROptions>): Phase[] {
  const rise = phase(pctStart * total - 1, ['initial_lr', 'max_lr'], ['max', 'base']);
  if (!threePhase) return [rise, phase(total - 1, ['max_lr', 'min_lr'], ['base', 'max'])];
  return [
    rise,
    phase(2 * pctStart * total - 2, ['max_lr', 'initial_lr'], ['base', 'max']),
    phase(total - 1, ['initial_lr', 'min_lr'], ['max', 'max']),
  ];
}

function totalOf({ totalSteps, epochs, stepsPerEpoch }: Required<OneCycleLROptions>): number {
  const check = (name: string, value: number) => {
    if (Number.isInteger(value) && value > 0) return value;
    throw valueError(`Expected positive integer ${name}, but got ${repr(value)}`);
  };
  if (totalSteps !== null) return check('total_steps', totalSteps);
  if (epochs === null || stepsPerEpoch === null) {
    throw valueError('You must define either total_steps OR (epochs AND steps_per_epoch)');
  }
  return check('epochs', epochs) * check('steps_per_epoch', stepsPerEpoch);
}

const ONE_CYCLE_LR_CALL = optimSignature(
  'OneCycleLR',
  [value<AnyOptimizer>()('optimizer'), value<Value | readonly Value[]>()('maxLr')],
  ONE_CYCLE,
  [
    'totalSteps',
    'epochs',
    'stepsPerEpoch',
    'pctStart',
    'annealStrategy',
    'cycleMomentum',
    'baseMomentum',
    'maxMomentum',
    'divFactor',
    'finalDivFactor',
    'threePhase',
    'lastEpoch',
  ],
);

/**
 * One cycle: the learning rate rises from `maxLr / divFactor` to `maxLr` and falls far below the start; call
 * `step` after every batch.
 *
 * Smith and Topin 2017, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates.
 */
export class OneCycleLR extends LRScheduler {
  readonly totalSteps: number;
  readonly _schedulePhases: Phase[];
  readonly _annealFuncType: 'cos' | 'linear';
  readonly cycleMomentum: boolean;
  declare useBeta1: boolean;

  constructor(
    ...args: Call<
      typeof ONE_CYCLE_LR_CALL,
      [optimizer: AnyOptimizer, maxLr: Value | readonly Value[]],
      [
        totalSteps: number | null,
        epochs: number | null,
        stepsPerEpoch: number | null,
        pctStart: number,
        annealStrategy: 'cos' | 'linear',
        cycleMomentum: boolean,
        baseMomentum: number | readonly number[],
        maxMomentum: number | readonly number[],
        divFactor: number,
        finalDivFactor: number,
        threePhase: boolean,
        lastEpoch: number,
      ]
    >
  ) {
    const [optimizer, maxLr, given] = ONE_CYCLE_LR_CALL.bind(args);
    checkOptimizer(optimizer);
    super(optimizer);
    const { pctStart, annealStrategy, divFactor, finalDivFactor } = given;
    this.totalSteps = totalOf(given);
    this._schedulePhases = phasesOf(this.totalSteps, given);
    if (!(pctStart >= 0 && pctStart <= 1)) {
      throw valueError(`Expected float between 0 and 1 pct_start, but got ${repr(pctStart)}`);
    }
    if (annealStrategy !== 'cos' && annealStrategy !== 'linear') {
      throw valueError(
        `anneal_strategy must be one of 'cos' or 'linear', instead got ${String(annealStrategy)}`,
      );
    }
    this._annealFuncType = annealStrategy;
    const begins = given.lastEpoch === -1;
    const maxLrs = perGroup<Value>('max_lr', optimizer, maxLr);
    if (begins) {
      optimizer.paramGroups.forEach((group, i) => {
        group.initial_lr = over(maxLrs[i], divFactor);
        group.max_lr = maxLrs[i];
        group.min_lr = over(group.initial_lr as Value, finalDivFactor);
      });
    }
    this.cycleMomentum = given.cycleMomentum;
    if (given.cycleMomentum) {
      this.useBeta1 = setMomenta(optimizer, given.baseMomentum, given.maxMomentum, begins).useBeta1;
    }
    this.start(given.lastEpoch);
  }

  #anneal(start: Value, end: Value, share: number): Value {
    if (this._annealFuncType === 'linear') return plus(times(minus(end, start), share), start);
    const rest = native.cos(Math.PI * share) + 1;
    return plus(end, times(over(minus(start, end), 2), rest));
  }

  override getLr(): Value[] {
    this.warnOutsideStep();
    const step = this.lastEpoch;
    if (step > this.totalSteps) {
      throw valueError(
        `Tried to step ${step} times. The specified number of total steps is ${this.totalSteps}`,
      );
    }
    const phases = this._schedulePhases;
    const found = phases.findIndex(({ end_step }) => step <= end_step);
    const index = found < 0 ? phases.length - 1 : found;
    const start = index === 0 ? 0 : phases[index - 1].end_step;
    const { end_step, start_lr, end_lr, start_momentum, end_momentum } = phases[index];
    const share = over(step - start, end_step - start) as number;
    return this.optimizer.paramGroups.map((group) => {
      const lr = this.#anneal(optionOf(group, start_lr), optionOf(group, end_lr), share);
      if (this.cycleMomentum) {
        const momentum = this.#anneal(optionOf(group, start_momentum), optionOf(group, end_momentum), share);
        setMomentum(group, this.useBeta1, momentum as number);
      }
      return lr;
    });
  }
}
checkMethods('OneCycleLR', OneCycleLR, 'getLr()');
