// The names that a file may hold, and what they stand for. There are no others.
import { withJson } from '../../core/conversions';
import { bindArguments } from '../../core/calls';
import { Complex } from '../../core/complex';
import { checkText } from '../../core/errors';
import * as dtypes from '../../core/dtype';
import { DType } from '../../core/dtype';
import * as layouts from '../../core/layout';
import { Layout } from '../../core/layout';
import { NDArray, NumpyDType, NumpyScalar } from './numpy';
import { setItems, addItem } from './containers';
import { Global } from './global';
import { StorageType, TensorType, deviceFrom } from './tensors';
import {
  ByteArray,
  Counter,
  DefaultDict,
  FrozenSet,
  OrderedDict,
  PythonObject,
  Size,
  factoryNames,
  keyOf,
  valueOf,
} from './python_types';
import { type SafeGlobal, safeGlobal } from './safe_globals';
import { damaged } from '../io/errors';
import { isMap, isSet, isUint8Array } from '../../core/realm';

type Make = (args: readonly unknown[]) => unknown;

/** A class of Python. What one that is not known makes with `weightsOnly: false` is a {@link PythonObject}. */
export class PythonClass extends Global {
  constructor(...args: [name: string, make?: Make | null]) {
    const [name, make] = bindArguments('PythonClass(name, make?)', args);
    checkText('PythonClass', 'name', name);
    const unknown: Make = (args) => {
      const object = new PythonObject(name);
      object.args = args;
      return object;
    };
    const made = make === undefined ? unknown : make;
    super(name, made, made);
  }
}

const storages: Record<string, DType> = {
  Double: dtypes.float64,
  Float: dtypes.float32,
  Half: dtypes.float16,
  Long: dtypes.int64,
  Int: dtypes.int32,
  Short: dtypes.int16,
  Char: dtypes.int8,
  Byte: dtypes.uint8,
  Bool: dtypes.bool,
  BFloat16: dtypes.bfloat16,
  ComplexDouble: dtypes.complex128,
  ComplexFloat: dtypes.complex64,
  QInt8: dtypes.qint8,
  QInt32: dtypes.qint32,
  QUInt8: dtypes.quint8,
  QUInt4x2: dtypes.quint4x2,
  QUInt2x4: dtypes.quint2x4,
};

/** `'FloatStorage'` of a dtype, if it has one. */
export function storageName(dtype: DType): string | undefined {
  const name = Object.keys(storages).find((each) => storages[each] === dtype);
  return name && `${name}Storage`;
}

const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw damaged('a text in it is something else');
};

// Every character is a byte.
function latin1(value: unknown): Buffer {
  const string = text(value);
  const bytes = Buffer.from(string, 'latin1');
  if (bytes.toString('latin1') !== string) throw damaged('bytes in it are no bytes');
  return bytes;
}

function bytesFrom([value, encoding]: readonly unknown[]): Uint8Array {
  if (value === undefined) return new Uint8Array();
  if (isUint8Array(value)) return new Uint8Array(value);
  const latin = encoding === 'latin1' || encoding === 'latin-1' || encoding === undefined;
  return new Uint8Array(latin ? latin1(value) : Buffer.from(text(value), 'utf8'));
}

const iterable = (value: unknown): unknown[] => {
  if (value === undefined) return [];
  if (Array.isArray(value)) return (value as unknown[]).map((each, i) => valueOf(value, i, each));
  if (isSet(value)) return Array.from(value, (each: unknown) => keyOf(value, each));
  throw damaged('a set in it is made of what is no list');
};

function fillDict<M extends Map<unknown, unknown>>(dict: M, items: unknown): M {
  if (items === undefined) return dict;
  if (isMap(items)) {
    for (const [key, value] of items) setItems(dict, [keyOf(items, key), valueOf(items, key, value)]);
    return dict;
  }
  for (const pair of iterable(items)) {
    if (!Array.isArray(pair) || pair.length !== 2) throw damaged('a dict in it is made of what are no pairs');
    setItems(dict, iterable(pair));
  }
  return dict;
}

function fillSet<S extends Set<unknown>>(set: S, items: unknown): S {
  for (const item of iterable(items)) addItem(set, item);
  return set;
}

function listItself([list]: readonly unknown[]): unknown {
  if (Array.isArray(list) || isMap(list)) return list;
  throw damaged('a list of TorchScript in it is none');
}

function makeLayout([name]: readonly unknown[]): Layout {
  const found = Object.values(layouts).find((each) => each instanceof Layout && String(each) === name);
  if (!found) throw damaged('a layout in it is unknown');
  return found as Layout;
}

function defaultDict([factory, items]: readonly unknown[]): DefaultDict {
  if (factory == null) return fillDict(new DefaultDict(), items);
  const name = factory instanceof Global && factoryNames.find((each) => factory.name === `builtins.${each}`);
  if (!name) throw damaged('a defaultdict in it calls what it must not');
  return fillDict(new DefaultDict(name), items);
}

