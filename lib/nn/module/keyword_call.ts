// `module(x, { target: y })`: a call's arguments of `forward`, by position or by name.
import type { Argument } from '../../core/kinds';
import { isPlainObject } from '../../core/realm';
import type { Signature } from '../../core/signature';
import type { ModuleBase } from './base';

type Forward = Signature<readonly Argument[], object>;
const signatures = new WeakMap<object, Forward>(); // by prototype

// How many arguments must be given, on the prototype: a call looks at it, and a field costs less than the WeakMap.
const LEAST = Symbol('least');
interface Counted {
  [LEAST]?: number;
}

/** Says what `forward` of `Class`, and of classes that inherit it, takes. It gets all of that by position. */
export function takes(Class: { prototype: object }, signature: Forward): void {
  signatures.set(Class.prototype, signature);
  Object.defineProperty(Class.prototype, LEAST, { value: signature.required.length });
}

// Nothing is known of a `forward` that somebody wrote over one of ours.
function signatureOf(module: ModuleBase): Forward | undefined {
  let prototype = Object.getPrototypeOf(module) as ModuleBase | null;
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype) as ModuleBase | null) {
    const found = signatures.get(prototype);
    if (found) return module.forward === prototype.forward ? found : undefined;
  }
  return undefined;
}

/**
 * The arguments for `forward`: what the trailing object names goes to its place.
 *
 * @throws TypeError for an argument that is missing, unknown, given twice or one too many.
 */
export function placed(module: ModuleBase, args: unknown[]): unknown[] {
  // Nearly all calls: of a module that wants one argument, with one.
  if (args.length === 1 && !isPlainObject(args[0]) && ((module as Counted)[LEAST] ?? 1) < 2) return args;
  return signatureOf(module)?.bind(args).slice(0, -1) ?? args;
}
