// `module(x, { target: y })`: Python's keywords for arguments of `forward` that have no default.
import { TorchTypeError } from '../../core/errors';
import { isPlainObject } from '../../core/keywords';
import { unknownKeyword } from '../../core/spelling';
import type { Module } from './module';

/** What is known of a class's `forward`. */
interface Signature {
  /** As Python prints it: the class that defines `forward` there. */
  name: string;
  /** Arguments without a default. */
  required: readonly string[];
  /** Whether `forward` itself takes the object of keywords for the arguments with a default. */
  hasOptions: boolean;
}

const signatures = new WeakMap<object, Signature>(); // by prototype

/** Lets calls of `Class`, and of classes that inherit its `forward`, name their arguments. */
export function takes(Class: { prototype: object }, signature: Signature): void {
  signatures.set(Class.prototype, signature);
}

// Nothing is known of a `forward` that somebody wrote over one of ours.
function signatureOf(module: Module): Signature | undefined {
  let prototype = Object.getPrototypeOf(module) as Module | null;
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype) as Module | null) {
    const found = signatures.get(prototype);
    if (found) return module.forward === prototype.forward ? found : undefined;
  }
  return undefined;
}

/**
 * The arguments for `forward`: what the trailing object names goes to its place.
 *
 * @throws TypeError for a name that `forward` does not have, or that is given twice, or not at all.
 */
export function placed(module: Module, args: unknown[]): unknown[] {
  const named = args[args.length - 1];
  if (!isPlainObject(named)) return args;
  const signature = signatureOf(module);
  if (!signature) return args;
  const { name, required, hasOptions } = signature;
  const given = args.slice(0, -1);
  const rest = { ...named };
  const missing: string[] = [];
  required.forEach((key, i) => {
    const isNamed = Object.hasOwn(rest, key) && rest[key] !== undefined;
    if (i < given.length && isNamed)
      throw new TorchTypeError(`${name}() got multiple values for argument '${key}'`);
    if (i >= given.length && !isNamed) missing.push(key);
    if (isNamed) given[i] = rest[key];
    delete rest[key];
  });
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined && !hasOptions) throw unknownKeyword(name, unknown, required);
  if (missing.length > 0) {
    const names = missing.map((key) => `'${key}'`);
    const last = names.splice(-1, 1)[0];
    const list = names.length > 1 ? `${names.join(', ')}, and ${last}` : [...names, last].join(' and ');
    const plural = missing.length > 1 ? 's' : '';
    throw new TorchTypeError(
      `${name}() missing ${missing.length} required positional argument${plural}: ${list}`,
    );
  }
  return unknown === undefined ? given : [...given, rest];
}
