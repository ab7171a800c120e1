// What a storage is made of, and checks of what its methods are given.
import type { DeviceLike } from '../core/device';
import { uint8 } from '../core/dtype';
import { TorchError, TorchRangeError, argumentError } from '../core/errors';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '.';
import { tensor } from './creation';

/** Options of `torch.UntypedStorage`. */
export interface StorageOptions {
  /** Where it is. Default: the CPU. */
  device?: DeviceLike | null;
}

/** The tensor of all bytes of a memory that there is. */
export class Whole {
  constructor(readonly bytes: Tensor) {}
}
export type Bytes = number | readonly number[] | Whole;

export function checkSize(fn: string, size: unknown): asserts size is number {
  if (!Number.isSafeInteger(size)) throw new TorchError(`${fn} expects an int, but got ${typeof size}`);
  if ((size as number) < 0) throw new TorchError(`${fn}(): a storage cannot have ${String(size)} bytes`);
}
export function checkByte(fn: string, value: unknown): asserts value is number {
  if (!Number.isSafeInteger(value)) throw new TorchError(`${fn} expects int, but got ${typeof value}`);
}
export function checkValues(bytes: Tensor): void {
  if (!bytes.isMeta) return;
  throw new TorchError("Not available for 'meta' device type", 'NotImplementedError');
}

/** The place of an index; a `bound` of a slice may lie outside. */
export function placeIn(size: number, index: unknown, bound: string | null = null): number {
  if (!Number.isSafeInteger(index)) {
    throw argumentError(bound === null ? 'get' : 'slice', bound ?? 'index', 'a whole number', index);
  }
  const at = (index as number) < 0 ? (index as number) + size : (index as number);
  if (bound !== null) return Math.min(Math.max(at, 0), size);
  if (at >= 0 && at < size) return at;
  throw new TorchRangeError(`index ${at} out of range for storage of size ${size}`, 'IndexError');
}

/** A tensor of the bytes: so many, or of the values of an array. */
export function bytesOf(size: Bytes, device: DeviceLike): Tensor {
  if (size instanceof Whole) return size.bytes;
  if (typeof size === 'number') {
    checkSize('UntypedStorage', size);
    return tensor(new Uint8Array(0), { dtype: uint8, device }).newEmpty([size]);
  }
  if (!Array.isArray(size) || isTensor(size)) {
    throw argumentError('UntypedStorage', 'size', 'a number of bytes or an array of numbers', size);
  }
  for (const one of size as readonly unknown[]) checkByte('UntypedStorage', one);
  return tensor(
    Uint8Array.from(size as readonly number[], (one) => one & 255),
    { dtype: uint8, device },
  );
}

/** What Python prints, of 1,000 bytes at most. */
export function textOf(bytes: Tensor): string {
  const size = bytes.numel();
  const about = `[torch.storage.UntypedStorage(device=${String(bytes.device)}) of size ${size}]`;
  if (bytes.isMeta) return `...\n${about}`;
  const shown = (bytes.at(':1000').tolist() as number[]).map(String);
  return ` ${[...shown, ...(size > 1000 ? ['...'] : [])].join('\n ')}\n${about}`;
}
