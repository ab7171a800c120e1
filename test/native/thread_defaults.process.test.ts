// How many threads an operator uses where the user has not said so, and how idle ones wait: by made-up machines, and in
// children whose environment or processors differ.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cpuQuota } from '../../lib/native/cpu_quota';
import { threadsFor } from '../../lib/native/threads';
import { bundle, childEnvironment, lastLine, runChild } from './support/child';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-threads-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

type Files = Record<string, string>;
let machines = 0;
/** A folder with these files in place of /. */
function machine(files: Files): string {
  const root = path.join(folder, String(machines++));
  for (const [name, text] of Object.entries({ 'proc/version': '', ...files })) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  return root;
}

const v2 = (group: string, at = '/', where = '/sys/fs/cgroup'): Files => ({
  'proc/self/cgroup': `0::${group}\n`,
  'proc/self/mountinfo': `22 1 8:1 / / rw - ext4 /dev/sda1 rw
31 22 0:26 ${at} ${where} rw,nosuid shared:4 master:1 - cgroup2 cgroup2 rw,nsdelegate\n`,
});
const v1 = (group: string, at = '/'): Files => ({
  'proc/self/cgroup': `12:memory:/other\n4:cpuacct,cpu:${group}\n1:name=systemd:/x\n0::/ignored\n`,
  'proc/self/mountinfo': `35 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
36 31 0:31 ${at} /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n`,
});
const at2 = (group: string, text: string): Files => ({ [`sys/fs/cgroup/${group}cpu.max`]: text });
const at1 = (group: string, quota: string, period = '100000\n'): Files => ({
  [`sys/fs/cgroup/cpu,cpuacct/${group}cpu.cfs_quota_us`]: quota,
  [`sys/fs/cgroup/cpu,cpuacct/${group}cpu.cfs_period_us`]: period,
});

test.each<[string, Files, number]>([
  ['no files at all', {}, Infinity],
  ['version 2 in a container', { ...v2('/'), ...at2('', '200000 100000\n') }, 2],
  ['version 2, a part of a processor', { ...v2('/'), ...at2('', '150000 100000\n') }, 1.5],
  ['version 2, another period', { ...v2('/'), ...at2('', '25000 50000\n') }, 0.5],
  ['version 2, no limit', { ...v2('/'), ...at2('', 'max 100000\n') }, Infinity],
  ['version 2, the root group', v2('/'), Infinity],
  ['version 2, the own group', { ...v2('/a/b'), ...at2('a/b/', '300000 100000\n') }, 3],
  [
    'version 2, the group above is tighter',
    { ...v2('/a/b'), ...at2('a/b/', 'max 100000\n'), ...at2('a/', '100000 100000\n'), ...at2('', '9 1') },
    1,
  ],
  [
    'version 2, the own group is tighter',
    { ...v2('/a/b'), ...at2('a/b/', '50000 100000\n'), ...at2('a/', '400000 100000\n') },
    0.5,
  ],
  ['version 2, another group is none of ours', { ...v2('/a'), ...at2('b/', '1 2\n') }, Infinity],
  ['version 2, a group of the host', { ...v2('/docker/1f', '/docker/1f'), ...at2('', '1 1\n') }, 1],
  ['version 2, below it', { ...v2('/docker/1f/x', '/docker/1f'), ...at2('x/', '1 1\n') }, 1],
  ['version 2, a name that begins so', { ...v2('/docker/1fa', '/docker/1f'), ...at2('', '5 1\n') }, 5],
  ['version 2, from outside', { ...v2('/../../a', '/'), ...at2('', '200000 100000\n') }, 2],
  ['version 2, a colon in a name', { ...v2('/a:b'), ...at2('a:b/', '200000 100000\n') }, 2],
  ['a space in the mounted folder', { ...v2('/', '/', '/mnt/c\\040g'), 'mnt/c g/cpu.max': '7 2' }, 3.5],
  ['version 1 in a container', { ...v1('/'), ...at1('', '250000\n') }, 2.5],
  ['version 1, no limit', { ...v1('/'), ...at1('', '-1\n') }, Infinity],
  ['version 1, a group of the host', { ...v1('/docker/1f', '/docker/1f'), ...at1('', '100000\n') }, 1],
  ['version 1, nested', { ...v1('/a/b'), ...at1('a/b/', '-1\n'), ...at1('a/', '100000', '200000') }, 0.5],
  ['version 1 beside version 2', { ...v1('/'), ...at1('', '100000\n'), ...at2('', '9 1\n') }, 1],
  ['version 1 without its period', { ...v1('/'), ...at1('', '100000\n', '') }, Infinity],
  ['nonsense for numbers', { ...v2('/'), ...at2('', 'lots of them') }, Infinity],
  ['an empty file', { ...v2('/'), ...at2('', '') }, Infinity],
  ['no quota', { ...v2('/'), ...at2('', '0 100000\n') }, Infinity],
  ['no period', { ...v2('/'), ...at2('', '100000 0\n') }, Infinity],
  ['a period alone', { ...v2('/'), ...at2('', '100000\n') }, Infinity],
  ['nonsense for groups', { ...v2('/'), 'proc/self/cgroup': 'x\n:::\n', ...at2('', '1 1') }, Infinity],
  [
    'nonsense for mounts',
    { ...v2('/'), 'proc/self/mountinfo': ' - \n31 - cgroup2\n\n', ...at2('', '1 1') },
    Infinity,
  ],
])('quota: %s', (_, files, quota) => expect(cpuQuota(machine(files))).toBe(quota));

