// The bytes of a .safetensors file: read when they are asked for, or mapped into memory.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { native } from '../../native';
import { wrap } from '../../native/dispatch';
import type { Tensor } from '../../tensor';
import * as aten from '../../tensor/aten';
import { keep } from '../../tensor/memory';
import { type Entry, SafetensorError } from './header';

/** Where the bytes are. Positions count from the start of the file. */
export interface Source {
  readonly size: number;
  bytes(position: number, count: number): Buffer;
  /** A tensor of `entry`'s bytes. */
  tensor(entry: Entry, position: number): Tensor;
  close(): void;
}

/** @throws SafetensorError where the path leads to no file. */
export function openSource(path: string, backend: 'mmap' | 'pread'): Source {
  const fd = openSync(path, 'r');
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new SafetensorError(`'${path}' is not a file`);
    if (backend === 'pread' || stats.size === 0) return readingSource(path, fd, stats.size);
    const source = mappedSource(path, stats.size);
    closeSync(fd);
    return source;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function readingSource(path: string, fd: number, size: number): Source {
  const ended = (): never => {
    throw new SafetensorError(`'${path}' ended while it was read`);
  };
  return {
    size,
    bytes(position, count) {
      const buffer = Buffer.alloc(count);
      for (let at = 0; at < count;) at += readSync(fd, buffer, at, count - at, position + at) || ended();
      return buffer;
    },
    tensor({ shape, dtype, begin, end }, position) {
      const tensor = aten.empty(shape, { dtype });
      const [read] = native.readInto(tensor, fd, position, 0, end - begin, false);
      if (read === end - begin) return tensor;
      tensor.dispose();
      return ended();
    },
    close: () => closeSync(fd),
  };
}

// The header is read from the mapping, too: should the path lead elsewhere by now, they still agree.
function mappedSource(path: string, size: number): Source {
  const whole = keep(aten.fromFile(path, false, size, { dtype: 'uint8' }));
  const slice = (position: number, count: number): Tensor =>
    wrap(native.storageSlice(whole, position, count)) as Tensor;
  return {
    size,
    bytes(position, count) {
      const part = slice(position, count);
      const { buffer } = part.toTypedArray();
      part.dispose();
      return Buffer.from(buffer as ArrayBuffer);
    },
    tensor({ shape, dtype, begin, end }, position) {
      const bytes = slice(position, end - begin);
      const aligned = position % dtype!.itemsize === 0 ? bytes : aten.clone(bytes);
      const typed = aten.view(aligned, dtype!);
      const tensor = aten.view(typed, shape);
      for (const step of [bytes, aligned, typed]) step.dispose();
      return tensor;
    },
    close: () => whole.dispose(),
  };
}
