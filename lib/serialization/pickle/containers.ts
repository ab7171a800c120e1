// Putting values into lists, dicts and sets.
import { Complex } from '../../core/complex';
import { Device } from '../../core/device';
import { DType } from '../../core/dtype';
import { Layout } from '../../core/layout';
import { isMap, isSet } from '../../core/realm';
import { TensorBase } from '../../native/tensor_base';
import { NumpyScalar } from './numpy';
import { PythonClass } from './global';
import { Float, FrozenSet, PythonObject, Tuple, markObject, storeKey, storeValue } from './python_types';
import { damaged } from '../io/errors';

/** Appends to a list. */
export function appendItems(target: unknown, items: readonly unknown[]): void {
  if (target instanceof PythonObject) return void pushAll(target.items, items);
  if (!Array.isArray(target) || target instanceof Tuple) throw damaged('it appends to what is no list');
  pushAll(target as unknown[], items);
}

function pushAll(list: unknown[], items: readonly unknown[]): void {
  for (const item of items) list.push(storeValue(list, list.length, item));
}

/** Sets items of a dict: keys and values in turn. */
export function setItems(target: unknown, items: readonly unknown[]): void {
  if (items.length % 2 !== 0) throw damaged('it sets a key without a value');
  if (target instanceof PythonObject) return setItems((target.entries ??= new Map()), items);
  if (!isMap(target)) throw damaged('it sets items of what is no dict');
  // Python writes no batch without items: ours says that the dict was a plain object.
  if (items.length === 0 && target.size === 0) markObject(target);
  for (let i = 0; i < items.length; i += 2) {
    const key = storeKey(target, hashable(items[i]));
    target.set(key, storeValue(target, key, items[i + 1]));
  }
}

/** Adds to a set, and returns it. */
export function addItem<T>(target: T, item: unknown): T {
  if (target instanceof PythonObject) pushAll(target.items, [item]);
  else if (isSet(target)) target.add(storeKey(target, hashable(item)));
  else throw damaged('it adds to what is no set');
  return target;
}

const kinds = [
  Float,
  Tuple,
  FrozenSet,
  Uint8Array,
  DType,
  Device,
  Layout,
  Complex,
  NumpyScalar,
  TensorBase,
  PythonObject,
];

function hashable(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return key;
  if (kinds.some((kind) => key instanceof kind) || key instanceof PythonClass) return key;
  throw damaged(`a key in it cannot be one: ${key.constructor?.name ?? 'object'}`);
}
