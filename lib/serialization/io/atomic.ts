// Files that are there whole or not at all.
import { TorchError } from '../../core/errors';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { fateOf, ownIdentity } from './process_identity';

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
  /** Where its bytes are until `commit`. */
  readonly path: string;
  /** Puts the bytes on disk: nothing is written after it. Part of `commit`. Has cleaned up when it throws. */
  finish(): void;
  /** Puts the file into its target's place, or another in the same folder. Has cleaned up when it throws. */
  commit(place?: string): void;
  /** Removes the file; the target stays as it was. Does nothing after `commit` or `abort`. */
  abort(): void;
}

/**
 * Opens a file that takes the place of `target` at `commit()`: a crash, a full disk or `abort()` leaves
 * the old one whole. A symbolic link stays one: what it leads to is replaced. The old file's permissions
 * are kept. What is no file (a device, a pipe) is written to as it is. Files that a process left here when it
 * was killed in the midst of a save are removed.
 */
export function openAtomically(target: string): AtomicFile {
  const old = fs.statSync(target, { throwIfNoEntry: false });
  if (old && !old.isFile()) return openDirectly(target);
  return openTemporary(old ? fs.realpathSync(target) : target, old);
}

/** {@link openAtomically} of a name in a folder that takes files alone: a symbolic link is replaced itself. */
export function openInFolder(folder: string, name: string): AtomicFile {
  const target = path.join(folder, name);
  return openTemporary(target, fs.statSync(target, { throwIfNoEntry: false }));
}

function openTemporary(target: string, old: fs.Stats | undefined): AtomicFile {
  sweepTemporaries(path.dirname(target));
  const temporary = temporaryName(target);
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
  const orAbort = (action: () => void): void => {
    if (state === 'done') throw new TorchError(`the new '${target}' is committed or aborted already`);
    try {
      action();
    } catch (error) {
      abort();
      throw error;
    }
  };
  const finish = (): void =>
    orAbort(() => {
      if (state === 'closed') return;
      if (old) keepOwner(fd, old);
      fs.fsyncSync(fd);
      state = 'closed';
      fs.closeSync(fd);
    });
  const commit = (place = target): void => {
    finish();
    orAbort(() => fs.renameSync(temporary, place));
    state = 'done';
    syncDirectory(path.dirname(place));
  };
  return { fd, path: temporary, finish, commit, abort };
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
  return { fd, path: target, finish: close, commit: close, abort: close };
}

/** In the same directory: a rename does not cross file systems. Names have at most 255 bytes. */
export function temporaryName(place: string): string {
  const { dir, base } = path.parse(place);
  return path.join(dir, `${base.slice(0, 40)}.${ownIdentity()}-${randomBytes(6).toString('hex')}.tmp`);
}

const temporaryPattern = /\.(\d+-[0-9a-z]+-[0-9a-f]{12})-[0-9a-f]{12}\.tmp$/;
const DAY = 24 * 60 * 60 * 1000;

/**
 * Removes what a killed save left in a folder, of any target. Of processes that cannot be asked after, on
 * other machines, what nobody has written to for a day. No failure is one of the save.
 */
function sweepTemporaries(folder: string): void {
  const quietly = (action: () => void): void => {
    try {
      action();
    } catch {
      // Gone already, or not ours to remove.
    }
  };
  quietly(() => {
    for (const name of fs.readdirSync(folder)) {
      const [, identity] = temporaryPattern.exec(name) ?? [];
      if (identity === undefined) continue;
      const place = path.join(folder, name);
      quietly(() => {
        const fate = fateOf(identity);
        const old = fate === 'unknown' && Date.now() - fs.statSync(place).mtimeMs > DAY;
        if (fate === 'dead' || old) fs.rmSync(place);
      });
    }
  });
}

function keepOwner(fd: number, old: fs.Stats): void {
  if (process.platform === 'win32') return;
  const { uid, gid, mode } = fs.fstatSync(fd);
  if (uid !== old.uid || gid !== old.gid) ignoreRefusal(() => fs.fchownSync(fd, old.uid, old.gid));
  if (mode !== old.mode) ignoreRefusal(() => fs.fchmodSync(fd, old.mode & 0o777));
}

// Some file systems have neither owners nor modes.
function ignoreRefusal(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

// The file is in its place by now: a directory that cannot be opened or synced is no failure. Windows
// opens none; its rename is on disk by itself.
export function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  ignoreRefusal(() => {
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
