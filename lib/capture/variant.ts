// What was recorded for arguments of one kind, and its replays.
import { TorchError } from '../core/errors';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import type { Handle } from '../../typings/native';
import { sameSpec, unflatten } from '../func/tree';
import { endAwaitedBeforeExit } from '../native/program';
import type { Tensor } from '../tensor';
import { liveDifference } from './live';
import { ReplayCalls } from './replay_calls';
import { DeviceGraph } from './device_graph';
import { type Given, sameKind } from './given';
import { freezeRecording } from './frozen';
import { type Recorded, record } from './session';
import type { Snapshot, Variables } from './variables';

/** What a replay is: a frozen program, a graph of the device, or else the operators one by one. */
export interface ReplayKind {
  readonly freeze: boolean;
  readonly graph: boolean;
}

type Fn = (...args: unknown[]) => unknown;

// The first calls may do what later ones do not, such as making an optimizer's state.
const MOST_ATTEMPTS = 4;

/** What {@link Variant.replayNow} gives where there is more to do than a replay. */
export const MORE = Symbol('more');

const taken = (slots: readonly unknown[], takes: readonly number[]): unknown[] => {
  const values = new Array<unknown>(takes.length);
  for (let i = 0; i < takes.length; i++) values[i] = slots[takes[i]];
  return values;
};
function store(slots: unknown[], gives: readonly number[], outputs: readonly unknown[]): void {
  for (let i = 0; i < gives.length; i++) slots[gives[i]] = wrap(outputs[i]);
}

const recordWatched = (fn: Fn, given: Given, variables: Variables | null): ReturnType<typeof record> => {
  const run = () => record(fn, given.args, given.tensors, { hasLiveCalls: true });
  return variables === null ? run() : variables.during(run);
};

/** A function replays what two recordings, one behind the other, agree on. */
export class Variant {
  readonly #given: Given;
  #recorded: Recorded;
  // What replays run: a recording made ready, or a frozen program.
  #ready: Handle | null = null;
  #segments: ReturnType<typeof native.captureSegments> | null = null; // for async()
  #graph: DeviceGraph | null = null;
  #calls: ReplayCalls | null = null;
  #attempts = 1;
  #problem: string | null = null;
  #replays = 0;
  // Arguments that were the same tensor whenever this was recorded. The function may know them from elsewhere, too.
  #fixed: (Tensor | null)[];
  // What the function reads from variables, when it was recorded last.
  #seen: Snapshot | null = null;

  // How often the tensors that it holds have been changed, at the last call that fitted and when they were frozen.
  #versions = 0;
  #frozenVersions = 0;

  private constructor(
    given: Given,
    recorded: Recorded,
    readonly kind: ReplayKind,
    readonly variables: Variables | null,
  ) {
    this.#given = given;
    this.#recorded = recorded;
    this.#fixed = [...given.tensors];
    this.#look(given);
  }

