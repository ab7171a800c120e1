/** What `torch.capture` is recording here. Below everything: modules and optimizers tell it of themselves. */
import type { TensorBase } from './tensor_base';

/** Control flow that becomes a node with graphs. */
export interface Region {
  readonly operator: 'cond' | 'while_loop' | 'map_impl' | 'scan';
  readonly pred: TensorBase | null;
  /** What its graphs take first, as it is where they are called once. */
  readonly operands: readonly TensorBase[];
  /** What comes anew each time: what is carried, and slices of the first dimension. */
  readonly carried: readonly TensorBase[];
  readonly xs: readonly TensorBase[];
  /** The graphs: they are given what is carried, and slices. */
  readonly bodies: readonly ((
    carried: readonly TensorBase[],
    slices: readonly TensorBase[],
  ) => readonly TensorBase[])[];
  /** What the node gives where its graphs gave `outputs`: tensors that have its sizes. */
  results(outputs: readonly (readonly TensorBase[])[]): readonly TensorBase[];
}

export interface ActiveRecording {
  /** A call of an object that JavaScript makes anew at each replay. */
  host<T>(object: object, method: string, args: readonly unknown[], run: (...args: unknown[]) => T): T;
  /** A call with tensors that JavaScript makes anew at each replay; null where it is part of what is recorded. */
  readonly live: (<T>(name: string, args: readonly unknown[], run: (...args: never[]) => T) => T) | null;
  /** Runs what a backward pass calls in JavaScript: a replay's pass calls it again. */
  callback<T>(run: () => T): T;
  /** Whether what it cannot follow throws. */
  readonly refuses: boolean;
  /** Runs what an operator does in JavaScript: a replay that calls the operator runs it again. */
  apart<T>(run: () => T): T;
  /** A module is called. */
  module(module: object): void;
  /** Looks at all graphs of control flow, and gives what stands for its results; null where each call decides anew. */
  readonly control: ((region: Region) => TensorBase[]) | null;
  /** Whether it is of an export, which has the operators that a Function's `forward` calls. */
  readonly entersFunctions: boolean;
  /** @throws TorchError: it cannot follow this. */
  refuse(why: string): never;
}

/** Null unless something is being recorded. */
export const recording: { active: ActiveRecording | null } = { active: null };

/** @throws TorchError in an export, which cannot have what comes now. */
export function refuseInExport(why: string): void {
  if (recording.active?.entersFunctions) recording.active.refuse(why);
}

/** Runs `run`, the kernel of an operator. A recording has the operator, and does not look into it. */
export const apart = <T>(run: () => T): T =>
  recording.active === null ? run() : recording.active.apart(run);

/**
 * Runs `run`, which is `object.method(...args)`. A recording does not look into it, and each replay runs it again:
 * learning rates, counters of steps and scales are then what they are by then.
 */
export function hostCall<T>(
  object: object,
  method: string,
  args: readonly unknown[],
  run: (...args: unknown[]) => T,
): T {
  return recording.active === null ? run(...args) : recording.active.host(object, method, args, run);
}

/**
 * `run(...args)`, of a function that is given tensors and gives some: a Function, a checkpoint, a hook that is registered.
 * A recording has it as one call, does not look into it, and each replay makes it again.
 */
export function liveCall<Args extends readonly unknown[], T>(
  name: string,
  args: Args,
  run: (...args: Args) => T,
): T {
  const live = recording.active?.live;
  return live ? live(name, args, run as unknown as (...args: never[]) => T) : run(...args);
}

/** Runs `run`, which a backward pass calls. */
export const asCallback = <T>(run: () => T): T =>
  recording.active === null ? run() : recording.active.callback(run);