const quota = (processors: number): Files => ({ ...v2('/'), ...at2('', `${processors * 1000} 1000\n`) });
const load = (minute: number, running: number, online = '0-3\n'): Files => ({
  'proc/loadavg': `${minute} 0.00 0.00 ${running}/200 4711\n`,
  'sys/devices/system/cpu/online': online,
});
const patient = {};
const asleep = { GOMP_SPINCOUNT: '1000' };

test.each<[string, Files, NodeJS.ProcessEnv, number, object]>([
  ['nothing is known', {}, {}, Infinity, patient],
  ['no quota, nobody else', load(0, 1), {}, Infinity, patient],
  ['a quota below the processors', quota(2), {}, 2, asleep],
  ['a part of one is left out', quota(2.9), {}, 2, asleep],
  ['less than one', quota(0.3), {}, 1, asleep],
  ['a quota above the processors', quota(8), {}, 8, patient],
  ['a number of the user', quota(2), { OMP_NUM_THREADS: '3' }, Infinity, asleep],
  ['the same for MKL', quota(2), { MKL_NUM_THREADS: '3' }, Infinity, asleep],
  ['an empty number is none', quota(2), { OMP_NUM_THREADS: '' }, 2, asleep],
  ['the user lets threads wait', quota(2), { OMP_WAIT_POLICY: 'active' }, 2, patient],
  ['the user says how long', quota(2), { GOMP_SPINCOUNT: '5' }, 2, patient],
  ['others run, and have run', load(2, 4), {}, Infinity, asleep],
  ['others begin to run', load(0.1, 4), {}, Infinity, patient],
  ['others have run', load(4, 1), {}, Infinity, patient],
  ['one other on four processors', load(4, 2), {}, Infinity, patient],
  ['others on a large machine', load(9, 9, '0-31,64-95\n'), {}, Infinity, patient],
  ['many on a large machine', load(17, 20, '0-31,64-95\n'), {}, Infinity, asleep],
  ['no numbers', { 'proc/loadavg': 'none' }, {}, Infinity, patient],
])('defaults of four processors: %s', (_, files, env, most, environment) => {
  expect(threadsFor({ root: machine(files), processors: 4, env })).toEqual({ most, environment });
});

test('one other process takes half of two processors', () => {
  const root = machine(load(1, 2, '0-1\n'));
  expect(threadsFor({ root, processors: 2, env: {} }).environment).toEqual(asleep);
});

const run = (job: string, env: NodeJS.ProcessEnv) =>
  runChild('thread_defaults_child.ts', [job, machine(quota(0.5))], { env });

test('the first limit counts, until the user sets a number, which workers leave alone', () => {
  expect(lastLine(run('limits', { OMP_NUM_THREADS: '2' }))).toEqual({ limited: 1, set: 3, worker: 3 });
});

test('a number that the user has set before is not limited', () => {
  expect(lastLine(run('setFirst', { OMP_NUM_THREADS: '2' }))).toBe(3);
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('OpenMP is told before it is loaded, and nobody after it', () => {
  const { out, err } = run('environment', {
    OMP_DISPLAY_ENV: 'verbose',
    OMP_WAIT_POLICY: undefined,
    GOMP_SPINCOUNT: undefined,
  });
  expect(/GOMP_SPINCOUNT = '(\d+)'/.exec(err)?.[1]).toBe('1000');
  expect(out.trim()).toBe('undefined');
});

onLinux('a process that may run on one processor has one thread', () => {
  const env = { ...childEnvironment, OMP_NUM_THREADS: undefined };
  const child = bundle('test/native/support/thread_defaults_child.ts');
  const { stdout } = spawnSync('taskset', ['-c', '0', process.execPath, child, 'count'], {
    env,
    encoding: 'utf8',
  });
  expect(stdout.trim()).toBe('1');
});
