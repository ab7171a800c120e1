// Where a file's bytes go.
import { native } from '../native';
import { TorchError } from '../errors';
import type { Tensor } from '../tensor';
import { writeAll } from './atomic';

export interface Sink {
  bytes(bytes: Buffer, position: number): void;
  /** Part of a contiguous uint8 tensor on the CPU. */
  tensor(tensor: Tensor, at: number, count: number, position: number): void;
  /** Writes what it has kept back. */
  flush(): void;
}

const GATHERED = 2 ** 16;

/** Into a file. Small pieces are gathered. */
export function fileSink(fd: number): Sink {
  const buffer = Buffer.alloc(GATHERED);
  let length = 0;
  let start = 0;
  const flush = (): void => {
    writeAll(fd, buffer.subarray(0, length), start);
    length = 0;
  };
  const gather = (position: number, count: number): Buffer | null => {
    if (length + count > GATHERED || (length > 0 && start + length !== position)) flush();
    if (count > GATHERED) return null;
    if (length === 0) start = position;
    length += count;
    return buffer.subarray(length - count, length);
  };
  return {
    bytes(bytes, position) {
      const place = gather(position, bytes.length);
      if (place) bytes.copy(place);
      else writeAll(fd, bytes, position);
    },
    tensor(tensor, at, count, position) {
      const place = count <= 4096 ? gather(position, count) : null;
      if (place) return copyPart(tensor, at, place);
      flush();
      const written = native.writeFrom(tensor, fd, position, at, count);
      if (written !== count)
        throw new TorchError(`torch.save(): only ${written} of ${count} bytes were written`);
    },
    flush,
  };
}

/** Into memory. */
export function memorySink(): Sink & { result(): Uint8Array } {
  const pieces: Uint8Array[] = [];
  return {
    bytes: (bytes) => void pieces.push(bytes),
    tensor(tensor, at, count) {
      const piece = Buffer.alloc(count);
      copyPart(tensor, at, piece);
      pieces.push(piece);
    },
    flush: () => {},
    result: () => new Uint8Array(Buffer.concat(pieces)),
  };
}

function copyPart(tensor: Tensor, at: number, into: Buffer): void {
  if (into.length === tensor.numel()) return void native.copyOut(tensor, into);
  const part = tensor.slice(0, at, at + into.length);
  native.copyOut(part, into);
  part.dispose();
}
