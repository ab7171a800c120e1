// The names that a file may hold, and what they stand for. There are no others.
import { withJson } from '../../core/conversions';
import { Complex } from '../../core/complex';
import * as dtypes from '../../core/dtype';
import { DType } from '../../core/dtype';
import * as layouts from '../../core/layout';
import { Layout } from '../../core/layout';
import { NDArray, NumpyDType, NumpyScalar, RECONSTRUCT } from './numpy';
import { setItems, addItem } from './containers';
import { describeObject } from './construct';
import { PythonClass, define } from './global';
import { StorageType } from './storage';
import { TensorType, deviceFrom } from './tensors';
import {
  ByteArray,
  Counter,
  DefaultDict,
  FrozenSet,
  OrderedDict,
  Size,
  type Tuple,
  factoryNames,
  keyOf,
  valueOf,
} from './python_types';
import { type SafeGlobal, safeGlobal } from './safe_globals';
import { UnsupportedError, damaged } from '../io/errors';
import { isMap, isSet, isUint8Array } from '../../core/realm';

const inTorch = (name: string): string => `torch.${name}`;

type Make = (args: readonly unknown[]) => unknown;

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
  const name =
    factory instanceof PythonClass && factoryNames.find((each) => factory.name === `builtins.${each}`);
  if (!name) throw new UnsupportedError('a defaultdict in it calls what it must not');
  return fillDict(new DefaultDict(name), items);
}

export function numbers(values: unknown): number[] {
  const list = iterable(values);
  if (!list.every((each) => Number.isSafeInteger(each))) throw damaged('a size in it is no number');
  return list as number[];
}

export const numpyType = (value: unknown): NumpyDType => {
  if (value instanceof NumpyDType) return value;
  throw new UnsupportedError("a dtype of numpy's in it is something else");
};

/** What numpy gave as bytes; as text where Python 2 wrote it. */
export function rawBytes(value: unknown): Uint8Array {
  return isUint8Array(value) ? new Uint8Array(value) : new Uint8Array(Buffer.from(text(value), 'utf8'));
}

const numpyMakers: Record<string, Make> = {
  // Its state follows, which says whether it can be an NDArray.
  _reconstruct: (args) => describeObject(new PythonClass(RECONSTRUCT), 'call', args as Tuple),
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
for (const [name, make] of Object.entries(makers)) known.set(name, define(new PythonClass(name), make, make));
// Values alone: what is known is not what a call of them gives.
const values = [
  ...factoryNames.map((each) => `builtins.${each}`),
  'numpy.ndarray',
  ...['per_tensor_affine', 'per_tensor_symmetric', 'per_channel_affine', 'per_channel_symmetric'].map(
    inTorch,
  ),
  'torch.per_channel_affine_float_qparams',
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [`torch.int${bits}`, `torch.uint${bits}`]),
];
for (const name of values) if (!known.has(name)) known.set(name, define(new PythonClass(name), null));
// Jagged tensors, and torchao's weights, are of classes of Python's; their parts come as they are.
for (const name of [
  'torch._utils._rebuild_wrapper_subclass',
  'torchao.quantization.Int8Tensor',
  'torchao.quantization.quantize_.workflows.int8.int8_tensor.QuantizeTensorToInt8Kwargs',
  'torchao.quantization.granularity.PerRow',
  'torchao.quantization.granularity.PerTensor',
  'torchao.quantization.quant_primitives.MappingType',
  'torch.nested._internal.nested_tensor.NestedTensor',
  'torch.nested._internal.nested_tensor._rebuild_njt',
  'torch._dynamo.decorators._DimRange',
]) {
  known.set(name, new PythonClass(name));
}
for (const dtype of Object.values(dtypes)) if (dtype instanceof DType) known.set(String(dtype), dtype);
for (const [name, dtype] of Object.entries(storages)) {
  for (const each of [`torch.${name}Storage`, `torch.cuda.${name}Storage`]) {
    known.set(each, define(new StorageType(each, dtype), null));
  }
  setTensorType(`torch.${name}Tensor`, false);
}
for (const name of [
  'torch.storage.UntypedStorage',
  'torch.UntypedStorage',
  'torch.storage._UntypedStorage',
]) {
  known.set(name, define(new StorageType(name, dtypes.uint8), null));
}
setTensorType('torch.Tensor', false);
setTensorType('torch.nn.parameter.Parameter', true);
setTensorType('torch.nn.parameter.Buffer', false);

function setTensorType(name: string, parameter: boolean): void {
  known.set(name, define(new TensorType(name, parameter), null));
}

/** What a name stands for in every file; undefined where it is not allowed. */
export function knownGlobal(name: string): unknown {
  const own = safeGlobal(name);
  return own ? fromUser(own) : known.get(name);
}

function fromUser([made, name]: SafeGlobal): PythonClass {
  if (made.prototype === undefined) {
    const call = made as (...args: unknown[]) => unknown;
    return define(new PythonClass(name), (args) => call(...args));
  }
  const Class = made as unknown as new (...args: unknown[]) => object;
  return define(
    new PythonClass(name),
    (args) => new Class(...args),
    () => Object.create(Class.prototype as object) as object,
  );
}
