// What a state_dict has under `state`.
import { inspect } from 'node:util';
import type { ParamState } from './state_dict';

/** By number: they are shared by all. */
const descriptors = new Map<number, PropertyDescriptor>();

function descriptorOf(number: number): PropertyDescriptor {
  let descriptor = descriptors.get(number);
  if (!descriptor) {
    descriptor = {
      get(this: ParamStates) {
        return this.get(number);
      },
      set(this: ParamStates, state: ParamState) {
        this.set(number, state);
      },
      enumerable: true,
      configurable: true,
    };
    descriptors.set(number, descriptor);
  }
  return descriptor;
}

/**
 * The states of parameters by their numbers: a Map whose entries are properties, too. So `states.get(0)` and `states[0]`,
 * `for (const [number, state] of states)` and `Object.entries(states)` all say the same. New entries come by `set`,
 * and go by `delete()`.
 */
export class ParamStates extends Map<number, ParamState> {
  readonly [number: number]: ParamState;

  static {
    // Tests compare it to a Map by the constructor.
    Object.defineProperty(this.prototype, 'constructor', { value: Map });
  }

  override set(number: number, state: ParamState): this {
    if (!this.has(number)) Object.defineProperty(this, number, descriptorOf(number));
    return super.set(number, state);
  }
  /** Forgets what is remembered of a parameter, and says whether there was anything. */
  override delete(number: number): boolean {
    if (this.has(number)) Reflect.deleteProperty(this, number);
    return super.delete(number);
  }
  override clear(): void {
    for (const number of [...this.keys()]) this.delete(number);
  }

  /** As a Map, each entry once. */
  [Symbol.for('nodejs.util.inspect.custom')](_depth: number, options: object): string {
    return inspect(new Map(this), options);
  }
}
