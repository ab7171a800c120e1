// What all learning rate schedulers have in common.
import { camelCase } from '../../core/names';
import { jsonOf } from '../../core/conversions';
import { TorchError, TorchTypeError, checkNumber } from '../../core/errors';
import { checkMethods } from '../../core/calls';
import { compareByIdentity } from '../../core/identity';
import { keep } from '../../tensor/memory';
import { hostCall } from '../../native/recording';
import { Tensor } from '../../tensor';
import { warn } from '../../core/warn';
import { repr, typeName } from '../../tensor/repr';
import { valueError } from '../group';
import { entriesOf } from '../kinds';
import { Optimizer } from '../optimizer';
import { type Value, numberOf, squeezed } from '../scalar';

/** An optimizer, whatever its options are. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any optimizer, whatever its options
export type AnyOptimizer = Optimizer<any, any>;

/** A scheduler's state, by Python's names. */
export type SchedulerStateDict = Record<string, unknown>;

const EPOCH_WARNING =
  'The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. ' +
  'Please use `scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from ' +
  'None, the closed form is used instead of the new chainable form, where available. Please open an issue ' +
  'if you are unable to replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose.';
const MORE = 'See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate';

export const warnOfEpoch = () => warn(EPOCH_WARNING);

/** One value for each parameter group. */
export function perGroup<T>(name: string, optimizer: AnyOptimizer, value: T | readonly T[]): T[] {
  const count = optimizer.paramGroups.length;
  if (Array.isArray(value) && value.length !== count) {
    throw valueError(
      `${name} must have the same length as optimizer.param_groups. ${name} has ${value.length} values, ` +
        `param_groups has ${count}.`,
    );
  }
  const values = Array.isArray(value) ? (value as T[]) : new Array<T>(count).fill(value as T);
  return values.map((each) => copyOf(each) as T);
}

export { checkNumber };

// A number, or a copy of a tensor.
const copyOf = (value: unknown): Value =>
  value instanceof Tensor ? keep(value.clone()) : numberOf(value as Value);

/** Throws Python's ValueError where lists that go together differ in length: a group was added later. */
export function checkZip(first: readonly unknown[], second: readonly unknown[]): void {
  if (first.length === second.length) return;
  const which = second.length < first.length ? 'shorter' : 'longer';
  throw valueError(`zip() argument 2 is ${which} than argument 1`);
}

/** An option that a scheduler left with each group. Throws Python's KeyError where a later group lacks it. */
export function optionOf(group: object, key: string): Value {
  if (!(key in group)) throw new TorchError(repr(key), 'KeyError');
  return group[key as keyof typeof group] as Value;
}

/** Sets a group's option, or fills the tensor that it is. */
export function setOption(group: object, key: string, value: Value): void {
  const options = group as Record<string, unknown>;
  const present = options[key];
  if (present instanceof Tensor) present.fill_(squeezed(value) as number);
  else options[key] = value;
}

/** The largest position at which `value` keeps the list sorted. */
export function bisectRight(sorted: readonly number[], value: number): number {
  const position = sorted.findIndex((each) => each > value);
  return position < 0 ? sorted.length : position;
}

export function checkOptimizer(optimizer: unknown): void {
  if (!(optimizer instanceof Optimizer))
    throw new TorchTypeError(`${typeName(optimizer)} is not an Optimizer`);
}

const tracked = new WeakSet<object>(); // step functions that tell of their calls
const stepped = new WeakSet<object>(); // optimizers whose step was called since a scheduler was made

function track(optimizer: AnyOptimizer): void {
  const step = optimizer.step as (...args: unknown[]) => unknown;
  if (tracked.has(step)) return;
  const tracking = (...args: unknown[]) => {
    stepped.add(optimizer);
    return step.apply(optimizer, args);
  };
  tracked.add(tracking);
  optimizer.step = tracking as typeof optimizer.step;
}

// What Python's names are where the rule does not give them.
const irregular: Record<string, string> = {
  TMax: 'T_max',
  T0: 'T_0',
  TI: 'T_i',
  TMult: 'T_mult',
  TCur: 'T_cur',
};
const pythonName = (field: string) =>
  irregular[field] ?? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Base of all schedulers. A subclass sets its fields and calls `start` at the end of its constructor; it says
 * in `getLr` what the learning rates are at `lastEpoch`.
 *
 * Differs from PyTorch: `torch.optim.lrScheduler.LRScheduler` calls the first `getLr` in `start`, not in its
 * constructor.
 */
export class LRScheduler {
  declare baseLrs: Value[];
  /** How many steps were made; the steps need not be epochs. */
  declare lastEpoch: number;
  declare _stepCount: number;
  declare _isInitial: boolean;
  declare _getLrCalledWithinStep: boolean;
  declare _lastLr: Value[];

