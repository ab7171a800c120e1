// What came out of a file, looked over before anyone else sees it.
import { isMap, isPlainObject, isSet } from '../../core/realm';
import { attributeEntries, isTensor } from '../../native/tensor_base';
import { NDArray, RECONSTRUCT } from './numpy';
import { PythonClass } from './global';
import { TypedStorage, isUnread } from './storage';
import { OrderedDict, PythonObject } from './python_types';
import { damaged } from '../io/errors';

// Python's own pickler cannot go deeper than about 1,000.
const DEEPEST = 4096;
// A list of lists of one list ... is small, until somebody walks through it.
const MOST = 2 ** 32;

interface Visit {
  readonly value: object;
  readonly parts: Iterator<unknown>;
  count: number;
  depth: number;
}

/**
 * Throws for what is nested absurdly deep, for what is small only because its parts are shared, and for an array without
 * data. `storage` is told of the storages that are values themselves.
 */
export function checkResult(root: unknown, storage: (value: TypedStorage) => void): void {
  const done = new Map<object, { count: number; depth: number }>();
  const open = new Set<object>();
  const path: Visit[] = [];

  const enter = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return add(1, 0);
    const known = done.get(value);
    if (known) return add(known.count, known.depth);
    if (open.has(value)) return add(1, 0); // it contains itself
    if (value instanceof TypedStorage && isUnread(value)) storage(value);
    const parts = partsOf(value);
    if (!parts) return add(1, 0);
    if (path.length > DEEPEST) throw damaged(`it is nested more than ${DEEPEST} levels deep`);
    open.add(value);
    path.push({ value, parts, count: 1, depth: 0 });
  };
  const add = (count: number, depth: number): void => {
    if (path.length === 0) return;
    const parent = path[path.length - 1];
    parent.count += count;
    parent.depth = Math.max(parent.depth, depth + 1);
    if (parent.count > MOST)
      throw damaged('its values refer to each other so often that they would never end');
    if (path.length + depth > DEEPEST) throw damaged(`it is nested more than ${DEEPEST} levels deep`);
  };

  enter(root);
  while (path.length > 0) {
    const visit = path[path.length - 1];
    const { done: ended, value } = visit.parts.next();
    if (!ended) {
      enter(value);
      continue;
    }
    path.pop();
    open.delete(visit.value);
    done.set(visit.value, visit);
    add(visit.count, visit.depth);
  }
}

// Null where there are none.
function partsOf(value: object): Iterator<unknown> | null {
  if (isTensor(value))
    return attributes(
      value,
      attributeEntries(value).map(([name]) => name),
    );
  if (value instanceof OrderedDict)
    return both(flat(value), attributes(value, Object.getOwnPropertyNames(value)));
  if (isMap(value)) return flat(value as Map<unknown, unknown>);
  if (Array.isArray(value)) return (value as unknown[]).values();
  if (isSet(value)) return (value as Set<unknown>).values();
  if (value instanceof PythonObject) {
    if (value.type === RECONSTRUCT && value.state === null)
      throw damaged('an array of numpy in it has no data');
    return [value.args, value.state, value.items, value.entries].values();
  }
  if (value instanceof PythonClass || value instanceof NDArray) return null;
  return isPlainObject(value) ? attributes(value, Object.keys(value)) : null;
}

function* flat(map: ReadonlyMap<unknown, unknown>): IterableIterator<unknown> {
  for (const [key, value] of map) {
    yield key;
    yield value;
  }
}

function* both(first: Iterable<unknown>, second: Iterator<unknown> | null): IterableIterator<unknown> {
  yield* first;
  for (let each = second?.next(); each && !each.done; each = second?.next()) yield each.value;
}

function attributes(value: object, names: readonly string[]): Iterator<unknown> | null {
  if (names.length === 0) return null;
  return names.map((name) => (value as Record<string, unknown>)[name]).values();
}
