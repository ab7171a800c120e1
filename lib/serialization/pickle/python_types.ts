/** Values of Python that JavaScript has no word for. Reading gives them, writing takes them. */
import { withJson } from '../../core/conversions';
import { bindArguments, checkMethods } from '../../core/calls';
import { argumentError, checkNumber, checkText } from '../../core/errors';

type Pairs<K, V> = Iterable<readonly [K, V]>;

// What the constructors of Map and Set take; they would refuse the rest with an error of JavaScript.
function iterable<I extends Iterable<unknown>>(
  name: string,
  value: I | null | undefined,
): I | null | undefined {
  if (value == null || typeof (value as Partial<I>)[Symbol.iterator] === 'function') return value;
  throw argumentError(name, 'entries', 'an iterable', value);
}
function pairs<K, V>(name: string, entries: Pairs<K, V> | null | undefined): Pairs<K, V> | null | undefined {
  const list = iterable(name, entries);
  if (list == null) return list;
  const checked = [...list];
  for (const pair of checked as unknown[]) {
    if (!Array.isArray(pair)) throw argumentError(name, 'entries', 'an iterable of pairs [key, value]', pair);
  }
  return checked;
}

/** A tuple: an array that Python must not mistake for a list. `map` and the like give a tuple again. */
export class Tuple<T = unknown> extends Array<T> {}

/** `tuple(0.9, 0.999)` is Python's `(0.9, 0.999)`. */
export function tuple<T extends unknown[]>(...values: T): Tuple<T[number]> & T {
  return Tuple.from(values) as Tuple<T[number]> & T;
}

/** A `torch.Size`: `Size.from(tensor.shape)`. */
export class Size extends Tuple<number> {}

/**
 * A number that Python shall get as a float though it is whole: `new Float(1)` is `1.0`. Other numbers
 * that are whole become ints, all others floats. Reading gives plain numbers, and remembers which of a
 * container's are floats: written again where they were, they are floats again.
 */
export class Float {
  constructor(
    readonly value: number,
    ...surplus: []
  ) {
    bindArguments('Float(value)', [value, ...surplus]);
    checkNumber('Float', 'value', value);
    Object.freeze(this);
  }
  /** The number. */
  valueOf(): number {
    return this.value;
  }
  /** The number. */
  toJSON(): number {
    return this.value;
  }
}
checkMethods('Float', Float, 'valueOf()');

/** A `collections.OrderedDict`. What is set on the dict itself, such as `_metadata`, is a property. */
export class OrderedDict<K = unknown, V = unknown> extends Map<K, V> {
  constructor(...args: [entries?: Pairs<K, V> | null]) {
    const [entries] = bindArguments('OrderedDict(entries?)', args);
    super(pairs('OrderedDict', entries));
  }
}

/** A `collections.defaultdict`. It makes no defaults here, but remembers their type. */
export class DefaultDict<K = unknown, V = unknown> extends Map<K, V> {
  /** Name of the type that makes defaults, for example `'list'`. */
  readonly defaultFactory!: FactoryName | null;

  constructor(...args: [defaultFactory?: FactoryName | null, entries?: Pairs<K, V> | null]) {
    const [defaultFactory = null, entries] = bindArguments('DefaultDict(defaultFactory?, entries?)', args);
    super(pairs('DefaultDict', entries));
    Object.defineProperty(this, 'defaultFactory', { value: defaultFactory });
  }
}

export const factoryNames = ['bool', 'dict', 'float', 'int', 'list', 'set', 'str', 'tuple'] as const;
/** Types whose defaults a `DefaultDict` can remember. */
export type FactoryName = (typeof factoryNames)[number];

/** A `collections.Counter`. */
export class Counter<K = unknown> extends Map<K, number> {
  constructor(...args: [entries?: Pairs<K, number> | null]) {
    const [entries] = bindArguments('Counter(entries?)', args);
    super(pairs('Counter', entries));
  }
}

/** A `frozenset`. */
export class FrozenSet<T = unknown> extends Set<T> {
  constructor(...args: [values?: Iterable<T> | null]) {
    const [values] = bindArguments('FrozenSet(values?)', args);
    super(iterable('FrozenSet', values));
  }
}

for (const { prototype } of [OrderedDict, DefaultDict, Counter, FrozenSet]) withJson(prototype);

/** A `bytearray`; a plain Uint8Array is `bytes`. */
export class ByteArray extends Uint8Array {}

/**
 * An object of a class that is not known here, as `load` gives it with `{ weightsOnly: false }`: what the
 * file says about it. Nothing of it has been run. `torch.save` writes it as it was.
 */
export class PythonObject {
  /** What the object was built from: `type(*args)`. Null for one without arguments. */
  args: unknown = null;
  /** What was set on it afterwards, mostly a Map of its fields. */
  state: unknown = null;
  /** Items that were appended, where it is a list. */
  readonly items: unknown[] = [];
  /** Where it is a dict, its items. */
  entries: Map<unknown, unknown> | null = null;

  constructor(
    /** The class or function, for example `'argparse.Namespace'`. */
    readonly type: string,
    ...surplus: []
  ) {
    bindArguments('PythonObject(type)', [type, ...surplus]);
    checkText('PythonObject', 'type', type);
  }
}

// Which numbers in a container are floats though they are whole, by key or index; and which keys.
const floatValues = new WeakMap<object, Set<unknown>>();
const floatKeys = new WeakMap<object, Set<unknown>>();

function mark(marks: WeakMap<object, Set<unknown>>, container: object, key: unknown): void {
  const known = marks.get(container);
  if (known) known.add(key);
  else marks.set(container, new Set([key]));
}

/** Takes `value` out of its Float and remembers that `container[key]` was one. */
export function storeValue(container: object, key: unknown, value: unknown): unknown {
  if (!(value instanceof Float)) {
    floatValues.get(container)?.delete(key);
    return value;
  }
  mark(floatValues, container, key);
  return value.value;
}

/** As {@link storeValue}, for a key of a Map or an element of a Set. */
export function storeKey(container: object, key: unknown): unknown {
  if (!(key instanceof Float)) return key;
  mark(floatKeys, container, key.value);
  return key.value;
}

/** The value as it is to be written: in a Float where it was one. */
export function valueOf(container: object, key: unknown, value: unknown): unknown {
  return restore(floatValues, container, key, value);
}

export function keyOf(container: object, key: unknown): unknown {
  return restore(floatKeys, container, key, key);
}

function restore(marks: WeakMap<object, Set<unknown>>, container: object, key: unknown, value: unknown) {
  if (typeof value !== 'number' || !marks.get(container)?.has(key)) return value;
  return new Float(value);
}

/** Hands on to `copy` which of the numbers of `container` are floats. */
export function copyMarks(container: object, copy: object): void {
  for (const marks of [floatValues, floatKeys]) {
    const known = marks.get(container);
    if (known) marks.set(copy, new Set(known));
  }
}

// Which of the Maps that came out of a file were plain objects when they were saved.
const objects = new WeakSet<object>();

export function markObject(map: Map<unknown, unknown>): void {
  objects.add(map);
}
export const wasObject = (map: object): boolean => objects.has(map);
