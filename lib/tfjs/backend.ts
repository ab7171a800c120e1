/** The storage behind tfjs's tensors: a torch tensor for each data id, or strings. */
import { TorchError, TorchTypeError } from '../core/errors';
import {
  type BackendTimingInfo,
  type DataType,
  type TensorInfo,
  type backend_util,
  util,
} from '@tensorflow/tfjs-core';
import * as aten from '../tensor/aten';
import * as cuda from '../cuda';
import type { Device } from '../core/device';
import { newResult } from '../native/dispatch';
import type { DTypeName } from '../core/dtype';
import { keep } from '../tensor/memory';
import { native } from '../native';
import type { Tensor } from '../tensor';
import type { TypedArray } from '../tensor/values';
import { defaultDevice } from './device';
import { dtypeOf } from './dtypes';
import { disposeBeside } from './kernel';

type BackendValues = backend_util.BackendValues;

interface Entry {
  /** Null for strings. */
  readonly tensor: Tensor | null;
  readonly strings: Uint8Array[];
  /** The tensor's; asking the tensor itself takes longer. */
  readonly shape: readonly number[];
  readonly dtype: DataType;
  refCount: number;
}

/** Where a data id keeps what it stands for. */
const ENTRY = Symbol('nodetorch.entry');

/**
 * The entry is the data id's own, not another's in a WeakMap: a collection of young objects frees no value of a map of
 * old age, and so would find none of the tensors that nobody disposes.
 */
export interface DataId {
  [ENTRY]?: Entry;
}

type Engine = { moveData(backend: unknown, dataId: DataId): void };

/**
 * tfjs's `KernelBackend` over libtorch. A tensor that nobody disposes is freed when the collector finds
 * its data id.
 */
export class TorchBackend {
  #count = 0;

  constructor(private readonly engine: Engine) {}

  /** A data id for a torch tensor, which it takes over. No scope may dispose it: see {@link keep}. */
  add(tensor: Tensor, shape: readonly number[], dtype: DataType): DataId {
    return this.#add({}, { tensor, strings: noStrings, shape, dtype, refCount: 1 });
  }

  /** The tensor behind an info, in the info's shape: several infos may share one. */
  shaped({ dataId, shape }: TensorInfo): Tensor {
    const entry = this.#entry(dataId);
    const tensor = tensorOfEntry(entry);
    return entry.shape === shape || util.arraysEqual(entry.shape as number[], shape)
      ? tensor
      : tensor.reshape(shape);
  }

  /** The torch tensor behind a data id, in the shape that it was stored in. */
  tensor(dataId: DataId): Tensor {
    return tensorOfEntry(this.#entry(dataId));
  }

  write(values: BackendValues | null, shape: number[], dtype: DataType): DataId {
    return this.#add({}, entryOf(values, shape, dtype, 1));
  }

  move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    this.#add(dataId, entryOf(values, shape, dtype, refCount));
  }

  readSync(dataId: DataId): BackendValues {
    const { tensor, strings } = this.#entry(dataId);
    if (!tensor) return strings;
    return tensor.toTypedArray() as Float32Array;
  }

  /** On a GPU the wait is another thread's. */
  async read(dataId: DataId): Promise<BackendValues> {
    const { tensor } = this.#entry(dataId);
    if (tensor?.isCuda) await native.synchronized(tensor.device.index ?? 0);
    return this.readSync(dataId);
  }

  refCount(dataId: DataId): number {
    return dataId[ENTRY]?.refCount ?? 0;
  }

  incRef(dataId: DataId): void {
    this.#entry(dataId).refCount++;
  }

  decRef(dataId: DataId): void {
    const entry = dataId[ENTRY];
    if (entry) entry.refCount--;
  }

  disposeData(dataId: DataId, force = false): boolean {
    const entry = dataId[ENTRY];
    if (!entry) return true;
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    if (entry.tensor) {
      disposeBeside(entry.tensor);
      entry.tensor.dispose();
    }
    dataId[ENTRY] = undefined;
    this.#count--;
    return true;
  }

  numDataIds(): number {
    return this.#count;
  }

  memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  timerAvailable(): boolean {
    return true;
  }

  async time(f: () => void): Promise<BackendTimingInfo> {
    synchronize();
    const start = util.now();
    f();
    synchronize();
    return { kernelMs: util.now() - start };
  }

  floatPrecision(): 32 {
    return 32;
  }

  epsilon(): number {
    return 1e-7;
  }

  dispose(): void {}

  #add(dataId: DataId, entry: Entry): DataId {
    dataId[ENTRY] = entry;
    this.#count++;
    return dataId;
  }

  #entry(dataId: DataId): Entry {
    let entry = dataId[ENTRY];
    if (!entry) {
      this.engine.moveData(this, dataId);
      entry = dataId[ENTRY];
      if (!entry) throw new TorchError('the torch backend does not know this tensor: it is disposed');
    }
    return entry;
  }
}

const noStrings: Uint8Array[] = [];

function tensorOfEntry({ tensor }: Entry): Tensor {
  if (tensor) return tensor;
  throw new TorchTypeError('the torch backend keeps strings in JavaScript: there is no torch.Tensor');
}

function entryOf(values: BackendValues | null, shape: number[], dtype: DataType, refCount: number): Entry {
  if (dtype === 'string') {
    return { tensor: null, strings: (values ?? []) as Uint8Array[], shape, dtype, refCount };
  }
  const tensor = keep(tensorOf(values as TypedArray | null, shape, dtype));
  return { tensor, strings: noStrings, shape: [...shape], dtype, refCount };
}

function tensorOf(values: TypedArray | null, shape: number[], dtype: DataType): Tensor {
  const device = defaultDevice();
  if (values === null) return aten.zeros(shape, { dtype: dtypeOf(dtype), device });
  if (dtype === 'bool')
    return moveTo(fromValues(new Uint8Array(values as Uint8Array), shape, 'uint8'), {
      dtype: 'bool',
      device,
    });
  const Values = dtype === 'int32' ? Int32Array : Float32Array;
  const plain = values instanceof Values ? values : new Values(values as Float32Array);
  return moveTo(fromValues(plain, shape, dtypeOf(dtype)), { device });
}

const fromValues = (values: TypedArray, shape: number[], dtype: DTypeName): Tensor =>
  newResult((holder) => native.fromBytes(values, shape, dtype, holder));

function moveTo(tensor: Tensor, options: { dtype?: DTypeName; device: Device }): Tensor {
  if (!options.dtype && options.device.type === 'cpu') return tensor; // most numbers that tfjs writes
  const result = tensor.to(options);
  if (!result.is(tensor)) tensor.dispose();
  return result;
}

function synchronize(): void {
  if (cuda.isAvailable()) cuda.synchronize();
}
