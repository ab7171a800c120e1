// One call of a function while it is recorded.
import path from 'node:path';
import { TorchError } from '../core/errors';
import { isError } from '../core/realm';
import { native } from '../native';
import { here, packageRoot } from '../native/locate';
import { type ActiveRecording, recording } from '../native/recording';
import { type TreeSpec, flatten } from '../func/tree';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import type { Handle } from '../../typings/native';
import { type LiveCall, LiveSession, recordCall, within } from './live';
import { ModuleGuards } from './modules';
import { setRefusing } from './refusals';

/** A call that a replay makes anew, between two segments. */
export interface HostCall {
  readonly object: object;
  readonly method: string;
  readonly args: readonly unknown[];
  run(): unknown;
}

/** What a call did. */
export interface Recorded {
  readonly handle: Handle;
  readonly hosts: readonly HostCall[];
  /** Those that have tensors. */
  readonly calls: readonly LiveCall[];
  /** Whether backward passes call functions of JavaScript. */
  readonly hasCallbacks: boolean;
  /** Optimizers and the like, and what they were given, that calls with tensors and backward passes have called. */
  readonly objects: readonly unknown[];
  readonly modules: ModuleGuards;
  /** One of the calls that is made inside of noGrad(), autocast() and the like; null for none. */
  readonly scoped: string | null;
  /** What the function returned: the leaves, and for each the slot that has it; -1 for what is returned as it is. */
  readonly spec: TreeSpec;
  readonly leaves: readonly unknown[];
  readonly slots: readonly number[];
}

class Session implements ActiveRecording {
  readonly hosts: HostCall[] = [];
  readonly calls: LiveCall[] = [];
  readonly modules = new Set<object>();
  readonly refuses = true;
  readonly inside = new LiveSession((module) => void this.modules.add(module));
  readonly live: ActiveRecording['live'];
  scoped: string | null = null;
  hasCallbacks = false;

  constructor(
    readonly control: ActiveRecording['control'],
    readonly entersFunctions: boolean,
    hasLiveCalls: boolean,
  ) {
    this.live = hasLiveCalls ? (name, args, run) => this.#call(name, args, run as never) as never : null;
  }

  #call(name: string, args: readonly unknown[], run: (...args: unknown[]) => unknown): unknown {
    const { call, result } = recordCall(this.inside, this.calls.length, name, args, run);
    this.calls.push(call);
    return result;
  }

  callback<T>(run: () => T): T {
    this.hasCallbacks = true;
    return within(this.inside, run);
  }

  refuse(why: string): never {
    native.captureRefuse(why);
    throw new TorchError(why);
  }

  module(module: object): void {
    this.modules.add(module);
  }

  apart<T>(run: () => T): T {
    return within(null, run);
  }

  host<T>(object: object, method: string, args: readonly unknown[], run: (...args: unknown[]) => T): T {
    const name = `${object.constructor.name}.${method}()`;
    if (this.live !== null && args.some(isTensor)) {
      return this.live(name, args, (...given: unknown[]) => this.inside.host(object, method, given, run));
    }
    if (args.some((arg) => isTensor(arg) || typeof arg === 'function')) {
      native.captureRefuse(`${name} with a tensor or a closure cannot be replayed`);
    }
    if (!native.capturePause(true)) this.scoped = name;
    let result: T;
    try {
      result = this.apart(() => run(...args));
    } finally {
      native.capturePause(false);
    }
    if (result != null && result !== object) {
      native.captureRefuse(`${name} has given a value to the function, which a replay cannot follow`);
    }
    this.hosts.push({ object, method, args, run: () => run(...args) });
    return result;
  }
}

// The first place outside of this package in the error's stack. In a bundle no file is the library's own.
function placeOf(error: Error): string {
  if (packageRoot() === null) return '';
  const library = path.dirname(here()) + path.sep;
  const lines = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const line = lines.find(
    (each) => !each.includes(library) && !each.includes('node:') && each.includes(path.sep),
  );
  return line ? line.trim() : '';
}

const OF_CAPTURE = 'torch.capture: ';
/** What an export's refusals begin with. */
export const OF_EXPORT = 'torch.export.export(): ';

function explained(error: unknown, inExport: boolean): unknown {
  if (!isError(error) || !error.message.startsWith(OF_CAPTURE)) return error;
  const place = placeOf(error);
  let { message } = error;
  if (inExport) {
    const why = message.slice(OF_CAPTURE.length);
    message = OF_EXPORT + why.replaceAll('a replay', 'a program').replaceAll('be replayed', 'be exported');
  }
  return new TorchError(place ? `${message} (${place})` : message, 'RuntimeError', '', { cause: error });
}

/** The node of a recording before which it ends, and why. */
export interface Stop {
  readonly node: number;
  readonly why: string;
}

interface RecordOptions {
  readonly stop?: Stop | null;
  /** Those that are known to hold. */
  readonly guards?: ModuleGuards | null;
  readonly control?: ActiveRecording['control'];
  /** Whether the operators of a custom Function are recorded, and the Function is not refused. */
  readonly entersFunctions?: boolean;
  /** Whether Functions, checkpoints and hooks are called anew by replays, and not refused. */
  readonly hasLiveCalls?: boolean;
}

/**
 * Runs `fn` and records what it does, or does so up to `stop`.
 *
 * @throws TorchError that names the line where it did what cannot be replayed.
 */
export function record(
  fn: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  tensors: readonly Tensor[],
  {
    stop = null,
    guards = null,
    control = null,
    entersFunctions = false,
    hasLiveCalls = false,
  }: RecordOptions = {},
): { result: unknown; recorded: Recorded } {
  const session = new Session(control, entersFunctions, hasLiveCalls);
  const { stackTraceLimit } = Error;
  let ends = false;
  try {
    Error.stackTraceLimit = 100;
    native.captureBegin(tensors, hasLiveCalls);
    if (stop !== null) native.captureStop(stop.node, stop.why);
    recording.active = session;
    setRefusing(true);
    const result = fn(...args);
    if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
      (result as Promise<unknown>).then(undefined, () => undefined);
      native.captureRefuse('a function that returns a promise cannot be replayed');
    }
    recording.active = null;
    setRefusing(false);
    const { leaves, spec } = flatten(result);
    ends = true;
    const [handle, numbers] = native.captureEnd(leaves.filter(isTensor));
    let next = 0;
    const slots = leaves.map((leaf) => (isTensor(leaf) ? numbers[next++] : -1));
    const modules = guards ?? new ModuleGuards(session.modules);
    const { hosts, calls, hasCallbacks, scoped } = session;
    const objects = [...session.inside.objects];
    return {
      result,
      recorded: { handle, hosts, calls, hasCallbacks, objects, scoped, modules, spec, leaves, slots },
    };
  } catch (error) {
    throw explained(error, entersFunctions);
  } finally {
    recording.active = null;
    setRefusing(false);
    if (!ends) native.captureAbort();
    Error.stackTraceLimit = stackTraceLimit;
  }
}
