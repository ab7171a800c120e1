// One process at a time puts files into a place.
import * as fs from 'node:fs';
import { TorchError } from '../../core/errors';
import { temporaryName } from './atomic';
import { fateOf, ownIdentity } from './process_identity';

const PAUSE = 20; // ms
const MOST_PAUSES = 3000; // a minute: what is done under a lock takes milliseconds

/**
 * Runs `action` while `${place}.lock` is this process's own. Waits for another that lives, takes over from one
 * that was killed.
 *
 * @throws TorchError where a process keeps it for a minute.
 */
export function exclusively<T>(place: string, action: () => T): T {
  const lock = `${place}.lock`;
  let pauses = 0;
  for (let before = ''; !take(lock);) {
    const owner = ownerOf(lock);
    if (owner === null) continue; // given back by now
    if (owner !== before) [before, pauses] = [owner, 0];
    const fate = fateOf(owner);
    if (fate === 'dead' || (pauses >= MOST_PAUSES && fate !== 'alive')) {
      takeAway(lock, owner);
    } else if (pauses++ < MOST_PAUSES) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    } else {
      const [pid] = owner.split('-');
      throw new TorchError(`process ${pid} has been writing to '${place}' for a minute ('${lock}')`);
    }
  }
  try {
    return action();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

// A second name for a file appears with its contents, or not at all. Not all file systems have such.
function take(lock: string): boolean {
  const mine = temporaryName(lock);
  try {
    fs.writeFileSync(mine, ownIdentity(), { flag: 'wx' });
    try {
      fs.linkSync(mine, lock);
    } catch (error) {
      if (isThere(error)) return false;
      fs.writeFileSync(lock, ownIdentity(), { flag: 'wx' });
    }
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    throw error;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

const isThere = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST';

function ownerOf(lock: string): string | null {
  try {
    return fs.readFileSync(lock, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

// Should somebody else have taken it over just now, it is theirs: it is put back.
function takeAway(lock: string, owner: string): void {
  const aside = temporaryName(lock);
  try {
    fs.renameSync(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (ownerOf(aside) !== owner) fs.renameSync(aside, lock);
  else fs.rmSync(aside, { force: true });
}