export function numbers(values: unknown): number[] {
  const list = iterable(values);
  if (!list.every((each) => Number.isSafeInteger(each))) throw damaged('a size in it is no number');
  return list as number[];
}

export const numpyType = (value: unknown): NumpyDType => {
  if (value instanceof NumpyDType) return value;
  throw damaged("a dtype of numpy's in it is something else");
};

/** What numpy gave as bytes; as text where Python 2 wrote it. */
export function rawBytes(value: unknown): Uint8Array {
  return isUint8Array(value) ? new Uint8Array(value) : new Uint8Array(Buffer.from(text(value), 'utf8'));
}

const numpyMakers: Record<string, Make> = {
  // Its state follows.
  _reconstruct: () => Object.create(NDArray.prototype) as NDArray,
  scalar: ([dtype, data]) => new NumpyScalar(numpyType(dtype), rawBytes(data)),
};

// What protocol 5 calls.
const fromBuffer: Make = ([data, dtype, shape, order]) =>
  new NDArray(numpyType(dtype), numbers(shape), rawBytes(data), order === 'F');

const makers: Record<string, Make> = {
  'collections.OrderedDict': ([items]) => fillDict(new OrderedDict(), items),
  'collections.Counter': ([items]) => fillDict(new Counter(), items),
  'collections.defaultdict': defaultDict,
  'builtins.set': ([items]) => fillSet(withJson(new Set()), items),
  'builtins.frozenset': ([items]) => fillSet(new FrozenSet(), items),
  'builtins.complex': ([re, im = 0]) => new Complex(Number(re), Number(im)),
  'builtins.bytes': bytesFrom,
  'builtins.bytearray': (args) => new ByteArray(bytesFrom(args)),
  '_codecs.encode': bytesFrom,
  'torch.Size': ([values]) => Size.from(numbers(values)),
  'torch.device': deviceFrom,
  'torch.serialization._get_layout': makeLayout,
  // What TorchScript's pickler makes of lists: they are told from each other by their type.
  ...Object.fromEntries(
    ['int', 'double', 'bool', 'tensor'].map((each) => [`torch.jit._pickle.build_${each}list`, listItself]),
  ),
  'torch.jit._pickle.restore_type_tag': listItself,
  'numpy.dtype': ([name]) => new NumpyDType(text(name)),
  'numpy._core.multiarray._reconstruct': numpyMakers._reconstruct,
  'numpy._core.multiarray.scalar': numpyMakers.scalar,
  'numpy.core.multiarray._reconstruct': numpyMakers._reconstruct,
  'numpy.core.multiarray.scalar': numpyMakers.scalar,
  'numpy._core.numeric._frombuffer': fromBuffer,
  'numpy.core.numeric._frombuffer': fromBuffer,
};

const known = new Map<string, unknown>();
for (const [name, make] of Object.entries(makers)) known.set(name, new PythonClass(name, make));
for (const name of factoryNames.map((each) => `builtins.${each}`)) {
  if (!known.has(name)) known.set(name, new PythonClass(name, null));
}
for (const dtype of Object.values(dtypes)) if (dtype instanceof DType) known.set(String(dtype), dtype);
for (const [name, dtype] of Object.entries(storages)) {
  known.set(`torch.${name}Storage`, new StorageType(dtype));
  known.set(`torch.cuda.${name}Storage`, new StorageType(dtype));
  known.set(`torch.${name}Tensor`, new TensorType(false));
}
for (const name of [
  'torch.storage.UntypedStorage',
  'torch.UntypedStorage',
  'torch.storage._UntypedStorage',
]) {
  known.set(name, new StorageType(dtypes.uint8));
}
known.set('torch.Tensor', new TensorType(false));
known.set('torch.nn.parameter.Parameter', new TensorType(true));
known.set('torch.nn.parameter.Buffer', new TensorType(false));
known.set('numpy.ndarray', new Global('numpy.ndarray'));
for (const name of ['per_tensor', 'per_channel'].flatMap((each) => [`${each}_affine`, `${each}_symmetric`])) {
  known.set(`torch.${name}`, new Global(`torch.${name}`));
}
known.set('torch.per_channel_affine_float_qparams', new Global('torch.per_channel_affine_float_qparams'));

/** What a name stands for in every file; undefined where it is not allowed. */
export function knownGlobal(name: string): unknown {
  const own = safeGlobal(name);
  return own ? fromUser(own) : known.get(name);
}

function fromUser([made, name]: SafeGlobal): Global {
  if (made.prototype === undefined) {
    const call = made as (...args: unknown[]) => unknown;
    return new Global(name, (args) => call(...args));
  }
  const Class = made as unknown as new (...args: unknown[]) => object;
  return new Global(
    name,
    (args) => new Class(...args),
    () => Object.create(Class.prototype as object) as object,
  );
}
