// The calls of JavaScript that a replay makes.
import { TorchError } from '../core/errors';
import { native } from '../native';
import type { ActiveRecording } from '../native/recording';
import type { Tensor } from '../tensor';
import type { Handle } from '../../typings/native';
import { LiveSession, replayCall, within } from './live';
import type { Recorded } from './session';

// A replay whose live calls are recorded: what else is JavaScript in it is not looked at.
class Observing extends LiveSession {
  readonly inside = new LiveSession();

  override callback<T>(run: () => T): T {
    return within(this.inside, run);
  }
}

/** Makes the calls that a recording has, as a replay asks for them. */
export class ReplayCalls {
  #observing: Observing | null = null;
  #isConfirmed = false;

  constructor(readonly recorded: Recorded) {}

  /** `captureReplay` of what was made ready. */
  replay(ready: Handle, tensors: readonly Tensor[]): unknown[] | null {
    const { calls, hasCallbacks } = this.recorded;
    const run = () => native.captureReplay(ready, tensors, this.#host, this.#live);
    return this.#isConfirmed || (calls.length === 0 && !hasCallbacks) ? run() : this.#observed(run);
  }

  readonly #host = (i: number): void => {
    const { object, method, args, run } = this.recorded.hosts[i];
    if (this.#observing === null) run();
    else this.#observing.host(object, method, args, run);
  };

  readonly #live = (i: number, handles: Handle[]): readonly Tensor[] => {
    const run = () => replayCall(this.recorded.calls[i], handles);
    return this.#observing === null ? run() : this.#observing.callback(run);
  };

  // Functions may read variables that have changed since they were recorded: then the first replay does something else.
  #observed<T>(run: () => T): T {
    const observing = new Observing();
    let ends = false;
    try {
      native.captureAgain();
      this.#observing = observing;
      const result = within(observing as ActiveRecording, run);
      ends = true;
      const [handle] = native.captureEnd([]);
      if (result !== null) this.#confirm(native.captureLiveDifference(this.recorded.handle, handle));
      return result;
    } finally {
      this.#observing = null;
      if (!ends) native.captureAbort();
    }
  }

  #confirm(difference: string): void {
    if (difference !== '') {
      throw new TorchError(
        `torch.capture: the first replay has done something else than the function, by a variable that changes: ${difference}`,
      );
    }
    this.#isConfirmed = true;
  }
}
