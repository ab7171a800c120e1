// How values that are no lists, tuples or dicts are made in Python.
import * as aten from '../../tensor/aten';
import { Complex } from '../../core/complex';
import { Device } from '../../core/device';
import { DType } from '../../core/dtype';
import { TorchError } from '../../core/errors';
import { Layout, sparseCoo, sparseCsr, sparseBsr } from '../../core/layout';
import { attributeEntries } from '../../native/tensor_base';
import { Parameter } from '../../nn/parameter';
import { isMap, isSet, isUint8Array } from '../../core/realm';
import { Tensor } from '../../tensor';
import { NDArray, NumpyDType, NumpyScalar } from './numpy';
import { storageName } from './globals';
import { GlobalName, PersistentId, type Reduce, type Reduction } from './writer';
import {
  Counter,
  DefaultDict,
  Float,
  FrozenSet,
  OrderedDict,
  Size,
  copyMarks,
  keyOf,
  tuple,
} from './python_types';
import { safeName } from './safe_globals';

/** Gives a tensor's storage a key; equal storages have equal keys. */
export type KeyOf = (tensor: Tensor, dtype: DType) => string;

/** What the type of a dtype's storage is called in a file. */
export const storageKind = (dtype: DType): string => storageName(dtype) ?? 'UntypedStorage';

const utils = (name: string): GlobalName => new GlobalName('torch._utils', name);
const call = (module: string, name: string, ...args: unknown[]): Reduction => ({
  call: new GlobalName(module, name),
  args,
});
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
  const kinds: [(value: object) => boolean, (value: never) => Reduction | GlobalName][] = [
    [of(Parameter), (value: Parameter) => parameter(value)],
    [of(Tensor), (value: Tensor) => tensorOrSubclass(value, keyOfStorage)],
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

function numpyType({ name, byteOrder, itemsize }: NumpyDType): Reduction {
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

// ---- tensors ----

function parameter(value: Parameter): Reduction {
  const args = [value.detach(), value.requiresGrad, new OrderedDict()];
  const state = attributesOf(value);
  if (state) return { call: utils('_rebuild_parameter_with_state'), args: [...args, state] };
  return { call: utils('_rebuild_parameter'), args };
}

function tensorOrSubclass(value: Tensor, keyOfStorage: KeyOf): Reduction {
  const plain = tensor(value, keyOfStorage);
  const state = value.constructor === Tensor ? attributesOf(value) : null;
  if (!state) return plain;
  const args = [plain.call, new GlobalName('torch', 'Tensor'), tuple(...plain.args), state];
  return call('torch._tensor', '_rebuild_from_type_v2', ...args);
}

function attributesOf(value: Tensor): Map<string, unknown> | null {
  const entries = attributeEntries(value);
  return entries.length > 0 ? new Map(entries) : null;
}

function tensor(value: Tensor, keyOfStorage: KeyOf): Reduction {
  const { dtype, layout, device } = value;
  if (device.type === 'meta') {
    const args = [dtype, tuple(...value.shape), tuple(...value.stride()), value.requiresGrad];
    return { call: utils('_rebuild_meta_tensor_no_storage'), args };
  }
  if (dtype.kind === 'quantized') throw new TorchError('torch.save(): quantized tensors are not supported');
  if (layout.name !== 'strided') return sparse(value);
  const name = storageName(dtype);
  const type = name ? new GlobalName('torch', name) : new GlobalName('torch.storage', 'UntypedStorage');
  const key = keyOfStorage(value, dtype);
  const count = value.storage().nbytes / (name ? dtype.itemsize : 1);
  const id = tuple('storage', type, key, device.toString(), Math.floor(count));
  const marks = new Map<string, boolean>();
  if (value.isConj()) marks.set('conj', true);
  if (value.isNeg()) marks.set('neg', true);
  const args = [
    new PersistentId(id),
    value.storageOffset(),
    tuple(...value.shape),
    tuple(...value.stride()),
    value.requiresGrad,
    new OrderedDict(),
    ...(name ? [] : [dtype]),
    ...(marks.size > 0 ? [marks] : []),
  ];
  return { call: utils(name ? '_rebuild_tensor_v2' : '_rebuild_tensor_v3'), args };
}

function sparse(value: Tensor): Reduction {
  const { layout } = value;
  const plain = value.detach();
  const data = (): unknown[] => {
    if (layout === sparseCoo) {
      return [aten._indices(plain), aten._values(plain), Size.from(value.shape), plain.isCoalesced()];
    }
    const byRows = layout === sparseCsr || layout === sparseBsr;
    const indices = byRows
      ? [plain.crowIndices(), plain.colIndices()]
      : [plain.ccolIndices(), plain.rowIndices()];
    return [...indices, plain.values(), Size.from(value.shape)];
  };
  if (!layout.name.startsWith('sparse')) {
    throw new TorchError(`torch.save(): tensors of layout ${String(layout)} are not supported`);
  }
  return { call: utils('_rebuild_sparse_tensor'), args: [layout, tuple(...data())] };
}
