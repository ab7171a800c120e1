// Where a file's bytes go.
import { TorchError } from '../../core/errors';
import type { Tensor } from '../../tensor';
import { addon } from '../addon';
import { writeAll } from './atomic';

export interface Sink {
  bytes(bytes: Buffer, position: number): void;
  /** Bytes of a contiguous tensor on the CPU; of one that is not uint8, all of them. */
  tensor(tensor: Tensor, at: number, count: number, position: number): void;
  /** Writes what it has kept back. */
  flush(): void;
}

const GATHERED = 2 ** 16;
const WRITEBACK = 2 ** 25; // the disk starts on this much at once while the rest is still being written

/** Into a file. Small pieces are gathered. */
export function fileSink(fd: number): Sink {
  const buffer = Buffer.alloc(GATHERED);
  let length = 0;
  let start = 0;
  let started = 0;
  const flush = (): void => {
    writeAll(fd, buffer.subarray(0, length), start);
    length = 0;
  };
  const write = (tensor: Tensor, at: number, count: number, position: number): void => {
    const written = addon.native.writeFrom(tensor, fd, position, at, count);
    if (written !== count) throw new TorchError(`only ${written} of ${count} bytes were written`);
    const end = position + count;
    if (end - started < WRITEBACK) return;
    addon.native.startWriteback(fd, started, end - started);
    started = end;
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
      for (let done = 0; done < count; done += WRITEBACK) {
        write(tensor, at + done, Math.min(WRITEBACK, count - done), position + done);
      }
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
  if (into.length === tensor.nbytes) return void addon.native.copyOut(tensor, into);
  const part = tensor.slice(0, at, at + into.length);
  addon.native.copyOut(part, into);
  part.dispose();
}