  #look({ tensors }: Given): void {
    this.#seen = this.variables?.snapshot(tensors) ?? null;
  }

  /** Runs the function for the first time with such arguments. */
  static begin(
    fn: Fn,
    given: Given,
    kind: ReplayKind,
    variables: Variables | null,
  ): { result: unknown; variant: Variant } {
    const { result, recorded } = recordWatched(fn, given, variables);
    return { result, variant: new Variant(given, recorded, kind, variables) };
  }

  /** Runs the function, some variable of which has changed: the variant that does the same, or else a new one. */
  static again(fn: Fn, given: Given, fitting: readonly Variant[]): { result: unknown; variant: Variant } {
    const [{ kind, variables }] = fitting;
    const { result, recorded } = recordWatched(fn, given, variables);
    const same = fitting.find((each) => each.#difference(recorded) === null);
    if (same?.isReady) same.#look(given);
    else if (same) same.#confirm(recorded, given);
    return { result, variant: same ?? new Variant(given, recorded, kind, variables) };
  }

  /** The variable of JavaScript that the function reads and that is another by now; null for none. */
  changedVariable({ tensors }: Given): string | null {
    return this.#seen?.changed(tensors) ?? null;
  }

  /** Whether arguments are of its kind, and everything that it depends on is as it was. */
  fits(given: Given): boolean {
    if (!sameKind(given, this.#given)) return false;
    this.#versions = native.captureHolds(this.#recorded.handle, given.tensors);
    return this.#versions >= 0 && this.#recorded.modules.hold();
  }

  /** Whether it was begun with such arguments, whatever else has changed since. */
  isFor(given: Given): boolean {
    return sameKind(given, this.#given);
  }

  get isReady(): boolean {
    return this.#ready !== null;
  }
  /** The calls that each replay makes in JavaScript. */
  get recorded(): Recorded {
    return this.#recorded;
  }

  /** Whether this call has to be recorded before there is a replay of it. */
  needsRecording(given: Given): boolean {
    if (this.#problem !== null) throw new TorchError(this.#problem);
    return this.#ready === null || !this.#hasFixed(given);
  }

  #hasFixed({ tensors }: Given): boolean {
    const fixed = this.#fixed;
    for (let i = 0; i < fixed.length; i++) if (fixed[i] !== null && fixed[i] !== tensors[i]) return false;
    return true;
  }

  /** Whether the function is to be looked at again instead of the next replay: the 8th, 16th, 32nd ... and each `recheck`th. */
  isDue(recheck: number): boolean {
    if (recheck === 0) return false;
    const next = this.#replays + 1;
    return next % recheck === 0 || (next >= 8 && next < recheck && (next & (next - 1)) === 0);
  }

  /** Runs the function once more, and compares what it does. */
  recordAgain(fn: Fn, given: Given): unknown {
    const before = this.variables?.snapshot(given.tensors) ?? null;
    const { result, recorded } = recordWatched(fn, given, this.variables);
    const difference = this.#difference(recorded);
    if (difference === null) {
      const assigned = before?.changed(given.tensors) ?? null;
      this.#confirm(recorded, given);
      if (assigned !== null) {
        this.#problem =
          `torch.capture: the function changes ${assigned}, a variable of JavaScript, which its replays would not do: ` +
          'change it around the call, or return what it is given; { watch: false } leaves it as it is';
      }
      return result;
    }
    this.#recorded = recorded;
    this.#look(given);
    this.#ready = this.#segments = null;
    this.#fixed = [...given.tensors];
    this.#attempts++;
    if (this.#attempts >= MOST_ATTEMPTS) {
      this.#problem =
        `torch.capture: ${this.#attempts} calls with arguments of one kind did different things, so they cannot be ` +
        `replayed: ${difference}`;
    }
    return result;
  }

  // Another call did the same.
  #confirm(recorded: Recorded, given: Given): void {
    this.#look(given);
    this.#fixed = this.#fixed.map((tensor, i) => (tensor === given.tensors[i] ? tensor : null));
    this.#recorded = recorded;
    this.#makeReady();
  }

  #makeReady(): void {
    const [call] = this.#recorded.calls;
    if (call && (this.kind.freeze || this.kind.graph)) {
      const kind = this.kind.freeze ? 'freeze' : 'graph';
      throw new TorchError(`torch.capture: ${kind}: the function calls ${call.name}, which is JavaScript`);
    }
    this.#calls = new ReplayCalls(this.#recorded);
    this.#frozenVersions = this.#versions;
    this.#segments = this.#graph = null;
    this.#ready = this.kind.freeze
      ? freezeRecording(this.#recorded)
      : native.captureReady(this.#recorded.handle);
  }

  /**
   * {@link recordAgain} of a function that has been replayed.
   *
   * @throws TorchError where it does something else by now, which the replays before may have missed.
   */
  recheck(fn: Fn, given: Given): unknown {
    this.#replays++;
    const { result, recorded } = record(fn, given.args, given.tensors, {
      guards: this.#recorded.modules,
      hasLiveCalls: true,
    });
    const difference = this.#difference(recorded);
    if (difference === null) return result;
    this.#problem =
      `torch.capture: the function has changed what it does since it was recorded, and some of the ` +
      `${this.#replays} calls since then may have done what it did before: ${difference}`;
    throw new TorchError(this.#problem);
  }

  #difference(other: Recorded): string | null {
    const mine = this.#recorded;
    if (mine.hosts.length !== other.hosts.length) return 'steps of optimizers and the like differ in number';
    for (const [i, host] of mine.hosts.entries()) {
      const { object, method, args } = other.hosts[i];
      const same = host.object === object && host.method === method && host.args.length === args.length;
      if (!same || host.args.some((arg, k) => !Object.is(arg, args[k]))) {
        return `${host.object.constructor.name}.${host.method}() was called otherwise`;
      }
    }
    const numbers = [mine, other].some(({ handle }) => native.captureReadsNumbers(handle));
    const ofCalls = liveDifference(mine.calls, other.calls, numbers);
    if (ofCalls !== null) return ofCalls;
    const difference = native.captureDifference(mine.handle, other.handle);
    if (difference !== '') return difference;
    const sameResult =
      mine.leaves.length === other.leaves.length &&
      sameSpec(mine.spec, other.spec) &&
      mine.leaves.every((leaf, i) => mine.slots[i] >= 0 || Object.is(leaf, other.leaves[i]));
    return sameResult ? null : 'the function returned another value that is no tensor of its own';
  }

  /** The same without the function. */
  replay(given: Given): unknown {
    if (this.kind.freeze) {
      this.#replays++;
      // Weights that have been changed are frozen once more.
      if (this.#versions !== this.#frozenVersions) this.#makeReady();
      return this.#result(native.programRun(this.#ready!, given.tensors));
    }
    if (this.kind.graph) {
      this.#graph ??= new DeviceGraph(this.#recorded.handle, this.#ready!, given.tensors);
      const results = this.#graph.replay(given.tensors);
      this.#replays++;
      return this.#result(results);
    }
    const outputs = this.#calls!.replay(this.#ready!, given.tensors);
    this.#replays++;
    if (outputs === null)
      throw new TorchError('torch.capture: the tensors or modes of this call have changed');
    return this.#result(outputs);
  }

  /** A replay, if the call is of its kind and is not to be recorded or compared; else {@link MORE}. */
  replayNow(given: Given, recheck: number): unknown {
    const { freeze, graph } = this.kind;
    if (freeze || graph || this.#problem !== null || this.#ready === null || this.isDue(recheck)) return MORE;
    if (!sameKind(given, this.#given) || !this.#hasFixed(given) || !this.#recorded.modules.hold())
      return MORE;
    if (this.changedVariable(given) !== null) return MORE;
    const outputs = this.#calls!.replay(this.#ready, given.tensors);
    if (outputs === null) return MORE;
    this.#replays++;
    return this.#result(outputs);
  }

  /** {@link replay}, of which the native parts run on another thread. */
  async replayAsync(given: Given): Promise<unknown> {
    const { hosts, handle, scoped, calls, hasCallbacks, slots: places } = this.#recorded;
    if (calls.length > 0 || hasCallbacks) {
      throw new TorchError(
        `torch.capture: ${calls[0]?.name ?? 'a hook of a tensor'} is JavaScript, which the thread of async() cannot run: ` +
          'call the function itself',
      );
    }
    if (scoped !== null) {
      throw new TorchError(
        `torch.capture: ${scoped} inside of noGrad(), autocast() and other scopes cannot be replayed by async(): make it ` +
          'outside of the scope',
      );
    }
    if (this.kind.graph) return this.replay(given);
    this.#replays++;
    if (this.kind.freeze && this.#versions !== this.#frozenVersions) this.#makeReady();
    this.#segments ??= this.kind.freeze
      ? [[this.#ready, given.tensors.map((_, i) => i), places.filter((slot) => slot >= 0)]]
      : native.captureSegments(handle);
    const slots: unknown[] = [...given.tensors];
    try {
      for (const [i, [program, takes, gives]] of this.#segments.entries()) {
        // Also between the parts: half a step is nothing to be read.
        native.captureBusy(handle, given.tensors);
        if (program !== null) {
          endAwaitedBeforeExit();
          store(slots, gives, await native.programRunAsync(program, taken(slots, takes), null));
        }
        native.captureBusy(null, []);
        if (i < hosts.length) hosts[i].run();
      }
    } finally {
      native.captureBusy(null, []);
    }
    return this.#result(places.filter((slot) => slot >= 0).map((slot) => slots[slot]));
  }

  // From the tensors that are the recording's own.
  #result(outputs: readonly unknown[]): unknown {
    const { leaves, spec, slots } = this.#recorded;
    if (spec === null) return slots[0] >= 0 ? wrap(outputs[0]) : leaves[0];
    let next = 0;
    return unflatten(
      leaves.map((leaf, i) => (slots[i] >= 0 ? wrap(outputs[next++]) : leaf)),
      spec,
    );
  }
}
