// How tensors are made in Python.
import * as aten from '../../tensor/aten';
import { type DType, uint8 } from '../../core/dtype';
import { TorchError } from '../../core/errors';
import { sparseBsr, sparseCoo, sparseCsr } from '../../core/layout';
import { attributeEntries } from '../../native/tensor_base';
import { Parameter } from '../../nn/parameter';
import { isNested } from '../../tensor/print';
import { Tensor } from '../../tensor';
import { UntypedStorage } from '../../tensor/untyped_storage';
import { storageName } from './globals';
import { Float, OrderedDict, Size, type Tuple, tuple } from './python_types';
import type { PlannedTensor } from '../planned';
import { type TypedStorage, isUntyped } from './storage';
import { GlobalName, PersistentId, type Reduction, call } from './reduction';

/** Gives a tensor's storage a key; equal storages have equal keys. */
export type KeyOf = (tensor: Tensor, dtype: DType) => string;

/** What the type of a dtype's storage is called in a file. */
export const storageKind = (dtype: DType): string => storageName(dtype) ?? 'UntypedStorage';

const storageType = (name: string | undefined): GlobalName =>
  name ? new GlobalName('torch', name) : new GlobalName('torch.storage', 'UntypedStorage');
const utils = (name: string): GlobalName => new GlobalName('torch._utils', name);

/** A tensor or parameter; of a subclass what a plain one is. */
export function anyTensor(value: Tensor, keyOfStorage: KeyOf): Reduction {
  return value instanceof Parameter ? parameter(value) : tensorOrSubclass(value, keyOfStorage);
}

/** A storage that is a value itself. */
export function storage(value: TypedStorage, keyOfStorage: KeyOf): PersistentId {
  const tensor = value.tensor();
  const { dtype, device } = tensor;
  const name = isUntyped(value) ? undefined : storageName(dtype);
  const key = keyOfStorage(tensor, dtype);
  return new PersistentId(tuple('storage', storageType(name), key, device.toString(), tensor.numel()));
}

/** Bytes of which nothing says what they are. */
export function untypedStorage(value: UntypedStorage, keyOfStorage: KeyOf): PersistentId {
  if (value.device.type === 'meta')
    throw new TorchError('Cannot copy out of meta tensor; no data!', 'NotImplementedError');
  const key = keyOfStorage(UntypedStorage.bytesIn(value), uint8);
  return new PersistentId(
    tuple('storage', storageType(undefined), key, value.device.toString(), value.nbytes()),
  );
}

/** A tensor that is written later: on the CPU, with a storage of its own, of this key. */
export function planned({ dtype, shape, stride, nbytes }: PlannedTensor, key: string): Reduction {
  const storage = persistentId(dtype, key, 'cpu', nbytes);
  return rebuild(dtype, new PersistentId(storage), 0, shape, stride, false, new Map());
}

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
  if (isNested(value)) return nested(value);
  if (layout.name !== 'strided') return sparse(value);
  return strided(value, keyOfStorage);
}

function strided(value: Tensor, keyOfStorage: KeyOf): Reduction {
  const { dtype, device } = value;
  const key = keyOfStorage(value, dtype);
  const id = new PersistentId(persistentId(dtype, key, device.toString(), value.storage().nbytes));
  if (dtype.kind === 'quantized') return quantized(value, id);
  const marks = new Map<string, boolean>();
  if (value.isConj()) marks.set('conj', true);
  if (value.isNeg()) marks.set('neg', true);
  return rebuild(dtype, id, value.storageOffset(), value.shape, value.stride(), value.requiresGrad, marks);
}

function persistentId(dtype: DType, key: string, device: string, nbytes: number): Tuple {
  const name = storageName(dtype);
  const count = nbytes / (name ? dtype.itemsize : 1);
  return tuple('storage', storageType(name), key, device, Math.floor(count));
}

function rebuild(
  dtype: DType,
  id: PersistentId,
  offset: number,
  shape: readonly number[],
  stride: readonly number[],
  requiresGrad: boolean,
  marks: ReadonlyMap<string, boolean>,
): Reduction {
  const isNamed = storageName(dtype) !== undefined;
  const args = [
    id,
    offset,
    tuple(...shape),
    tuple(...stride),
    requiresGrad,
    new OrderedDict(),
    ...(isNamed ? [] : [dtype]),
    ...(marks.size > 0 ? [marks] : []),
  ];
  return { call: utils(isNamed ? '_rebuild_tensor_v2' : '_rebuild_tensor_v3'), args };
}

const PER_TENSOR_AFFINE = 0; // in c10::QScheme

function quantized(value: Tensor, id: PersistentId): Reduction {
  // Python names this scheme for zero points that are floats, too.
  const parameters =
    value.qscheme() === PER_TENSOR_AFFINE
      ? tuple(new GlobalName('torch', 'per_tensor_affine'), new Float(value.qScale()), value.qZeroPoint())
      : tuple(
          new GlobalName('torch', 'per_channel_affine'),
          value.qPerChannelScales(),
          value.qPerChannelZeroPoints(),
          value.qPerChannelAxis(),
        );
  const place = [id, value.storageOffset(), tuple(...value.shape), tuple(...value.stride())];
  return {
    call: utils('_rebuild_qtensor'),
    args: [...place, parameters, value.requiresGrad, new OrderedDict()],
  };
}

function nested(value: Tensor): Reduction {
  const plain = value.detach();
  const parts = [
    aten._nestedTensorSize(plain),
    aten._nestedTensorStrides(plain),
    aten._nestedTensorStorageOffsets(plain),
  ];
  return { call: utils('_rebuild_nested_tensor'), args: [plain.values(), ...parts] };
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
