/** The memory behind tensors, as bytes: Python's torch.UntypedStorage. */
import { bindArguments, checkMethods } from '../core/calls';
import { type DeviceLike, device as deviceOf } from '../core/device';
import { type DTypeLike, asDType } from '../core/dtype';
import { TorchError, argumentError } from '../core/errors';
import { signature } from '../core/signature';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import type { Tensor } from '.';
import { StorageFacts } from './storage_facts';
import { type FromBufferArguments, bytesOfBuffer, bytesOfFile, swapBytes } from './storage_sources';
import {
  type Bytes,
  type StorageOptions,
  Whole,
  bytesOf,
  checkByte,
  checkSize,
  checkValues,
  placeIn,
  textOf,
} from './storage_bytes';

const STORAGE = signature('UntypedStorage', [], { size: 0 as Bytes, device: null as DeviceLike | null }, [
  'size',
]);
const TO = signature('UntypedStorage.to', [], { device: null as DeviceLike | null, nonBlocking: false });

// One object for each memory, as in Python, while somebody has it.
const known = new Map<bigint, WeakRef<UntypedStorage>>();
const forgotten = new FinalizationRegistry((id: bigint) => {
  if (known.get(id)?.deref() === undefined) known.delete(id);
});

/**
 * The memory behind tensors, as bytes (`torch.UntypedStorage`): `x.untypedStorage()` gives one object for all tensors
 * that share it. It keeps the memory alive; a scope frees it as it frees tensors.
 *
 * Writing to it is no change of the tensors in it: no graph notices, as in PyTorch.
 *
 * Not here: `float()`, `type(dtype)` and their like, which make typed storages in Python.
 *
 * @example
 * const x = torch.zeros([4]);
 * x.untypedStorage() === x.at('1:').untypedStorage(); // true
 * x.untypedStorage().nbytes(); // 16
 */
export class UntypedStorage extends StorageFacts {
  /** @internal The tensor of all bytes of a storage. */
  static bytesIn: (storage: UntypedStorage) => Tensor;
  static {
    this.bytesIn = (storage) => storage._all();
  }

  /** Of so many bytes, whose values are not set, or of the values of an array. Default: none. */
  constructor(...args: [size?: number | readonly number[], options?: StorageOptions]) {
    const [{ size, device }] = STORAGE.bind(args);
    super(bytesOf(size, device ?? 'cpu'));
    const { id } = this._bytes.storage();
    const before = known.get(id)?.deref();
    if (before && !before.isDisposed) {
      this._bytes.dispose();
      return before;
    }
    known.set(id, new WeakRef(this));
    forgotten.register(this, id);
  }

  /**
   * The bytes of a file, mapped into memory: `shared`, what is written to them goes to the file, which is made and grown
   * to `nbytes` where it has fewer; else it stays here. Default: 0 bytes, not shared.
   */
  static fromFile(...args: [filename: string, shared?: boolean, nbytes?: number]): UntypedStorage {
    return adopt(bytesOfFile(args));
  }
  /**
   * A copy of the bytes of a buffer, whose elements come in the order of this processor's.
   *
   * @throws ValueError for an `offset` or `count` beyond its end, and bytes that are no whole elements.
   */
  static fromBuffer(...args: FromBufferArguments): UntypedStorage {
    return adopt(bytesOfBuffer(args));
  }

  /** Moves it, in place, to where other processes can have it. Does nothing on devices. */
  share_memory_(): this {
    this._all().share_memory_();
    return this;
  }
  /** A copy in pinned memory; itself where it is pinned. */
  pinMemory(): UntypedStorage {
    if (this.device.type !== 'cpu')
      throw new TorchError('cannot pin: only CPU memory can be pinned', 'TypeError');
    const pinned = this._all().pinMemory();
    return pinned.is(this._bytes) ? this : adopt(pinned);
  }

