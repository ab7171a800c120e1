// Extra state that comes out of a file: dicts there are Maps, whatever they were.
import { isMap, isPlainObject } from '../../core/realm';
import { fromObject } from '../../serialization/pickle/origin';
import { copyMarks, wasObject } from '../../serialization/pickle/python_types';

type AnyMap = Map<unknown, unknown>;
type Look = () => unknown;
const nothing: Look = () => undefined;

/**
 * The value as `getExtraState` returned it: plain objects again. A file of ours tells which dicts were such. Of a file
 * that Python wrote, those become plain objects that are such in the module's own extra state, which `own` gives, and
 * what they hold, where its keys are strings. It is the same for a file that was read with `{ objects: true }`. Changes
 * nothing of `value`.
 */
export function restoreExtraState(given: unknown, own: Look): unknown {
  const value = fromObject(given);
  if (!(isMap(value) || Array.isArray(value))) return value;
  const copies = new Map<object, unknown>();
  let changed = false;

  // `at` gives the module's own value in that place; `inside` tells whether it lies in what became an object.
  const restore = (each: unknown, at: Look, inside: boolean): unknown => {
    if (!(isMap(each) || Array.isArray(each))) return each;
    if (!copies.has(each)) {
      if (Array.isArray(each)) restoreArray(each as unknown[], at, inside);
      else restoreMap(each as AnyMap, at, inside);
    }
    return copies.get(each);
  };

  const restoreArray = (list: unknown[], at: Look, inside: boolean): void => {
    const copy = list.slice();
    copies.set(list, copy);
    copyMarks(list, copy);
    list.forEach((each, i) => (copy[i] = restore(each, () => elementOf(at(), i), inside)));
  };

  const restoreMap = (map: AnyMap, at: Look, inside: boolean): void => {
    const known = wasObject(map);
    if (known || shallBeObject(map, at(), inside)) {
      changed = true;
      const object = {};
      copies.set(map, object);
      for (const [key, each] of map) {
        const restored = restore(each, known ? nothing : () => fieldOf(at(), key), !known);
        // Not an assignment: a key may be '__proto__'.
        Object.defineProperty(object, String(key), { ...plainField, value: restored });
      }
      copyMarks(map, object);
      return;
    }
    // One of a class of its own (Counter, DefaultDict) stays.
    const copy = map.constructor === Map ? (new Map(map) as AnyMap) : map;
    copies.set(map, copy);
    if (copy === map) return;
    copyMarks(map, copy);
    for (const [key, each] of map)
      copy.set(
        key,
        restore(each, () => fieldOf(at(), key), false),
      );
  };

  const restored = restore(value, once(own), false);
  return changed ? restored : value;
}

const plainField = { writable: true, configurable: true, enumerable: true } as const;

function shallBeObject(map: AnyMap, own: unknown, inside: boolean): boolean {
  if (isMap(own)) return false;
  const keys = [...map.keys()];
  if (isPlainObject(own)) return keys.every((key) => typeof key === 'string' || Number.isInteger(key));
  return inside && keys.every((key) => typeof key === 'string');
}

function elementOf(own: unknown, index: number): unknown {
  if (!Array.isArray(own)) return undefined;
  return (own as unknown[])[index < own.length ? index : 0];
}

function fieldOf(own: unknown, key: unknown): unknown {
  if (isMap(own)) return own.get(key);
  return isPlainObject(own) && Object.hasOwn(own, String(key)) ? own[String(key)] : undefined;
}

// A module may not have such a state before it is loaded.
function once(own: Look): Look {
  let found: { value: unknown } | undefined;
  return () => {
    if (!found) {
      try {
        found = { value: own() };
      } catch {
        found = { value: undefined };
      }
    }
    return found.value;
  };
}
