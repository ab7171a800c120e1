// Several files that are one checkpoint: a save that is killed before any of its calls, a reader that is overtaken
// before any of its own.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openAtomically, temporaryName } from '../../lib/serialization/io/atomic';
import { exclusively } from '../../lib/serialization/io/folder_lock';
import { describe as inspect } from '../../lib/cli/describe';
import torch, { safetensors } from 'nodetorch';
import { bundle, childEnvironment } from '../native/support/child';

jest.mock('../../lib/serialization/io/process_identity', () => ({
  ...jest.requireActual<object>('../../lib/serialization/io/process_identity'),
}));
const identity = jest.requireMock<typeof import('../../lib/serialization/io/process_identity')>(
  '../../lib/serialization/io/process_identity',
);

// In memory where that can be: each of many saves waits for the disk.
const place = fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(place, 'set-'))));
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(folder, { recursive: true, force: true });
});

const settings = () => ({ env: { ...childEnvironment, FOLDER: folder } });
const ownIdentity = JSON.stringify(bundle('lib/serialization/io/process_identity.ts'));
const atomic = JSON.stringify(bundle('lib/serialization/io/atomic.ts'));

// The name of a process that is no more.
const program = `console.log(require(${ownIdentity}).ownIdentity())`;
const dead = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout.trim();

/** Into one file, two or three; all numbers are `value`. */
type Save = readonly [shards: number, value: number];
const keys = ['a', 'b', 'c'];
function save([shards, value]: Save): string[] {
  const tensors = Object.fromEntries(keys.map((key) => [key, torch.full([4], value)]));
  return safetensors.saveSharded(tensors, folder, { maxShardSize: [0, 1000, 32, 16][shards] });
}
function filesOf(shards: number): string[] {
  if (shards === 1) return ['model.safetensors'];
  const parts = Array.from({ length: shards }, (_, i) => `model-0000${i + 1}-of-0000${shards}.safetensors`);
  return [...parts, 'model.safetensors.index.json'];
}
function valueOf(tensors: ReadonlyMap<string, torch.Tensor>): number {
  expect([...tensors.keys()].sort()).toEqual(keys);
  const values = new Set([...tensors.values()].flatMap((tensor) => tensor.tolist() as number[]));
  expect(values.size).toBe(1);
  return [...values][0];
}

const calls = [
  'closeSync',
  'fstatSync',
  'fsyncSync',
  'linkSync',
  'openSync',
  'readFileSync',
  'readSync',
  'readdirSync',
  'renameSync',
  'rmSync',
  'statSync',
  'writeFileSync',
  'writeSync',
] as const;

/** Calls `before` with its number before each call of `action`. */
function watching<T>(before: (number: number, name: string) => void, action: () => T): T {
  let number = 0;
  for (const name of calls) {
    const call = fs[name] as (...args: unknown[]) => unknown;
    jest.spyOn(fs, name).mockImplementation(((...args: unknown[]) => {
      before(number++, name);
      return call(...args);
    }) as never);
  }
  try {
    return action();
  } finally {
    jest.restoreAllMocks();
  }
}

/** As SIGKILL does it: nothing happens to the files any more. False where `action` ended before. */
function killedBefore(last: number, action: () => void): boolean {
  let killed = false;
  jest.spyOn(identity, 'ownIdentity').mockReturnValue(dead);
  jest.spyOn(identity, 'fateOf').mockReturnValue('own');
  try {
    watching((number, name) => {
      if (number === last) killed = true;
      if (killed && name !== 'closeSync') throw new Error('killed');
    }, action);
  } catch (error) {
    if (!killed) throw error;
  }
  return killed;
}

const transitions: [string, Save | null, Save, Save][] = [
  ['files of the same names', [3, 1], [3, 2], [3, 3]],
  ['other files', [3, 1], [2, 2], [3, 3]],
  ['a single file by several', [1, 1], [3, 2], [1, 3]],
  ['several files by a single one', [3, 1], [1, 2], [3, 3]],
  ['a single file', [1, 1], [1, 2], [1, 3]],
  ['nothing', null, [3, 2], [3, 3]],
];

describe.each(transitions)('a save that replaces %s', (_, old, next, third) => {
  it('is there whole or not at all wherever it is killed, and the next one sweeps up', () => {
    const seen: (number | null)[] = [];
    for (let last = 0, killed = true; killed; last++) {
      fs.rmSync(folder, { recursive: true });
      if (old) save(old);
      killed = killedBefore(last, () => save(next));
      let found: number | null = null;
      try {
        found = valueOf(safetensors.loadSharded(folder));
      } catch (error) {
        if (old) throw error;
        expect(String(error)).toMatch(/holds no checkpoint|ENOENT/);
      }
      seen.push(found);
      expect(valueOf(torch.loadStateDictFromFile(save(third) && folder) as never)).toBe(third[1]);
      expect(fs.readdirSync(folder).sort()).toEqual(filesOf(third[0]));
    }
    const changed = seen.indexOf(2);
    expect(changed).toBeGreaterThan(10);
    expect(seen).toEqual(seen.map((__, i) => (i < changed ? (old?.[1] ?? null) : 2)));
  });

  if (!old) return;
  it.each(['mmap', 'pread'] as const)('is read whole while it happens (%s)', (backend) => {
    let moments = 0;
    for (let last = 0, overtaken = true; overtaken; last++) {
      overtaken = false;
      save(old);
      const found = watching(
        (number) => {
          if (number !== last) return;
          overtaken = true;
          jest.restoreAllMocks();
          save(next);
        },
        () => safetensors.loadSharded(folder, { backend }),
      );
      if (!overtaken) expect(valueOf(found)).toBe(old[1]);
      else expect([old[1], next[1]]).toContain(valueOf(found));
      moments++;
    }
    expect(moments).toBeGreaterThan(7);
  });
});

