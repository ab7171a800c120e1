// Files that are there whole or not at all.
import { TorchError } from '../errors';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';

const CHUNK = 2 ** 30; // one write() takes less than 2 GiB

/** Writes all of `bytes`, at `position` or, by default, where the file is. */
export function writeAll(fd: number, bytes: Uint8Array, position?: number): void {
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(CHUNK, bytes.length - at);
    at += fs.writeSync(fd, bytes, at, length, position === undefined ? null : position + at);
  }
}

/** A new file beside its target, which it replaces once it is committed. */
export interface AtomicFile {
  readonly fd: number;
  /** Puts the file on disk and into its target's place. Has cleaned up when it throws. */
  commit(): void;
  /** Removes the file; the target stays as it was. Does nothing after `commit` or `abort`. */
  abort(): void;
}

/**
 * Opens a file that takes the place of `target` at `commit()`: a crash, a full disk or `abort()` leaves
 * the old one whole. A symbolic link stays one: what it leads to is replaced. The old file's permissions
 * are kept. What is no file (a device, a pipe) is written to as it is.
 */
export function openAtomically(target: string): AtomicFile {
  const old = fs.statSync(target, { throwIfNoEntry: false });
  if (old && !old.isFile()) return openDirectly(target);
  const place = old ? fs.realpathSync(target) : target;
  const temporary = temporaryName(place);
  const fd = fs.openSync(temporary, 'wx+');
  let state: 'open' | 'closed' | 'done' = 'open';
  const abort = (): void => {
    if (state === 'done') return;
    const open = state === 'open';
    state = 'done';
    try {
      if (open) fs.closeSync(fd);
    } finally {
      fs.rmSync(temporary, { force: true });
    }
  };
  const commit = (): void => {
    if (state !== 'open') throw new TorchError(`the new '${target}' is committed or aborted already`);
    try {
      if (old) keepOwner(fd, old);
      fs.fsyncSync(fd);
      state = 'closed';
      fs.closeSync(fd);
      fs.renameSync(temporary, place);
      state = 'done';
    } catch (error) {
      abort();
      throw error;
    }
    syncDirectory(path.dirname(place));
  };
  return { fd, commit, abort };
}

/** {@link openAtomically} around `write`: commits when it returns, aborts when it throws. */
export function writeAtomically<T>(target: string, write: (fd: number) => T): T {
  const file = openAtomically(target);
  let result: T;
  try {
    result = write(file.fd);
  } catch (error) {
    file.abort();
    throw error;
  }
  file.commit();
  return result;
}

function openDirectly(target: string): AtomicFile {
  const fd = fs.openSync(target, 'w');
  let open = true;
  const close = (): void => {
    if (open) fs.closeSync(fd);
    open = false;
  };
  return { fd, commit: close, abort: close };
}

// In the same directory: a rename does not cross file systems. Names have at most 255 bytes.
function temporaryName(place: string): string {
  const { dir, base } = path.parse(place);
  return path.join(dir, `${base.slice(0, 40)}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
}

function keepOwner(fd: number, old: fs.Stats): void {
  if (process.platform === 'win32') return;
  const { uid, gid, mode } = fs.fstatSync(fd);
  if (uid !== old.uid || gid !== old.gid) attempt(() => fs.fchownSync(fd, old.uid, old.gid));
  if (mode !== old.mode) attempt(() => fs.fchmodSync(fd, old.mode & 0o777));
}

// Some file systems have neither owners nor modes.
function attempt(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

// The file is in its place by now: a directory that cannot be opened or synced is no failure. Windows
// opens none; its rename is on disk by itself.
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  attempt(() => {
    const fd = fs.openSync(directory, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  });
}

function isRefusal(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'ENOSYS', 'EROFS'].includes(code ?? '');
}
