import { TorchTypeError } from '../core/errors';
import { Complex } from '../core/complex';
import { NDArray, NumpyScalar } from './pickle/numpy';
import { copyConstruction } from './pickle/construct';
import { rememberDict, rememberList } from './pickle/origin';
import { Float, PythonObject, copyMarks, wasObject } from './pickle/python_types';
import { isMap } from '../core/realm';
import { bindArguments } from '../core/calls';

/**
 * Makes plain objects and arrays of what `load` gave, at every depth: a Map becomes an object, a tuple an array, a
 * number of numpy's a number, an array of numpy's a tensor. Tensors are not copied. `T` says what the file holds; it is
 * not checked. `load` with `{ objects: true }` does the same while it reads.
 *
 * Every key of the file is a property of the object itself, also `'__proto__'` or `'constructor'`, as `JSON.parse` does
 * it. The objects remember what they were: `torch.save` and `loadStateDict` take them for the tuples, the dicts with ints
 * for keys, and the OrderedDicts with their `_metadata` again. A copy such as `{ ...object }` remembers nothing.
 *
 * @throws TypeError for a dict whose keys are no strings or ints, or that has both `1` and `'1'`.
 *
 * @example
 * interface Checkpoint { epoch: number; model: Record<string, Tensor>; best: number }
 * const { epoch, model } = torch.serialization.toObject<Checkpoint>(torch.load('checkpoint.pt'));
 */
export function toObject<T = unknown>(...args: [value: unknown]): T {
  const [value] = bindArguments('toObject(value{})', args);
  const converter = new Converter();
  const result = converter.convert(value) as T;
  converter.fill();
  return result;
}

// Works through a list of tasks instead of calling itself, so that deep nesting cannot overflow the stack. A value that
// is met twice is converted once.
class Converter {
  readonly #done = new Map<object, unknown>();
  readonly #tasks: (() => void)[] = [];

  /** What becomes of `value`; its parts are filled in later. */
  convert(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Float || value instanceof NumpyScalar) return value.value;
    let made = this.#done.get(value);
    if (made === undefined) this.#done.set(value, (made = this.#begin(value)));
    return made;
  }

  fill(): void {
    for (const task of this.#tasks) task(); // tasks add more tasks
  }

  #begin(value: object): unknown {
    if (isMap(value)) {
      const object = {};
      this.#tasks.push(() => this.#fillObject(object, value as Map<unknown, unknown>));
      return object;
    }
    if (Array.isArray(value)) {
      const list: unknown[] = [];
      this.#tasks.push(() => {
        for (const each of value as unknown[]) list.push(this.convert(each));
        rememberList(list, value as unknown[]);
      });
      return list;
    }
    if (value instanceof NDArray && value.dtype.dtype) return value.tensor();
    return value instanceof PythonObject ? this.#python(value) : value;
  }

  #fillObject(object: object, map: Map<unknown, unknown>): void {
    for (const [key, each] of map) {
      const name = checkedKey(key);
      if (Object.hasOwn(object, name)) {
        throw new TorchTypeError(
          `toObject(): a dict has ${name.slice(0, 40)} for a key both as an int and as a text, which an object cannot`,
        );
      }
      // Not an assignment: a key may be '__proto__'.
      const field = { value: this.convert(each), writable: true, configurable: true, enumerable: true };
      Object.defineProperty(object, name, field);
    }
    // What was a plain object when it was saved is one.
    if (wasObject(map)) copyMarks(map, object);
    else rememberDict(object, map);
  }

  #python(value: PythonObject): PythonObject {
    const made = new PythonObject(value.type);
    copyConstruction(value, made);
    this.#tasks.push(() => {
      made.args = this.convert(value.args);
      made.state = this.convert(value.state);
      for (const item of value.items) made.items.push(this.convert(item));
      // Of a dict of an own class any key stays what it is.
      if (value.entries)
        made.entries = new Map([...value.entries].map(([key, each]) => [key, this.convert(each)]));
    });
    return made;
  }
}

function checkedKey(key: unknown): string {
  if (typeof key === 'string' || Number.isInteger(key)) return String(key);
  const what = key instanceof Complex ? 'complex' : typeof key;
  throw new TorchTypeError(`toObject(): a key is no string or int but ${what}: ${String(key).slice(0, 40)}`);
}
