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
  host<T>(object: object, method: string, args: readonly unknown[], run: () => T): T;
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
export function hostCall<T>(object: object, method: string, args: readonly unknown[], run: () => T): T {
  return recording.active === null ? run() : recording.active.host(object, method, args, run);
}
