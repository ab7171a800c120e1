/** What `torch.capture` is recording here. Below everything: modules and optimizers tell it of themselves. */

export interface ActiveRecording {
  /** A call of an object that JavaScript makes anew at each replay. */
  host<T>(object: object, method: string, args: readonly unknown[], run: () => T): T;
  /** Runs what an operator does in JavaScript: a replay that calls the operator runs it again. */
  apart<T>(run: () => T): T;
  /** A module is called. */
  module(module: object): void;
}

/** Null unless something is being recorded. */
export const recording: { active: ActiveRecording | null } = { active: null };

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
