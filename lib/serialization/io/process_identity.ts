// Which process a file belongs to that is being written, and whether that process still lives.
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { hostname } from 'node:os';

const linux = process.platform === 'linux';
const pattern = /^(\d{1,10})-([0-9a-z]+)-([0-9a-f]{12})$/;

// Numbers of processes mean something to one kernel alone, and on Linux in one namespace of it.
function machineId(): string {
  const parts = [hostname()];
  if (linux) {
    for (const read of [
      () => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'),
      () => fs.readlinkSync('/proc/self/ns/pid'),
    ]) {
      try {
        parts.push(read());
      } catch {
        // The host's name must do.
      }
    }
  }
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
}

/** When a process began, which tells it from a later one of its number; null where it runs no more. */
function startOf(pid: number): string | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
  }
  if (!linux) return '0';
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : Number(fields[19]).toString(36);
  } catch {
    return '0'; // hidden from us
  }
}

let own: string | undefined;
/** This process: of letters, digits and '-'. */
export function ownIdentity(): string {
  return (own ??= `${process.pid}-${startOf(process.pid) ?? '0'}-${machineId()}`);
}

/** What became of the process of that name; `'unknown'` where it ran elsewhere, or it is no such name. */
export function fateOf(identity: string): 'own' | 'alive' | 'dead' | 'unknown' {
  if (identity === ownIdentity()) return 'own';
  const [, pid, start, machine] = pattern.exec(identity) ?? [];
  if (machine === undefined || machine !== ownIdentity().slice(-12)) return 'unknown';
  const now = startOf(Number(pid));
  if (now === null) return 'dead';
  return now === start || now === '0' || start === '0' ? 'alive' : 'dead';
}
