// Schedulers made of schedulers.
import { value } from '../../core/kinds';
import type { Call } from '../../core/signature';
import { optimSignature } from '../arguments';
import { TorchError, TorchTypeError, argumentError } from '../../core/errors';
import { checkMethods } from '../../core/calls';
import { valueError } from '../group';
import { checkList, entriesOf } from '../kinds';
import { ReduceLROnPlateau } from './plateau';
import {
  type AnyOptimizer,
  LRScheduler,
  type SchedulerStateDict,
  bisectRight,
  setOption,
  optionOf,
} from './scheduler';

const isSchedulerLike = (value: unknown) =>
  typeof value === 'object' && value !== null && 'optimizer' in value;

/** @throws TypeError unless `value` is an array. */
function checkArray(name: string, argument: string, value: unknown): void {
  if (!Array.isArray(value)) throw argumentError(name, argument, 'an array', value);
}

function check(name: string, schedulers: readonly LRScheduler[], optimizer: AnyOptimizer): void {
  schedulers.forEach((scheduler, i) => {
    if (!isSchedulerLike(scheduler)) {
      throw new TorchTypeError(`${name} at index ${i} should have \`optimizer\` as its attribute.`);
    }
    if (scheduler instanceof ReduceLROnPlateau) {
      throw valueError(
        `${name} does not support \`ReduceLROnPlateau\` scheduler as it requires additional kwargs to be ` +
          `specified when calling \`step\`, but got one at index ${i} in the given schedulers sequence.`,
      );
    }
    if (scheduler.optimizer !== optimizer) {
      throw valueError(
        `${name} expects all schedulers to belong to the same optimizer, but got scheduler ` +
          `${scheduler.constructor.name} at index ${i} has ${String(scheduler.optimizer)}, which is ` +
          `different from ${optimizer.constructor.name}.`,
      );
    }
  });
}

/** What both kinds share: the states of the schedulers inside. */
class OfSchedulers extends LRScheduler {
  declare _schedulers: readonly LRScheduler[];

  override stateDict(): SchedulerStateDict {
    return { ...super.stateDict(), _schedulers: this._schedulers.map((scheduler) => scheduler.stateDict()) };
  }
  override loadStateDict(stateDict: SchedulerStateDict | ReadonlyMap<string, unknown>): void {
    const entries = entriesOf(stateDict);
    super.loadStateDict(Object.fromEntries(entries.filter(([key]) => key !== '_schedulers')));
    const states = new Map(entries).get('_schedulers') as SchedulerStateDict[] | undefined;
    if (states === undefined) throw new TorchError("'_schedulers'", 'KeyError');
    states.forEach((state, i) => this._schedulers[i].loadStateDict(state));
  }
}
checkMethods('SequentialLR', OfSchedulers, 'stateDict()', 'loadStateDict(stateDict{})');

// Takes back the step that each scheduler made when it was made.
function undo(scheduler: LRScheduler): void {
  if (scheduler instanceof OfSchedulers) scheduler._schedulers.forEach(undo);
  else if (scheduler.lastEpoch !== undefined) scheduler.lastEpoch -= 1;
}

const SEQUENTIAL_LR_CALL = optimSignature(
  'SequentialLR',
  [
    value<AnyOptimizer>()('optimizer'),
    value<readonly LRScheduler[]>()('schedulers'),
    value<readonly number[]>()('milestones'),
  ],
  { lastEpoch: -1 },
  ['lastEpoch'],
);

/**
 * One scheduler after the other: the next one takes over at each of `milestones`.
 *
 * @example
 * const warmup = new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.1, totalIters: 10 });
 * const cosine = new optim.lrScheduler.CosineAnnealingLR(optimizer, 90);
 * const scheduler = new optim.lrScheduler.SequentialLR(optimizer, [warmup, cosine], [10]);
 */
export class SequentialLR extends OfSchedulers {
  readonly _milestones: readonly number[];

  constructor(
    ...args: Call<
      typeof SEQUENTIAL_LR_CALL,
      [optimizer: AnyOptimizer, schedulers: readonly LRScheduler[], milestones: readonly number[]],
      [lastEpoch: number]
    >
  ) {
    const [optimizer, schedulers, milestones, given] = SEQUENTIAL_LR_CALL.bind(args);
    super(optimizer);
    checkArray('SequentialLR', 'schedulers', schedulers);
    checkList('SequentialLR', 'milestones', milestones);
    const { length } = schedulers;
    if (length < 1) throw valueError('SequentialLR expects at least one scheduler, but got no scheduler.');
    check('SequentialLR', schedulers, optimizer);
    if (milestones.length !== length - 1) {
      throw valueError(
        'Sequential Schedulers expects number of schedulers provided to be one more than the number of ' +
          `milestone points, but got number of schedulers ${length} and the number of milestones to be ` +
          `equal to ${milestones.length}`,
      );
    }
    this._schedulers = schedulers;
    this._milestones = milestones;
    this.lastEpoch = given.lastEpoch + 1;
    for (const group of optimizer.paramGroups) setOption(group, 'lr', optionOf(group, 'initial_lr'));
    undo(this);
    const first = schedulers[bisectRight(milestones, 0)];
    first._initialStep();
    this._lastLr = first.getLastLr();
  }

  override step(): void {
    this.lastEpoch += 1;
    const index = bisectRight(this._milestones, this.lastEpoch);
    const scheduler = this._schedulers[index];
    if (index > 0 && this._milestones[index - 1] === this.lastEpoch) scheduler._updateLr(0);
    else scheduler.step();
    this._lastLr = scheduler.getLastLr();
  }
}
checkMethods('SequentialLR', SequentialLR, 'step()');

const CHAINED_SCHEDULER_CALL = optimSignature(
  'ChainedScheduler',
  [value<readonly LRScheduler[]>()('schedulers')],
  { optimizer: null as AnyOptimizer | null },
  ['optimizer'],
);

/** All schedulers at each step: their factors multiply. */
export class ChainedScheduler extends OfSchedulers {
  constructor(
    ...args: Call<
      typeof CHAINED_SCHEDULER_CALL,
      [schedulers: readonly LRScheduler[]],
      [optimizer: AnyOptimizer | null]
    >
  ) {
    const [schedulers, given] = CHAINED_SCHEDULER_CALL.bind(args);
    checkArray('ChainedScheduler', 'schedulers', schedulers);
    if (schedulers.length < 1) {
      throw valueError(
        'ChainedScheduler expects at least one scheduler to be chained, but got no scheduler.',
      );
    }
    const used = given.optimizer ?? schedulers[0]?.optimizer;
    check('ChainedScheduler', schedulers, used);
    super(used);
    this._schedulers = schedulers;
    this._lastLr = this.options('lr');
  }

  override step(): void {
    for (const scheduler of this._schedulers) scheduler.step();
    this._lastLr = this.options('lr');
  }
}
checkMethods('ChainedScheduler', ChainedScheduler, 'step()');
