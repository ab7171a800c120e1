// What plain objects and arrays were in a file before toObject made them: they are saved again as what they were.
import { isMap, isPlainObject } from '../../core/realm';
import { Counter, DefaultDict, OrderedDict, Size, Tuple, copyMarks } from './python_types';

type AnyMap = Map<unknown, unknown>;

interface Origin {
  /** An empty dict of the same kind. */
  empty(): AnyMap;
  /** Keys that are ints in Python. */
  readonly ints: ReadonlySet<string>;
}

const dicts = new WeakMap<object, Origin>();
const tuples = new WeakMap<object, typeof Tuple>();

/** Remembers that `object` holds what `map` held. What was set on the dict itself, as `_metadata`, is not enumerable. */
export function rememberDict(object: object, map: AnyMap): void {
  const ints = new Set<string>();
  for (const key of map.keys()) if (typeof key === 'number') ints.add(String(key));
  dicts.set(object, { empty: emptyLike(map), ints });
  for (const [name, value] of attributes(map)) {
    if (!Object.hasOwn(object, name)) setAttribute(object, name, value);
  }
  copyMarks(map, object);
}

function emptyLike(map: AnyMap): () => AnyMap {
  if (map instanceof DefaultDict) return () => new DefaultDict(map.defaultFactory);
  if (map instanceof Counter) return () => new Counter() as AnyMap;
  return map instanceof OrderedDict ? () => new OrderedDict() : () => new Map();
}

/** Names and values of own properties that are not enumerable. */
const attributes = (value: object): [string, unknown][] =>
  Object.entries(Object.getOwnPropertyDescriptors(value)).flatMap(([name, { enumerable, value: own }]) =>
    enumerable || own === undefined || typeof own === 'function' || name === 'defaultFactory'
      ? []
      : [[name, own] as [string, unknown]],
  );

const setAttribute = (target: object, name: string, value: unknown): object =>
  Object.defineProperty(target, name, { value, writable: true, configurable: true });

/** Remembers that `list` holds what `array` held. */
export function rememberList(list: object, array: readonly unknown[]): void {
  if (array instanceof Tuple) tuples.set(list, array instanceof Size ? Size : Tuple);
  copyMarks(array, list);
}

/** What `value` was in the file, with what it holds now; itself where it came from no file. */
export function original(value: object): object {
  const tuple = tuples.get(value);
  if (tuple) {
    const made = tuple.from(value as unknown[]);
    copyMarks(value, made);
    return made;
  }
  const dict = dicts.get(value);
  if (!dict) return value;
  const map = dict.empty();
  for (const [key, each] of Object.entries(value)) map.set(dict.ints.has(key) ? Number(key) : key, each);
  for (const [name, each] of attributes(value)) setAttribute(map, name, each);
  copyMarks(value, map);
  return map;
}

/** {@link original} all the way down: what `toObject` was given, or `value` itself where nothing in it came from there. */
export function fromObject(value: unknown, done = new Map<object, unknown>()): unknown {
  if (!isPlainObject(value) && !Array.isArray(value)) return value;
  if (done.has(value)) return done.get(value);
  const source = original(value);
  done.set(value, source);
  if (isMap(source)) {
    for (const [key, each] of source) source.set(key, fromObject(each, done));
    return source;
  }
  const before = source as Record<string, unknown>;
  const after = Object.entries(before).map(([key, each]) => [key, fromObject(each, done)] as const);
  if (after.every(([key, each]) => each === before[key])) return source;
  const copy: object = Array.isArray(source) ? source.slice() : {};
  for (const [key, each] of after) Object.defineProperty(copy, key, { ...field, value: each });
  copyMarks(source, copy);
  done.set(value, copy);
  return copy;
}

const field = { writable: true, configurable: true, enumerable: true } as const;
