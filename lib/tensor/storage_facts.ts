// What a storage says of itself.
import { checkMethods } from '../core/calls';
import type { Device } from '../core/device';
import { native } from '../native';
import type { Tensor } from '.';

/** The part of {@link UntypedStorage} that changes nothing. */
export abstract class StorageFacts {
  readonly #bytes: Tensor;

  /** @internal */
  constructor(bytes: Tensor) {
    this.#bytes = bytes;
  }

  /** @internal The tensor of all bytes, uint8: as many as there were when it was last asked for. */
  protected get _bytes(): Tensor {
    return this.#bytes;
  }

  /** @internal The same, as many as there are now. */
  protected _all(): Tensor {
    native.fitStorage(this._bytes);
    return this._bytes;
  }

  /** Number of bytes. */
  nbytes(): number {
    return native.fitStorage(this._bytes);
  }
  /** Number of bytes: the same as `nbytes()`. */
  size(): number {
    return this.nbytes();
  }
  /** Bytes of one element: 1. */
  elementSize(): number {
    return 1;
  }
  /** Address of the first byte; 0n where there is none. */
  dataPtr(): bigint {
    return this._all().dataPtr();
  }
  /** Where it is. */
  get device(): Device {
    return this._bytes.device;
  }
  /** The number of its device; -1 for the CPU. */
  getDevice(): number {
    return this.device.index ?? -1;
  }
  /** Whether it is on a GPU. */
  get isCuda(): boolean {
    return this.device.type === 'cuda';
  }
  /** Storages are dense. */
  get isSparse(): boolean {
    return false;
  }
  /** Storages are dense. */
  get isSparseCsr(): boolean {
    return false;
  }
  /** The file that {@link UntypedStorage.fromFile} has mapped and shares; null for other memory. */
  get filename(): string | null {
    return native.storageFile(this._bytes);
  }
  /** Whether {@link UntypedStorage.resize_} may change it: not memory of files, of typed arrays, of other processes. */
  resizable(): boolean {
    return native.isResizable(this._bytes);
  }
  /** Whether other processes can have it. */
  isShared(): boolean {
    return this._bytes.isShared();
  }
  /** Whether it is pinned, so that GPUs copy faster from it. */
  isPinned(): boolean {
    return this._all().isPinned();
  }
}
checkMethods(
  'UntypedStorage',
  StorageFacts,
  ...[
    'nbytes()',
    'size()',
    'elementSize()',
    'dataPtr()',
    'getDevice()',
    'resizable()',
    'isShared()',
    'isPinned()',
  ],
);
