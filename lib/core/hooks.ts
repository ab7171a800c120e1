// Lists of hooks, and the handles that take them away again.
import { checkMethods } from './calls';
import { TorchTypeError } from './errors';
import { compareByIdentity } from './identity';
import { value } from './kinds';
import { signature } from './signature';

let nextId = 0;

/** Returned by every function that registers a hook; `remove()` takes the hook away again. */
export class RemovableHandle {
  readonly id = nextId++;
  readonly #remove: () => void;

  constructor(remove: () => void) {
    this.#remove = remove;
  }
  /** Takes the hook away. */
  remove(): void {
    this.#remove();
  }
  [Symbol.dispose](): void {
    this.#remove();
  }
}
compareByIdentity(RemovableHandle);
checkMethods('RemovableHandle', RemovableHandle, 'remove()');

export interface EntryOptions {
  prepend: boolean;
  withKwargs: boolean;
  alwaysCall: boolean;
}

/** Hooks of one kind, in the order in which they run. */
export class HookList<H> {
  #entries: { hook: H; withKwargs: boolean; alwaysCall: boolean }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(hook: H, options: Partial<EntryOptions> = {}): RemovableHandle {
    const { prepend = false, withKwargs = false, alwaysCall = false } = options;
    const entry = { hook, withKwargs, alwaysCall };
    this.#entries = prepend ? [entry, ...this.#entries] : [...this.#entries, entry];
    return new RemovableHandle(() => {
      this.#entries = this.#entries.filter((other) => other !== entry);
    });
  }
  /**
   * {@link add} of what a user gave: a hook, and options out of `allowed`.
   *
   * @throws TypeError for another option, and where the hook is not a function.
   */
  register(name: string, allowed: Partial<EntryOptions>, args: readonly unknown[]): RemovableHandle {
    const [hook, options] = signature(name, [value<H>()('hook')], allowed, []).bind(args);
    if (typeof hook !== 'function') throw new TorchTypeError(`a hook must be a function, not ${typeof hook}`);
    return this.add(hook, options);
  }
  // Lists are replaced and never changed: a hook may remove itself while they run.
  entries(): readonly { hook: H; withKwargs: boolean; alwaysCall: boolean }[] {
    return this.#entries;
  }
}

export interface HookOptions {
  /** Whether the hook runs before those that are there already. Default: `false`. */
  prepend?: boolean;
}
/** The options of hooks of which the user may choose only the place. */
export const PREPEND = { prepend: false };
