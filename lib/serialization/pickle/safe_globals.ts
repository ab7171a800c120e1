/** Classes of users' own that files may name. */
import { TorchTypeError, argumentError, checkFunction } from '../../core/errors';
import { bindArguments } from '../../core/calls';

/** A class, or an arrow function that takes the constructor's arguments. */
export type SafeClass = abstract new (...args: never[]) => object;
/** Makes an object of what Python's class would be called with. */
export type SafeFunction = (...args: never[]) => unknown;

/**
 * What a file may make, and its name in Python with the module: `[Config, 'my_package.Config']`.
 *
 * An object is made by `new Class(...args)` where Python calls the class, without its constructor where
 * Python does not. What Python kept of it, mostly a Map of its fields, goes to its method `__setstate__`,
 * or else becomes its properties. Instances are saved under this name; `__getstate__` says what is kept.
 */
export type SafeGlobal = readonly [made: SafeClass | SafeFunction, name: string];

let registered = new Map<string, SafeGlobal>();

const blocked = ['sys', 'os', 'posix', 'nt', 'builtins', '__builtin__'];

function check(globals: readonly SafeGlobal[]): void {
  if (!Array.isArray(globals)) throw argumentError('addSafeGlobals', 'globals', 'an array', globals);
  for (const entry of globals as unknown[]) {
    const [made, name] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof made !== 'function' || typeof name !== 'string' || !/^[\w.]+\.\w+$/.test(name)) {
      throw argumentError(
        'addSafeGlobals',
        'globals',
        "pairs of a class and its name, 'module.Class'",
        entry,
      );
    }
    if (blocked.includes(name.split('.')[0]))
      throw new TorchTypeError(`addSafeGlobals(): '${name}' can never be allowed`);
  }
}

/** Lets files name these besides what `torch.load` knows. */
export function addSafeGlobals(...args: [globals: readonly SafeGlobal[]]): void {
  const [globals] = bindArguments('addSafeGlobals(globals)', args);
  check(globals);
  for (const entry of globals) registered.set(entry[1], entry);
}
/** What {@link addSafeGlobals} allowed. */
export function getSafeGlobals(...args: []): SafeGlobal[] {
  bindArguments('getSafeGlobals()', args);
  return [...registered.values()];
}
/** Forgets what {@link addSafeGlobals} allowed. */
export function clearSafeGlobals(...args: []): void {
  bindArguments('clearSafeGlobals()', args);
  registered = new Map();
}
/** Runs `body` with these allowed, too. */
export function safeGlobals<T>(...args: [globals: readonly SafeGlobal[], body: () => T]): T {
  const [globals, body] = bindArguments('safeGlobals(globals, body)', args);
  checkFunction('safeGlobals', 'body', body);
  const before = registered;
  registered = new Map(registered);
  try {
    addSafeGlobals(globals);
    return body();
  } finally {
    registered = before;
  }
}

export const safeGlobal = (name: string): SafeGlobal | undefined => registered.get(name);

/** The Python name of an object's class. */
export function safeName(value: object): string | undefined {
  for (const [made, name] of registered.values()) {
    if (made.prototype !== undefined && Object.getPrototypeOf(value) === made.prototype) return name;
  }
  return undefined;
}