it('gives up on a checkpoint that is replaced again and again', () => {
  save([3, 1]);
  let value = 1;
  let busy = false;
  const always = () =>
    watching(
      (_, name) => {
        if (name !== 'readFileSync' || busy) return;
        busy = true;
        save([3, ++value]);
        busy = false;
      },
      () => safetensors.loadSharded(folder),
    );
  expect(always).toThrow(/was replaced while it was read, 10 times/);
});

it('keeps its files under other names where they cannot have two', () => {
  save([3, 1]);
  jest.spyOn(fs, 'linkSync').mockImplementation(() => {
    throw Object.assign(new Error('no links'), { code: 'EPERM' });
  });
  const names = save([3, 2]);
  expect(names[0]).toMatch(/^model-00001-of-00003-save-[0-9a-f]{12}\.safetensors$/);
  expect(fs.readdirSync(folder).sort()).toEqual([...names].sort());
  expect(valueOf(safetensors.loadSharded(folder))).toBe(2);
  expect(save([3, 3])).toEqual(filesOf(3));
  expect(fs.readdirSync(folder).sort()).toEqual(filesOf(3));
});

it('leaves names alone that only look like its own', () => {
  const foreign = [
    'model-0123456789ab.safetensors',
    'model-00001-of-00003-0123456789ab.safetensors',
    'a.tmp',
  ];
  for (const name of foreign) fs.writeFileSync(path.join(folder, name), '');
  save([3, 1]);
  expect(save([1, 2])).toEqual(['model.safetensors']);
  expect(fs.readdirSync(folder).sort()).toEqual([...foreign, 'model.safetensors'].sort());
});

describe('a leftover', () => {
  const leave = (owner: string): string => {
    jest.spyOn(identity, 'ownIdentity').mockReturnValue(owner);
    const name = temporaryName(path.join(folder, 'file.pt'));
    jest.restoreAllMocks();
    fs.writeFileSync(name, 'half');
    return name;
  };
  const left = (name: string): boolean => {
    torch.save(1, path.join(folder, 'other.pt'));
    return fs.existsSync(name);
  };
  const [pid, start, machine] = dead.split('-');
  it.each([
    ['of a process that is dead', dead, false],
    [
      'of one whose number another process has now',
      `${process.pid}-${start}-${machine}`,
      process.platform !== 'linux',
    ],
    ['of this process', identity.ownIdentity(), true],
    ['of another machine', `${pid}-${start}-0123456789ab`, true],
  ])('%s', (_, owner, stays) => expect(left(leave(owner))).toBe(stays));
  it('of another machine goes when it is a day old', () => {
    const name = leave(`${pid}-${start}-0123456789ab`);
    fs.utimesSync(name, 0, 0);
    expect(left(name)).toBe(false);
  });
  it('of a process that lives stays until it is killed', async () => {
    const child = spawn(
      process.execPath,
      [
        '-e',
        `require(${atomic}).openAtomically(process.env.FOLDER + '/live.pt');
         process.stdout.write('ready'); setInterval(() => {}, 1000);`,
      ],
      { ...settings(), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const [name] = fs.readdirSync(folder);
    expect(name).toMatch(/^live\.pt\..*\.tmp$/);
    expect(left(path.join(folder, name))).toBe(true);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    expect(left(path.join(folder, name))).toBe(false);
  });
  it('does not keep a save from a folder that cannot be listed', () => {
    jest.spyOn(fs, 'readdirSync').mockImplementation(() => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    });
    openAtomically(path.join(folder, 'file')).commit();
    expect(fs.existsSync(path.join(folder, 'file'))).toBe(true);
  });
});

describe('exclusively', () => {
  const target = () => path.join(folder, 'index');
  const held = (owner: string) => fs.writeFileSync(`${target()}.lock`, owner);
  it('takes over from a dead process, and gives back', () => {
    held(dead);
    expect(exclusively(target(), () => fs.readFileSync(`${target()}.lock`, 'utf8'))).toBe(
      identity.ownIdentity(),
    );
    expect(() =>
      exclusively(target(), () => {
        throw new Error('enough');
      }),
    ).toThrow('enough');
    expect(fs.readdirSync(folder)).toEqual([]);
  });
  it('waits for a live one, a minute at most, and takes over from one that nobody can ask after', () => {
    const pauses = jest.spyOn(Atomics, 'wait').mockReturnValue('timed-out' as never);
    held('1-1-0123456789ab');
    expect(exclusively(target(), () => pauses.mock.calls.length * 20)).toBe(60_000);
    jest.spyOn(identity, 'fateOf').mockReturnValue('alive');
    held('4711-1-0123456789ab');
    expect(() => exclusively(target(), () => 1)).toThrow(
      /process 4711 has been writing to '.*index' for a minute/,
    );
    jest
      .spyOn(Atomics, 'wait')
      .mockImplementation(() => (fs.rmSync(`${target()}.lock`), 'timed-out' as never));
    expect(exclusively(target(), () => 1)).toBe(1);
  });
});

describe('an index that leads to itself', () => {
  it.each(['model.safetensors.index.json', './model.safetensors.index.json', '.', './'])('%s', (name) => {
    fs.writeFileSync(
      path.join(folder, 'model.safetensors.index.json'),
      JSON.stringify({ weight_map: { w: name } }),
    );
    const message = /weight_map\['w'\] names an index, not a file|is not a file/;
    expect(() => inspect(folder)).toThrow(message);
    expect(() => safetensors.loadSharded(folder)).toThrow(message);
    expect(() => torch.loadStateDictFromFile(folder)).toThrow(message);
  });
});
