// Storages in a pickle: those of tensors, and those that are values themselves.
import { bindArguments, checkMethods } from '../../core/calls';
import { type DType, uint8 } from '../../core/dtype';
import { argumentError } from '../../core/errors';
import { isTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';
import type { UntypedStorage } from '../../tensor/untyped_storage';
import { damaged } from '../io/errors';
import { PythonClass } from './global';

/** A storage that the pickle refers to; it is read when a tensor needs it. */
export class StorageRef {
  constructor(
    readonly key: string,
    /** What its elements are; uint8 where the file leaves that to the tensors. */
    readonly dtype: DType,
    readonly nbytes: number,
    readonly location: string,
    /** Only of very old files: the part of the storage that is meant. */
    readonly view: { key: string; offset: number; nbytes: number } | null = null,
  ) {}
}

/** `torch.FloatStorage` and the like. */
export class StorageType extends PythonClass {
  readonly #dtype: DType;

  constructor(name: string, dtype: DType) {
    super(name);
    this.#dtype = dtype;
  }
  get dtype(): DType {
    return this.#dtype;
  }
}

const refs = new WeakMap<TypedStorage, StorageRef>();
const types = new WeakMap<TypedStorage, PythonClass>();
const tensors = new WeakMap<TypedStorage, Tensor>();

/**
 * The memory of tensors as a value of its own, as `tensor.storage()` and `tensor.untyped_storage()` give it in Python.
 * Tensors of the same file that lie in it share it.
 */
export class TypedStorage {
  /** What its elements are; uint8 for an untyped storage. */
  readonly dtype: DType;

  /** The storage of a tensor [count], which is contiguous. */
  constructor(...args: [tensor: Tensor]) {
    const [tensor] = bindArguments('TypedStorage(tensor)', args);
    if (!isTensor(tensor) || tensor.dim() !== 1 || !tensor.isContiguous()) {
      throw argumentError('TypedStorage', 'tensor', 'a contiguous tensor of one dimension', tensor);
    }
    this.dtype = tensor.dtype;
    tensors.set(this, tensor);
  }

  /** Its elements, [count]; in the same memory. */
  tensor(): Tensor {
    return tensors.get(this)!;
  }
  /** The same memory as bytes. */
  untyped(): UntypedStorage {
    return this.tensor().untypedStorage();
  }
}
checkMethods('TypedStorage', TypedStorage, 'tensor()', 'untyped()');

/** What stands for a storage of the file. */
export function storageOf(ref: StorageRef, type: PythonClass): TypedStorage {
  const storage = Object.create(TypedStorage.prototype) as TypedStorage;
  Object.defineProperty(storage, 'dtype', { value: ref.dtype, enumerable: true });
  refs.set(storage, ref);
  types.set(storage, type);
  return storage;
}

export function refOf(value: unknown): StorageRef {
  const ref = value instanceof TypedStorage ? refs.get(value) : undefined;
  if (ref) return ref;
  throw damaged('the storage of a tensor in it is something else');
}

/** Whether it was read before types were for tensors alone. */
export const isUntyped = (storage: TypedStorage): boolean =>
  storage.dtype === uint8 && types.get(storage)?.name.endsWith('UntypedStorage') === true;

/** Whether the file's bytes are still to be given to it. */
export const isUnread = (storage: TypedStorage): boolean => !tensors.has(storage);

export const fill = (storage: TypedStorage, tensor: Tensor): void => void tensors.set(storage, tensor);
