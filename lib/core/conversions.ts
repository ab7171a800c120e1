/**
 * What JavaScript makes of an object without being asked: a number or a text for its operators, text for JSON, a copy
 * for another thread. Of a tensor it would be nonsense without a word, so classes refuse by these, in a sentence that
 * names what to write.
 */
import { TorchTypeError, valueError } from './errors';
import { isMap, isSet } from './realm';

/**
 * What `value[Symbol.toPrimitive](hint)` gives: its text where a text is meant, as in a template string or
 * `String(value)`.
 *
 * @param instead What to write, after "A Tensor has no operators in JavaScript: ".
 * @throws TypeError for operators, `==` with a number or a text, `Number(value)`, `Math.abs(value)` ...
 */
export function primitiveOf(value: object, hint: string, name: string, instead: string): string {
  if (hint === 'string') return value.toString();
  throw new TorchTypeError(
    `${name} has no operators in JavaScript: ${instead}; \`\${x}\` or String(x) for the text`,
  );
}

/**
 * What `value.toJSON(...args)` gives. Printers of test runners call it without arguments: they get the text, or the
 * object where it has none of its own.
 *
 * @param instead What to write, after "A Tensor cannot be written as JSON: ".
 * @throws TypeError for `JSON.stringify`, which always gives the key.
 */
export function jsonOf(value: object, args: readonly unknown[], name: string, instead: string): unknown {
  if (args.length > 0) throw new TorchTypeError(`${name} cannot be written as JSON: ${instead}`);
  return value.toString === Object.prototype.toString ? value : value.toString();
}

/** Gives a plain object or a Map, of which JSON would have nothing or a part, a `toJSON` that {@link jsonOf} makes. */
export function withoutJson<T extends object>(value: T, name: string, instead: string): T {
  const toJSON = (...args: unknown[]): unknown => jsonOf(value, args, name, instead);
  return Object.defineProperty(value, 'toJSON', { value: toJSON, writable: true, configurable: true });
}

/**
 * A value for a field that makes `structuredClone`, `postMessage` and `v8.serialize` throw a DataCloneError with this
 * sentence; they would copy the object without its memory. The field must be enumerable and have a name of letters:
 * nothing else is looked at there.
 */
export const uncloneable = (instead: string): symbol => Symbol(instead);

/**
 * Gives Maps and Sets that stand for Python's dicts and sets a `toJSON`: JSON would have `{}` of them. A dict is written as
 * Python's `json.dumps` writes it, with numbers, booleans and null as texts where they are keys.
 *
 * @throws TypeError for a set, for other keys, and where two keys have one text; when it is written.
 * @throws ValueError for what contains itself, as Python's.
 */
export function withJson<T extends object>(value: T): T {
  return Object.defineProperty(value, 'toJSON', {
    value: dictOrSetToJson,
    writable: true,
    configurable: true,
  });
}

// JSON finds a list or object in itself; of a dict it sees another object each time.
function containsItself(dict: object): boolean {
  const open = [dict];
  const parts: Iterator<unknown>[] = [partsOf(dict)];
  const done = new Set<unknown>();
  while (parts.length > 0) {
    const { done: ended, value } = parts[parts.length - 1].next();
    if (ended) {
      done.add(open.pop());
      parts.pop();
    } else if (open.includes(value as object)) return true;
    else if ((isMap(value) || Array.isArray(value)) && !done.has(value)) {
      open.push(value);
      parts.push(partsOf(value));
    }
  }
  return false;
}

const partsOf = (value: object): Iterator<unknown> => (value as Map<unknown, unknown> | unknown[]).values();

function dictOrSetToJson(
  this: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>,
  ...args: unknown[]
): unknown {
  if (args.length === 0) return this; // a printer
  if (isSet(this)) throw new TorchTypeError('A set cannot be written as JSON: write [...set]');
  if (containsItself(this)) throw valueError('Circular reference detected');
  const texts = new Map<string, unknown>();
  for (const [key, value] of this as ReadonlyMap<unknown, unknown>) {
    const text = String(key);
    if (key !== null && !['string', 'number', 'bigint', 'boolean'].includes(typeof key)) {
      throw new TorchTypeError(
        `A dict cannot be written as JSON: its key ${text} is no text; write [...dict]`,
      );
    }
    if (texts.has(text))
      throw new TorchTypeError(
        `A dict cannot be written as JSON: it has two keys '${text}'; write [...dict]`,
      );
    texts.set(text, value);
  }
  return Object.fromEntries(texts);
}
