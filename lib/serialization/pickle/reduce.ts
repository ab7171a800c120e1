// How values that are no lists, tuples or dicts are made in Python.
import { Complex } from '../../core/complex';
import { Device } from '../../core/device';
import { DType } from '../../core/dtype';
import { TorchTypeError } from '../../core/errors';
import { Layout } from '../../core/layout';
import { isTensor } from '../../native/tensor_base';
import { isMap, isSet, isUint8Array } from '../../core/realm';
import { Tensor } from '../../tensor';
import { ScriptObject } from '../../tensor/script_object';
import { constructionOf } from './construct';
import { PythonClass, named, partsOf } from './global';
import { NDArray, NumpyDType, NumpyScalar, fieldsOf } from './numpy';
import { UntypedStorage } from '../../tensor/untyped_storage';
import { type KeyOf, anyTensor, storage, untypedStorage } from './reduce_tensors';
import { GlobalName, type PersistentId, type Reduction, call } from './reduction';
import type { Reduce } from './writer';
import {
  Counter,
  DefaultDict,
  Float,
  FrozenSet,
  OrderedDict,
  PythonObject,
  Size,
  copyMarks,
  keyOf,
  tuple,
  valueOf,
} from './python_types';
import { safeName } from './safe_globals';
import { scriptObject } from './script_objects';
import { TypedStorage } from './storage';

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
// For empty bytes, too: Python's own pickler writes `bytes()` there, which `torch.load` refuses.
const encoded = (bytes: Uint8Array): Reduction => call('_codecs', 'encode', latin1(bytes), 'latin1');

const of =
  (type: abstract new (...args: never[]) => object) =>
  (value: object): boolean =>
    value instanceof type;

/** How `torch.save` writes a value; `keyOf` is told of the tensors. */
export function reducer(keyOfStorage: KeyOf): Reduce {
  const kinds: [(value: object) => boolean, (value: never) => Reduction | GlobalName | PersistentId][] = [
    [of(Tensor), (value: Tensor) => anyTensor(value, keyOfStorage)],
    [of(PythonObject), (value: PythonObject) => pythonObject(value, keyOfStorage)],
    [of(PythonClass), pythonClass],
    [of(ScriptObject), scriptObject],
    [of(TypedStorage), (value: TypedStorage) => storage(value, keyOfStorage)],
    [of(UntypedStorage), (value: UntypedStorage) => untypedStorage(value, keyOfStorage)],
    [of(DType), (value: DType) => new GlobalName('torch', value.name)],
    [
      of(Device),
      ({ type, index }: Device) => call('torch', 'device', ...(index === null ? [type] : [type, index])),
    ],
    [of(Layout), (value: Layout) => call('torch.serialization', '_get_layout', String(value))],
    [of(Complex), ({ re, im }: Complex) => call('__builtin__', 'complex', new Float(re), new Float(im))],
    [of(Size), (value: Size) => call('torch', 'Size', tuple(...value))],
    [of(DefaultDict), defaultDict],
    [of(Counter), (value: Counter) => call('collections', 'Counter', copyOf(value))],
    [isMap, dict],
    [of(FrozenSet), (value: FrozenSet) => call('__builtin__', 'frozenset', elements(value))],
    [isSet, (value: Set<unknown>) => call('__builtin__', 'set', elements(value))],
    [of(NDArray), array],
    [of(NumpyDType), numpyType],
    [
      of(NumpyScalar),
      (value: NumpyScalar) => call(MULTIARRAY, 'scalar', value.dtype, encodedBytes(value.data)),
    ],
    [of(EncodedBytes), (value: EncodedBytes) => encoded(value.bytes)],
    [isUint8Array, bytes],
  ];
  return (value) => {
    if (Array.isArray(value) && !(value instanceof Size)) return undefined;
    for (const [is, reduce] of kinds) {
      if (is(value)) return reduce(value as never) ?? undefined;
    }
    return userObject(value);
  };
}

const MULTIARRAY = 'numpy._core.multiarray';

/** A wrapper around bytes, so that the writer never makes them a reference to the same array elsewhere. */
class EncodedBytes {
  constructor(readonly bytes: Uint8Array) {}
}
const encodedBytes = (value: Uint8Array): EncodedBytes => new EncodedBytes(value);

const elements = (set: ReadonlySet<unknown>): unknown[] => Array.from(set, (each) => keyOf(set, each));

function copyOf(map: Map<unknown, unknown>): Map<unknown, unknown> {
  const copy = new Map(map);
  copyMarks(map, copy);
  return copy;
}

function bytes(value: Uint8Array): Reduction {
  const isBytes = value.constructor.name !== 'ByteArray';
  return isBytes ? encoded(value) : call('__builtin__', 'bytearray', latin1(value), 'latin-1');
}

