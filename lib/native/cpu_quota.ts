// How many processors a container gives this process: the quota of its control groups, of version 1 and 2. What
// `taskset` and cpusets allow is not asked here, since OpenMP and MKL look at it themselves.

import fs from 'node:fs';
import path from 'node:path';

/** The text of a file; empty where it cannot be read. */
export function textOf(...parts: string[]): string {
  try {
    return fs.readFileSync(path.join(...parts), 'utf8');
  } catch {
    return '';
  }
}

/** The process's group by controller, which is '' for version 2. A line: `4:cpu,cpuacct:/docker/1f`. */
function ownGroups(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
  return new Map(
    lines.flatMap((found) => (found ? found[1].split(',').map((name) => [name, found[2]] as const) : [])),
  );
}

/** A hierarchy of control groups: where it is mounted, and which of its groups lies there. */
interface Mount {
  controller: 'cpu' | '';
  group: string;
  folder: string;
}

// The kernel writes a space in a path as `\040`.
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));

/** A line: `31 23 0:28 GROUP FOLDER rw,nosuid shared:1 - cgroup cgroup rw,cpu,cpuacct`; with any number of `shared:1`. */
function mounts(text: string): Mount[] {
  return text.split('\n').flatMap((line): Mount[] => {
    const [place, kind = ''] = line.split(' - ');
    const [, , , group = '', folder = ''] = place.split(' ').map(unescaped);
    const [type, , options = ''] = kind.split(' ');
    if (type === 'cgroup2') return [{ controller: '', group, folder }];
    return type === 'cgroup' && options.split(',').includes('cpu')
      ? [{ controller: 'cpu', group, folder }]
      : [];
  });
}

/** The folders of a group and of those that it lies in, as far as they are mounted. */
function foldersUp({ group, folder }: Mount, own: string): string[] {
  const top = group === '/' ? '' : group;
  // A group that is not below what is mounted was named from outside of the container: its own is what is mounted.
  const isBelow = (own === top || own.startsWith(`${top}/`)) && !own.split('/').includes('..');
  const names = isBelow
    ? own
        .slice(top.length)
        .split('/')
        .filter((name) => name !== '')
    : [];
  return [...names.keys(), names.length].map((count) => path.join(folder, ...names.slice(0, count)));
}

/** What one group may use. In version 2 a file says `150000 100000`, quota and period, or `max 100000`. */
function quotaOf(folder: string, isVersion2: boolean): number {
  const [quota, period] = isVersion2
    ? textOf(folder, 'cpu.max').trim().split(/\s+/)
    : [textOf(folder, 'cpu.cfs_quota_us'), textOf(folder, 'cpu.cfs_period_us')];
  const processors = Number(quota) / Number(period);
  return Number.isFinite(processors) && processors > 0 ? processors : Infinity;
}

/**
 * The processors that this process's control groups give it, such as 1.5; Infinity where nothing limits them. `root` is
 * the folder in which to look for /proc and for what is mounted.
 */
export function cpuQuota(root = '/'): number {
  const own = ownGroups(textOf(root, 'proc/self/cgroup'));
  const quotas = mounts(textOf(root, 'proc/self/mountinfo')).flatMap((mount) => {
    const group = own.get(mount.controller);
    const folders = group === undefined ? [] : foldersUp(mount, group);
    return folders.map((folder) => quotaOf(path.join(root, folder), mount.controller === ''));
  });
  return Math.min(Infinity, ...quotas);
}
