// Calls of JavaScript with tensors that each replay makes anew: Functions, checkpoints, hooks.
import { TorchError } from '../core/errors';
import { type TreeSpec, flatten, sameSpec, unflatten } from '../func/tree';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { type ActiveRecording, recording } from '../native/recording';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import { setRefusing } from './refusals';

// native/src/runtime/environment.h, RecordingMode
const [MAIN, APART] = [0, 2];

type Run = (...args: unknown[]) => unknown;

/** A call with tensors, which stands in the program as one node. */
export interface LiveCall {
  readonly name: string;
  readonly run: Run;
  readonly spec: TreeSpec;
  /** What it is given as it is; null for an operand of the node, whose number is in `operands`, else -1. */
  readonly leaves: readonly unknown[];
  readonly operands: readonly number[];
  readonly results: TreeSpec;
  /** What it gives that is no tensor of its own. */
  readonly given: readonly unknown[];
}

const unique = (values: readonly unknown[]): Tensor[] => [...new Set(values.filter(isTensor))];

/** Runs `run` in what is `active`, or outside of any recording. */
export function within<T>(active: ActiveRecording | null, run: () => T): T {
  const before = recording.active;
  recording.active = active;
  setRefusing(false);
  try {
    return run();
  } finally {
    setRefusing(before?.refuses ?? false);
    recording.active = before;
  }
}

/** What is recorded while such a call runs: no operators, but what has to be put back where a replay is checked. */
export class LiveSession implements ActiveRecording {
  readonly control = null;
  readonly entersFunctions = false;
  readonly refuses = false;
  readonly live = null;
  /** Optimizers, schedulers and the like that such calls have called, and what those were given. */
  readonly objects = new Set<unknown>();

  constructor(readonly module: (module: object) => void = () => undefined) {}

  refuse(why: string): never {
    throw new TorchError(why);
  }
  apart<T>(run: () => T): T {
    return within(null, run);
  }
  callback<T>(run: () => T): T {
    return within(this, run);
  }
  /** Numbers such as learning rates are others each time: nobody compares what an optimizer does. */
  host<T>(object: object, _method: string, args: readonly unknown[], run: (...args: unknown[]) => T): T {
    for (const each of [object, ...args]) this.objects.add(each);
    const before = native.captureMode(APART);
    try {
      return within(null, () => run(...args));
    } finally {
      native.captureMode(before);
    }
  }
}

/** Makes a call while it is recorded, and gives what it gives as tensors of the recording. */
export function recordCall(
  session: LiveSession,
  number: number,
  name: string,
  args: readonly unknown[],
  run: Run,
): { call: LiveCall; result: unknown } {
  const { leaves, spec } = flatten(args);
  const all = unique(leaves);
  const handles = native.captureLiveBegin(all);
  const operands: number[] = [];
  let returned: ReturnType<typeof flatten>;
  // The call gets other objects than the function has: those of the function are known to be stale in a replay.
  const ownOf = new Map<unknown, unknown>();
  try {
    all.forEach((tensor, i) => handles[i] !== null && ownOf.set(tensor, wrap(handles[i])));
    const known = [...ownOf.keys()];
    operands.push(...leaves.map((leaf) => known.indexOf(leaf)));
    const given = leaves.map((leaf) => ownOf.get(leaf) ?? leaf);
    returned = flatten(within(session, () => run(...(unflatten(given, spec) as unknown[]))));
  } catch (error) {
    native.captureMode(MAIN);
    throw error;
  }
  const theirs = new Map([...ownOf].map(([tensor, own]) => [own, tensor]));
  const made = unique(returned.leaves.filter((leaf) => !theirs.has(leaf)));
  const results = native.captureLiveEnd(number, name, [...ownOf.keys()] as Tensor[], made);
  made.forEach((tensor, i) => theirs.set(tensor, results[i] === null ? tensor : wrap(results[i])));
  const result = unflatten(
    returned.leaves.map((leaf) => theirs.get(leaf) ?? leaf),
    returned.spec,
  );
  const given = returned.leaves.filter((leaf) => !isTensor(leaf));
  // Not the tensors of the recording: they would stay.
  const kept = leaves.map((leaf, i) => (operands[i] < 0 ? leaf : null));
  return { call: { name, run, spec, leaves: kept, operands, results: returned.spec, given }, result };
}

/** The call in a replay, with these tensors: gives those that it makes. */
export function replayCall({ name, run, spec, leaves, ...call }: LiveCall, handles: readonly unknown[]) {
  const operands = handles.map(wrap);
  const given = leaves.map((leaf, i) => (call.operands[i] >= 0 ? operands[call.operands[i]] : leaf));
  const returned = flatten(run(...(unflatten(given, spec) as unknown[])));
  const others = returned.leaves.filter((leaf) => !isTensor(leaf));
  if (!sameSpec(returned.spec, call.results) || !sameValues(others, call.given)) {
    throw new TorchError(
      `torch.capture: ${name} has given other values, which are no tensors, than when it was recorded`,
    );
  }
  return unique(returned.leaves.filter((leaf) => !operands.includes(leaf)));
}

const sameValues = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

const isFunction = (value: unknown): value is object => typeof value === 'function';

/** What two recordings' calls do differently, as far as JavaScript can tell; null for nothing. */
export function liveDifference(
  mine: readonly LiveCall[],
  others: readonly LiveCall[],
  readsNumbers: boolean,
): string | null {
  if (mine.length !== others.length) return 'calls of Functions, checkpoints and hooks differ in number';
  for (const [i, call] of mine.entries()) {
    const other = others[i];
    const otherwise = `${call.name} was called otherwise`;
    if (call.name !== other.name || !sameSpec(call.spec, other.spec)) return otherwise;
    if (!sameSpec(call.results, other.results) || !sameValues(call.given, other.given)) {
      return `${call.name} has given another value that is no tensor`;
    }
    for (const [k, leaf] of call.leaves.entries()) {
      const its = other.leaves[k];
      if (Object.is(leaf, its) && call.operands[k] === other.operands[k]) continue;
      if (!isFunction(leaf) || !isFunction(its) || String(leaf) !== String(its)) return otherwise;
      // Made anew each time, it may leave a number in a variable of that time.
      if (!readsNumbers) continue;
      return (
        `${call.name} is given a function that is made anew each time, and the numbers of a tensor are read there or in ` +
        'another such call: define that function outside'
      );
    }
  }
  return null;
}