// A Map of a subclass, or one that has properties, as a state_dict has `_metadata`. Getters are no such properties: they
// show the Map's entries.
function dict(value: Map<unknown, unknown>): Reduction {
  const names = Object.getOwnPropertyNames(value).filter(
    (name) => !['undefined', 'function'].includes(typeof Object.getOwnPropertyDescriptor(value, name)?.value),
  );
  if (!(value instanceof OrderedDict) && names.length === 0) return undefined as unknown as Reduction;
  const attributes = names.map((name) => [
    name,
    attribute(name, (value as unknown as Record<string, unknown>)[name]),
  ]);
  return {
    ...call('collections', 'OrderedDict'),
    entries: value,
    state: names.length > 0 ? new Map(attributes as [string, unknown][]) : undefined,
  };
}

const attribute = (name: string, value: unknown): unknown =>
  name === '_metadata' && isMap(value) ? new OrderedDict(value as Map<unknown, unknown>) : value;

function defaultDict(value: DefaultDict): Reduction {
  const { defaultFactory } = value;
  const args = defaultFactory === null ? [] : [new GlobalName('__builtin__', defaultFactory)];
  return { ...call('collections', 'defaultdict', ...args), entries: value };
}

function userObject(value: object): Reduction | undefined {
  const name = safeName(value);
  if (name === undefined) return undefined;
  const dot = name.lastIndexOf('.');
  const { __getstate__: getState } = value as { __getstate__?: () => unknown };
  const state = typeof getState === 'function' ? getState.call(value) : new Map(Object.entries(value));
  return { ...call(name.slice(0, dot), name.slice(dot + 1)), bare: true, state };
}

function numpyType(type: NumpyDType): Reduction {
  const { name, byteOrder, itemsize } = type;
  const fields = fieldsOf(type);
  if (fields !== undefined) return { ...call('numpy', 'dtype', name, false, true), state: fields };
  const unit = name.startsWith('U') ? 4 : itemsize;
  const sizes = /^[USV]/.test(name)
    ? [itemsize, name.startsWith('U') ? unit : 1, name.startsWith('U') ? 8 : 0]
    : [-1, -1, 0];
  return {
    ...call('numpy', 'dtype', name, false, true),
    state: tuple(3, byteOrder, null, null, null, ...sizes),
  };
}

function array({ dtype, shape, data, fortranOrder }: NDArray): Reduction {
  const start = new EncodedBytes(Buffer.from('b'));
  return {
    ...call(MULTIARRAY, '_reconstruct', new GlobalName('numpy', 'ndarray'), tuple(0), start),
    state: tuple(1, tuple(...shape), dtype, fortranOrder, new EncodedBytes(data)),
  };
}

// ---- what the file that it came from says of an object ----

function pythonObject(object: PythonObject, keyOfStorage: KeyOf): Reduction {
  const { type, items, entries } = object;
  const { how, callee, keywords } = constructionOf(object) ?? {
    how: object.args === null ? 'new' : 'call',
    callee: new PythonClass(type),
    keywords: null,
  };
  const args = (object.args ?? []) as unknown;
  if (!Array.isArray(args)) throw new TorchTypeError(`torch.save(): the args of ${type} are no tuple`);
  if (!Array.isArray(items)) throw new TorchTypeError(`torch.save(): the items of ${type} are no array`);
  if (entries !== null && !isMap(entries)) {
    throw new TorchTypeError(`torch.save(): the entries of ${type} are no Map`);
  }
  const state = object.state ?? undefined;
  if (how === 'tensor' && isTensor(args[0])) {
    const plain = anyTensor(args[0] as Tensor, keyOfStorage);
    const parts = [plain.call, callee, tuple(...plain.args), state ?? null];
    return call('torch._tensor', '_rebuild_from_type_v2', ...parts);
  }
  if (how === 'wrapper') {
    const make = new GlobalName('torch._utils', '_rebuild_wrapper_subclass');
    const parts = [make, callee, tuple(callee, ...(args as unknown[])), state ?? null];
    return call('torch._tensor', '_rebuild_from_type_v2', ...parts);
  }
  return {
    call: callee,
    args: args.map((each: unknown, i) => valueOf(args, i, each)),
    bare: how === 'new',
    keywords,
    items: items.map((each, i) => valueOf(items, i, each)),
    entries: entries ?? undefined,
    state,
  };
}

// Protocol 2 has Python 2's names for these modules.
const oldNames: Record<string, string> = { builtins: '__builtin__', copyreg: 'copy_reg' };

function pythonClass(value: PythonClass): GlobalName | Reduction {
  const [module, name] = partsOf(value);
  // A line's end would begin another name in the file.
  if (!/^[\p{L}\p{N}_.]+$/u.test(module) || !/^[\p{L}\p{N}_.<>]+$/u.test(name)) {
    throw new TorchTypeError(
      `torch.save(): ${JSON.stringify(value.name)} is no name of Python with a module`,
    );
  }
  const dot = name.lastIndexOf('.');
  if (dot >= 0) return call('__builtin__', 'getattr', named(module, name.slice(0, dot)), name.slice(dot + 1));
  return new GlobalName(Object.hasOwn(oldNames, module) ? oldNames[module] : module, name);
}
