// Memory that this process and the one of a model have in common, and nobody else: a file without a name, whose descriptor
// the child inherits. It is read and written, never mapped: a child that shortened a mapped one would end its parent.
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TorchError } from '../core/errors';
import { native } from '../native';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';
import type { Handle } from '../../typings/native';

/** A part of it, in bytes. */
export interface Block {
  readonly at: number;
  readonly size: number;
}

const PAGE = 4096;
/** What stays of it while nothing runs: new memory costs several times what a copy does. */
const KEPT = 2 ** 26;

export class Memory {
  readonly fd: number;
  readonly #handle: Handle | null;
  #isOpen = true;
  /** Sorted by where they are. */
  #taken: Block[] = [];
  #used = 0;

  constructor() {
    const inMemory = native.inductorMemory();
    [this.#handle, this.fd] = inMemory ?? [null, unnamedFile()];
  }

  /** The first place that is free. @throws TorchError where there would be more than `most` bytes. */
  take(size: number, most: number): Block {
    let at = 0;
    let i = 0;
    for (; i < this.#taken.length && this.#taken[i].at - at < size; i++) {
      const { at: start, size: length } = this.#taken[i];
      at = Math.ceil((start + length) / PAGE) * PAGE;
    }
    if (!(at + size <= most))
      throw new TorchError(`the process of the compiled model needs ${at + size} bytes of memory for tensors, more than the ${most} of this machine`); // prettier-ignore
    const block = { at, size };
    this.#taken.splice(i, 0, block);
    this.#used = Math.max(this.#used, at + size);
    return block;
  }

  give(block: Block): void {
    this.#taken = this.#taken.filter((one) => one !== block);
    if (this.#taken.length > 0 || this.#used <= KEPT || !this.#isOpen) return;
    this.#used = KEPT;
    fs.ftruncateSync(this.fd, KEPT);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#handle) native.inductorCloseMemory(this.#handle);
    else fs.closeSync(this.fd);
  }
}

// In a folder that its owner alone can enter, and without a name before anything is in it.
function unnamedFile(): number {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'nodetorch-inductor-'));
  try {
    return fs.openSync(path.join(folder, 'tensors'), 'wx+', 0o600);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The bytes of a contiguous tensor of the CPU. */
export function write(fd: number, at: number, bytes: Tensor): void {
  const size = bytes.numel();
  if (size > 0 && native.writeFrom(bytes, fd, at, 0, size) !== size)
    throw new TorchError('the memory of the compiled model could not be written');
}

/** A copy of `size` bytes. @throws TorchError where they are not there. */
export function read(fd: number, at: number, size: number): Tensor {
  const bytes = aten.empty([size], { dtype: 'uint8' });
  if (size > 0 && native.readInto(bytes, fd, at, 0, size, false)[0] !== size)
    throw new TorchError('the memory of the compiled model is shorter than its tensors');
  return bytes;
}