  /** The byte at an index; negative ones count from the end. Python's `storage[i]`. */
  get(index: number): number {
    const at = placeIn(this.nbytes(), index);
    checkValues(this._bytes);
    using one = this._bytes.at(at);
    return Number(one.item());
  }
  /** Sets the byte at an index from 0, to the value modulo 256. Python's `storage[i] = value`. */
  set(index: number, value: number): void {
    checkByte('set', value);
    const isIn = Number.isSafeInteger(index) && index >= 0 && index < this.nbytes();
    if (!isIn) throw new TorchError('out of bounds');
    using one = this._bytes.at(index);
    one.fill_(value & 255);
  }
  /** Bytes `start` to `end`, as a storage of its own in the same memory. Python's `storage[start:end]`. */
  slice(start = 0, end: number = this.nbytes()): UntypedStorage {
    const size = this.nbytes();
    const from = placeIn(size, start, 'start');
    const count = Math.max(placeIn(size, end, 'end') - from, 0);
    return adopt(wrap(native.storageSlice(this._bytes, from, count)) as Tensor);
  }
  /** Sets every byte, to the value modulo 256. */
  fill_(value: number): this {
    checkByte('fill_', value);
    this._all().fill_(value & 255);
    return this;
  }
  /** Takes over the bytes of a storage of the same size, from any device. */
  copy_(source: UntypedStorage, nonBlocking: boolean = false): this {
    if (!(source instanceof UntypedStorage))
      throw argumentError('copy_', 'source', 'an UntypedStorage', source);
    const [size, other] = [this.nbytes(), source.nbytes()];
    if (size !== other) {
      throw new TorchError(`size does not match, self was ${size} bytes but src was ${other} bytes`);
    }
    this._all().copy_(source._all(), nonBlocking);
    return this;
  }
  /**
   * Makes it longer or shorter; the bytes that stay keep their values, new ones are not set.
   *
   * Differs from PyTorch: `torch.UntypedStorage.resize_` refuses where a tensor would read beyond the new end, and where
   * a graph, a view's base or another thread uses the memory.
   */
  resize_(size: number): this {
    checkSize('resize_', size);
    native.resizeStorage(this._all(), size);
    return this;
  }
  /** A copy in memory of its own. */
  clone(): UntypedStorage {
    return adopt(this._all().clone());
  }
  /** Memory of no bytes, on the CPU. */
  new(): UntypedStorage {
    return new UntypedStorage();
  }
  /** Its bytes. */
  tolist(): number[] {
    checkValues(this._bytes);
    return this._all().tolist() as number[];
  }
  /** A copy on the CPU; itself where it is there. */
  cpu(): UntypedStorage {
    return this.to({ device: 'cpu' });
  }
  /** A copy on a device; itself where it is there. */
  to(...args: [options: { device: DeviceLike; nonBlocking?: boolean }]): UntypedStorage {
    const [{ device, nonBlocking }] = TO.bind(args);
    if (device === null) throw argumentError('to', 'device', 'a device', device);
    const all = this._all();
    const moved = all.to({ device: deviceOf(device), nonBlocking });
    return moved.is(all) ? this : adopt(moved);
  }
  /** A copy on a GPU, the current one or that of a number; itself where it is there. */
  cuda(...args: [index?: number | null, nonBlocking?: boolean]): UntypedStorage {
    const [index = null, nonBlocking = false] = bindArguments(
      'UntypedStorage.cuda(index?, nonBlocking?)',
      args,
    );
    return this.to({ device: index === null ? 'cuda' : `cuda:${index}`, nonBlocking });
  }
  /** Turns round the bytes of each number of that dtype, in place. */
  byteswap(...args: [dtype: DTypeLike]): void {
    const [given] = bindArguments('UntypedStorage.byteswap(dtype)', args);
    const dtype = asDType(given);
    if (dtype === undefined) throw argumentError('byteswap', 'dtype', 'a DType', given);
    checkValues(this._bytes);
    swapBytes(this._all(), dtype);
  }
  /** Itself: there are no typed storages here. */
  untyped(): this {
    return this;
  }
  /** Frees it now, unless tensors use the memory as well. */
  dispose(): void {
    this._bytes.dispose();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
  /** Whether it was freed, by {@link dispose} or by a scope. */
  get isDisposed(): boolean {
    return this._bytes.isDisposed;
  }
  /** What Python's `repr` prints, of at most 1,000 bytes. */
  override toString(): string {
    if (this.isDisposed) return '[torch.storage.UntypedStorage(<disposed>)]';
    return textOf(this._all());
  }
}
checkMethods(
  'UntypedStorage',
  UntypedStorage,
  ...[
    'share_memory_()',
    'pinMemory()',
    'get(index)',
    'set(index, value)',
    'slice(start?, end?)',
    'fill_(value)',
  ],
  ...[
    'copy_(source, nonBlocking?)',
    'resize_(size)',
    'clone()',
    'new()',
    'tolist()',
    'cpu()',
    'untyped()',
    'dispose()',
  ],
);

/** @internal The object of the memory that a tensor is in. */
export function storageOf(owner: Tensor): UntypedStorage {
  const whole = new Whole(wrap(native.storageOf(owner)) as Tensor);
  return new UntypedStorage(whole as never);
}

// Of a tensor that nobody else has: left to the collector it would keep resize_ from making the storage shorter.
function adopt(bytes: Tensor): UntypedStorage {
  const storage = storageOf(bytes);
  bytes.dispose();
  return storage;
}

/** Whether `obj` is a storage (`torch.is_storage`). */
export function isStorage(...args: [obj: unknown]): boolean {
  const [obj] = bindArguments('isStorage(obj)', args);
  return obj instanceof UntypedStorage;
}
