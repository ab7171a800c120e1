// How many threads an operator uses by itself, and how these wait for work: as the machine is shared. Both must be known
// when libtorch is loaded, since OpenMP reads its environment then and never again.

import os from 'node:os';
import { cpuQuota, textOf } from './cpu_quota';
import { setVariable } from './preload';

/** Variables by which a user has chosen. */
const COUNT = ['OMP_NUM_THREADS', 'MKL_NUM_THREADS'];
const WAITING = ['OMP_WAIT_POLICY', 'GOMP_SPINCOUNT'];

// Of libgomp, the OpenMP of libtorch on Linux: how often a thread without work looks for some before it sleeps. It takes
// this number itself where it has more threads than processors, and 300 times as many, milliseconds, elsewhere.
const SPINS_WHERE_SHARED = { GOMP_SPINCOUNT: '1000' };

export interface Threads {
  /** At most so many threads for an operator; Infinity where libtorch is to choose. */
  most: number;
  /** For the environment, while libtorch is loaded. */
  environment: Readonly<Record<string, string>>;
}

/** What may be asked about a machine; `root` is as in {@link cpuQuota}. */
export interface Machine {
  root?: string;
  /** Processors that this process may run on. */
  processors?: number;
  env?: NodeJS.ProcessEnv;
}

/** The processors in a list such as `0-3,8`. */
function countOf(list: string): number {
  const ranges = list.split(',').map((range) => range.split('-').map(Number));
  return ranges.reduce((sum, [first, last = first]) => sum + last - first + 1, 0);
}

// Others use at least a quarter of the machine, both in the last minute and at this moment. /proc/loadavg: `0.52 0.58
// 0.59 3/602 4711`, means of 1, 5 and 15 minutes, then how many threads run; one of these is ours.
function isBusy(root: string, processors: number): boolean {
  const [minute, , , running = ''] = textOf(root, 'proc/loadavg').split(' ');
  const others = Math.min(Number(minute), parseInt(running, 10) - 1);
  const online = countOf(textOf(root, 'sys/devices/system/cpu/online').trim());
  return others > Math.max(online || 0, processors) / 4;
}

/** How to set up threads on this machine, where the user has not. */
export function threadsFor({
  root = '/',
  processors = os.availableParallelism(),
  env = process.env,
}: Machine = {}): Threads {
  const isSet = (names: readonly string[]): boolean => names.some((name) => env[name]);
  const quota = cpuQuota(root);
  // Rounded down: a thread more than the quota serves stops the others until the next period of it.
  const most = isSet(COUNT) ? Infinity : Math.max(1, Math.floor(quota));
  const isShared = quota < processors || isBusy(root, processors);
  return { most, environment: isShared && !isSet(WAITING) ? SPINS_WHERE_SHARED : {} };
}

/**
 * Runs `load` with these variables in the environment, and takes them away again: other programs that this process
 * starts look for themselves. In a worker thread Node keeps them from libraries.
 */
export function withEnvironment<T>(variables: Readonly<Record<string, string>>, load: () => T): T {
  for (const [name, value] of Object.entries(variables)) setVariable(name, value);
  try {
    return load();
  } finally {
    for (const name of Object.keys(variables)) setVariable(name, undefined);
  }
}
