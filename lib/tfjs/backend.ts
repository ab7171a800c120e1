/** The storage behind tfjs's tensors: for each data id a torch tensor, values in JavaScript's memory, or both. */
import { type BackendTimingInfo, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { TorchError } from '../core/errors';
import * as cuda from '../cuda';
import { native } from '../native';
import type { Tensor } from '../tensor';
import type { TypedArray } from '../tensor/values';
import { type BackendValues, Entry, type Hosted, NO_SHAPE, entryOf, tensorOfEntry, typedAs } from './entry';
import { disposeBeside } from './kernel';

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
    const entry = new Entry(null, shape, dtype, 1);
    entry.tensor = tensor;
    return this.#add({}, entry);
  }

  /** The tensor behind an info, in the info's shape: several infos may share one. */
  shaped({ dataId, shape }: TensorInfo): Tensor {
    const entry = this.#entry(dataId);
    const tensor = tensorOfEntry(entry);
    return entry.shape === shape || util.arraysEqual(entry.shape as number[], shape)
      ? tensor
      : tensor.reshape(shape);
  }

  /** The torch tensor behind a data id, in the shape that it was stored in, for others to read and write. */
  exposed(dataId: DataId): Tensor {
    const entry = this.#entry(dataId);
    const tensor = tensorOfEntry(entry);
    entry.exposed = true;
    return tensor;
  }

  /** A few numbers in another dtype. Undefined where they are not in JavaScript's memory, or more. */
  cast({ dataId, shape }: TensorInfo, dtype: DataType): TensorInfo | undefined {
    const { values, exposed, dtype: own } = this.#entry(dataId);
    if (!values || exposed || dtype === 'complex64' || own === 'string') return undefined;
    const wanted =
      dtype === 'bool' ? Uint8Array.from(values as Iterable<number>, (x) => (x === 0 ? 0 : 1)) : values;
    const entry = new Entry(typedAs(dtype, wanted as TypedArray), shape, dtype, 1);
    return { dataId: this.#add({}, entry), shape, dtype };
  }

  /** With its values, for cpu kernels. */
  hosted(dataId: DataId): Hosted {
    const entry = this.#entry(dataId);
    if (entry.tensor && (entry.values === null || entry.exposed)) {
      entry.values = entry.tensor.toTypedArray() as Float32Array;
    }
    return entry;
  }

  /** What a cpu kernel has made, which has no shape before {@link place}. */
  addHosted(dataId: DataId, { values, dtype, refCount }: Hosted): void {
    this.#add(dataId, new Entry(values, NO_SHAPE, dtype, refCount));
  }

  /** The shape of what a cpu kernel has made: not of what it was given, and gives back. */
  place(dataId: DataId, shape: readonly number[]): void {
    const entry = this.#entry(dataId);
    if (entry.refCount !== 1 || entry.tensor) return;
    entry.shape = shape;
    if (entry.dtype !== 'string') entry.values = typedAs(entry.dtype, entry.values as TypedArray);
  }

  write(values: BackendValues | null, shape: number[], dtype: DataType): DataId {
    return this.#add({}, entryOf(values, shape, dtype, 1));
  }

  move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    this.#add(dataId, entryOf(values, shape, dtype, refCount));
  }

  readSync(dataId: DataId): BackendValues {
    const { tensor, values, exposed } = this.#entry(dataId);
    if (tensor && (values === null || exposed)) return tensor.toTypedArray() as Float32Array;
    return Array.isArray(values) ? values : values!.slice();
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

function synchronize(): void {
  if (cuda.isAvailable()) cuda.synchronize();
}
