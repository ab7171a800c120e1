// What the pickle machine asks for when it reads a file of torch.save.
import { uint8 } from '../../core/dtype';
import { isMap } from '../../core/realm';
import { isTensor } from '../../native/tensor_base';
import { NDArray, NumpyDType, RECONSTRUCT, littleEndian, rememberFields } from './numpy';
import { type How, construct } from './construct';
import { knownGlobal, numbers, rawBytes } from './globals';
import type { Host } from './machine';
import { PythonClass, named } from './global';
import { StorageRef, StorageType, type TypedStorage, storageOf } from './storage';
import { withState } from './tensors';
import { OrderedDict, PythonObject, Tuple } from './python_types';
import { damaged } from '../io/errors';

/** What `persistent` is given: the type, key, location and size of a storage, and of old files a part. */
export function storageRef(id: unknown): StorageRef {
  if (!Array.isArray(id) || id[0] !== 'storage') {
    throw damaged('it refers to what is no storage');
  }
  const [, type, key, location, count, view] = id as unknown[];
  if (!(type instanceof PythonClass)) throw damaged('a storage in it has no type');
  const dtype = type instanceof StorageType ? type.dtype : uint8;
  if (typeof key !== 'string' || typeof location !== 'string') throw damaged('a storage in it has no name');
  const nbytes = size(count) * dtype.itemsize;
  if (view == null) return new StorageRef(key, dtype, nbytes, location);
  if (!Array.isArray(view) || typeof view[0] !== 'string')
    throw damaged('a part of a storage in it has no name');
  const part = {
    key: view[0],
    offset: size(view[1]) * dtype.itemsize,
    nbytes: size(view[2]) * dtype.itemsize,
  };
  return new StorageRef(key, dtype, nbytes, location, part);
}

function size(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw damaged('a storage in it has no size');
}

/** Makes what is known; anything else is an error that names it, or with `lax` a PythonObject. */
export class FileHost implements Host {
  readonly #globals: Map<string, PythonClass>;

  constructor(
    builder: { globals(): Map<string, PythonClass> },
    private readonly lax: boolean,
  ) {
    this.#globals = builder.globals();
  }

  global(module: string, name: string): unknown {
    const path = `${module}.${name}`;
    const found = knownGlobal(path) ?? this.#globals.get(path);
    if (found !== undefined) return found;
    if (this.lax) return named(module, name);
    throw damaged(unsupported(path.slice(0, 200)));
  }

  construct(callee: unknown, how: How, args: Tuple, keywords: ReadonlyMap<unknown, unknown> | null): unknown {
    return construct(callee, how, args, keywords, this.lax);
  }

  persistent(id: unknown): TypedStorage {
    return storageOf(storageRef(id), (id as unknown[])[1] as PythonClass);
  }

  build(object: unknown, state: unknown): void {
    if (object instanceof OrderedDict) return setAttributes(object, state);
    if (object instanceof NumpyDType) return buildDType(object, state);
    if (isTensor(object)) return void withState(object, state);
    if (object instanceof PythonObject) {
      object.state = state;
      if (object.type === RECONSTRUCT) toArray(object, this.lax);
      return;
    }
    if (typeof object !== 'object' || object === null || isOurs(object))
      throw damaged('it changes what has no state');
    buildUser(object, state);
  }
}

function unsupported(path: string): string {
  return (
    `Unsupported global: GLOBAL ${path.replace(/^builtins\./, '')} was not an allowed global by default. Nothing in ` +
    "a file is ever run. If you have a class that stands for it, name it with addSafeGlobals([[Class, '" +
    `${path}']]); with { weightsOnly: false } such objects are given as what the file says of them, a PythonObject.`
  );
}

// Only objects of a user's own classes take any state.
function isOurs(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  const plain = [Array, Map, Set, Object, Tuple, Uint8Array] as { prototype: unknown }[];
  return plain.some((type) => type.prototype === prototype) || prototype === null;
}

function setAttributes(dict: OrderedDict, state: unknown): void {
  if (!isMap(state)) throw damaged('an OrderedDict in it has a state that is no dict');
  for (const [name, value] of state) {
    if (typeof name !== 'string' || name in OrderedDict.prototype) {
      throw damaged(`an OrderedDict in it has the attribute ${String(name).slice(0, 40)}`);
    }
    const given = name === '_metadata' ? metadata(value) : value;
    Object.defineProperty(dict, name, { value: given, writable: true, configurable: true });
  }
}

// Modules expect plain objects in it.
function metadata(value: unknown): unknown {
  if (!isMap(value)) return value;
  for (const [name, each] of value as Map<unknown, unknown>) {
    const named = isMap(each) && [...each.keys()].every((key) => typeof key === 'string');
    if (named) value.set(name, Object.fromEntries(each as Map<string, unknown>));
  }
  return value;
}

function buildDType(dtype: NumpyDType, state: unknown): void {
  const [, order, part, names] = (Array.isArray(state) ? state : []) as unknown[];
  if (order !== '<' && order !== '>' && order !== '|') throw damaged("a dtype of numpy's in it is damaged");
  dtype.byteOrder = order;
  // Of records, or of arrays: what their bytes mean is said there alone.
  if (part != null || names != null) rememberFields(dtype, state);
}

// One object from its beginning, since others may refer to it.
function toArray(object: PythonObject, lax: boolean): void {
  const { args, state } = object;
  if (!Array.isArray(state) || state.length !== 5) throw damaged('an array of numpy in it is damaged');
  const [, shape, dtype, fortranOrder, data] = state as unknown[];
  const [type] = (Array.isArray(args) ? args : []) as unknown[];
  const plain = type instanceof PythonClass && type.name === 'numpy.ndarray';
  if (!plain || !(dtype instanceof NumpyDType) || Array.isArray(data)) {
    if (lax) return;
    throw damaged('an array of numpy in it holds objects, which is not supported');
  }
  const read = new NDArray(dtype, numbers(shape), rawBytes(data), fortranOrder === true);
  for (const name of Object.getOwnPropertyNames(object)) Reflect.deleteProperty(object, name);
  Object.setPrototypeOf(object, NDArray.prototype);
  Object.assign(object, littleEndian(read));
}

function buildUser(object: object, state: unknown): void {
  const { __setstate__: setState } = object as { __setstate__?: unknown };
  if (typeof setState === 'function') return void setState.call(object, state);
  const parts = state instanceof Tuple && state.length === 2 ? state : [state];
  for (const part of parts) {
    if (part === null) continue;
    if (!isMap(part)) throw damaged('an object in it has a state that is no dict');
    for (const [name, value] of part as Map<unknown, unknown>) {
      if (typeof name !== 'string') throw damaged('an object in it has a field without a name');
      Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: true });
    }
  }
}