  constructor(readonly optimizer: AnyOptimizer) {
    checkOptimizer(optimizer);
    // A subclass may have a step of its own. Not among the fields, which are the state.
    const own = this.step as (...args: unknown[]) => void;
    const step = (...args: unknown[]): void =>
      hostCall(this, 'step', args, (...given) => own.apply(this, given));
    Object.defineProperty(this, 'step', { value: step, writable: true, configurable: true });
  }

  /** Begins the schedule, or goes on from `lastEpoch`. */
  protected start(lastEpoch: number): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      if (lastEpoch === -1) group.initial_lr ??= copyOf(group.lr);
      else if (!('initial_lr' in group)) {
        throw new TorchError(
          `param 'initial_lr' is not specified in param_groups[${i}] when resuming scheduler with ` +
            `last_epoch >= 0.\n` +
            'This typically happens when:\n' +
            "1. You're trying to resume training from a checkpoint but haven't properly loaded the " +
            'optimizer state\n' +
            "2. You're using last_epoch >= 0 for a fresh training run (not recommended)",
          'KeyError',
        );
      }
    });
    this.baseLrs = this.options('initial_lr');
    this.lastEpoch = lastEpoch;
    track(this.optimizer);
    this._initialStep();
  }

  _initialStep(): void {
    this._stepCount = 0;
    this._isInitial = true;
    try {
      this.step();
    } finally {
      this._isInitial = false;
    }
  }

  /** An option of each parameter group; tensors are copied. */
  protected options(key: string): Value[] {
    return this.optimizer.paramGroups.map((group) => copyOf(group[key]) as Value);
  }

  /** The learning rates of the groups as the last step left them: numbers, where the groups' own are. */
  getLastLr(): [number, ...number[]] {
    return this._lastLr as [number, ...number[]];
  }

  /** The learning rates at `lastEpoch`. Most are computed from those before. */
  getLr(): Value[] {
    throw new TorchError(`${this.constructor.name}.getLr is not there`, 'NotImplementedError');
  }

  /** The learning rates at `lastEpoch`, not computed from those before. */
  _getClosedFormLr?(): Value[];

  /** Sets the next learning rates; call it after `optimizer.step()`. With `epoch`, those of that epoch. */
  step(epoch?: number | null): void {
    if (this._stepCount === 1) {
      if (!tracked.has(this.optimizer.step)) {
        warn(
          'Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. ' +
            `Please, make sure to call \`optimizer.step()\` before \`lr_scheduler.step()\`. ${MORE}`,
        );
      } else if (!stepped.has(this.optimizer)) {
        warn(
          'Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, ' +
            'you should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  ' +
            'Failure to do this will result in PyTorch skipping the first value of the learning rate ' +
            `schedule. ${MORE}`,
        );
      }
    }
    this._stepCount += 1;
    if (epoch != null) {
      checkNumber('step', 'epoch', epoch);
      warnOfEpoch();
    }
    this._updateLr(epoch ?? null);
  }

  _updateLr(epoch: number | null): void {
    this.lastEpoch = epoch ?? this.lastEpoch + 1;
    const closed = epoch !== null && this._getClosedFormLr;
    this.setLrs(() => (closed ? closed.call(this) : this.getLr()));
  }

  protected setLrs(compute: () => Value[]): void {
    const groups = this.optimizer.paramGroups;
    this._getLrCalledWithinStep = true;
    let values: Value[];
    try {
      values = compute();
    } finally {
      this._getLrCalledWithinStep = false;
    }
    checkZip(groups, values);
    groups.forEach((group, i) => {
      const value = values[i];
      setOption(group, 'lr', value instanceof Tensor ? keep(value) : value);
    });
    this._lastLr = this.options('lr');
  }

  protected warnOutsideStep(): void {
    if (this._getLrCalledWithinStep) return;
    warn('To get the last learning rate computed by the scheduler, please use `get_last_lr()`.');
  }

  /** All fields but the optimizer, by Python's names; shares what they hold. */
  stateDict(): SchedulerStateDict {
    const fields = Object.entries(this).filter(([field]) => field !== 'optimizer');
    return Object.fromEntries(fields.map(([field, value]) => [pythonName(field), value as unknown]));
  }

  /** Takes over what `stateDict` gave, here or in Python. Load the optimizer's own state after this. */
  loadStateDict(stateDict: SchedulerStateDict | ReadonlyMap<string, unknown>): void {
    for (const [key, value] of entriesOf(stateDict)) {
      // Not an assignment: a file may have the key '__proto__'.
      const field = { value, writable: true, configurable: true, enumerable: true };
      Object.defineProperty(this, camelCase(key), field);
    }
  }
  /** Throws a TypeError for `JSON.stringify`: what is plain data is in `stateDict()`. */
  toJSON(...args: unknown[]): unknown {
    return jsonOf(this, args, 'A scheduler', 'scheduler.stateDict() is plain data');
  }
}
compareByIdentity(LRScheduler);
checkMethods(
  'LRScheduler',
  LRScheduler,
  'getLastLr()',
  'getLr()',
  'step(epoch?)',
  'stateDict()',
  'loadStateDict(stateDict{})',
);
