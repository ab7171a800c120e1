import { TorchTypeError } from '../core/errors';
import { Complex } from '../core/complex';
import { NDArray, NumpyScalar } from './pickle/numpy';
import { Float, copyMarks } from './pickle/python_types';
import { isMap } from '../core/realm';

/**
 * What `load` gave as plain objects and arrays, all the way down: a Map becomes an object, a tuple an array,
 * numpy's numbers and arrays of numbers numbers and tensors. Tensors are not copied. `T` says what the file holds; it is
 * not checked.
 *
 * @throws TypeError for a dict whose keys are no strings or ints.
 *
 * @example
 * interface Checkpoint { epoch: number; model: Record<string, Tensor>; best: number }
 * const { epoch, model } = torch.serialization.toObject<Checkpoint>(torch.load('checkpoint.pt'));
 */
export function toObject<T = unknown>(value: unknown): T {
  return convert(value, new Map()) as T;
}

// What is shared stays shared.
function convert(value: unknown, done: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const before = done.get(value);
  if (before !== undefined) return before;
  if (isMap(value)) return fromMap(value as Map<unknown, unknown>, done);
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    done.set(value, list);
    for (const each of value as unknown[]) list.push(convert(each, done));
    copyMarks(value, list);
    return list;
  }
  if (value instanceof Float || value instanceof NumpyScalar) return value.value;
  if (value instanceof NDArray && value.dtype.dtype) {
    const tensor = value.tensor();
    done.set(value, tensor);
    return tensor;
  }
  return value;
}

function fromMap(map: Map<unknown, unknown>, done: Map<object, unknown>): object {
  const object: Record<string, unknown> = {};
  done.set(map, object);
  for (const [key, each] of map) {
    if (typeof key !== 'string' && !Number.isInteger(key)) {
      const what = key instanceof Complex ? 'complex' : typeof key;
      throw new TorchTypeError(
        `toObject(): a key is no string or int but ${what}: ${String(key).slice(0, 40)}`,
      );
    }
    const value = convert(each, done);
    // Not an assignment: a key may be '__proto__'.
    const field = { value, writable: true, configurable: true, enumerable: true };
    Object.defineProperty(object, String(key), field);
  }
  copyMarks(map, object);
  return object;
}
