// A save that is cut off: by a signal, by a full disk, by an error.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openAtomically, writeAll, writeAtomically } from '../../lib/serialization/io/atomic';
import torch, { safetensors } from 'nodetorch';
import { bundle, childEnvironment } from '../native/support/child';

let folder: string;
let target: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'atomic-'));
  target = path.join(folder, 'file');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const unix = process.platform === 'win32' ? it.skip : it;
const linux = process.platform === 'linux' ? it : it.skip;
const text = () => fs.readFileSync(target, 'utf8');

describe('openAtomically', () => {
  it('shows nothing before commit', () => {
    fs.writeFileSync(target, 'old');
    const file = openAtomically(target);
    writeAll(file.fd, Buffer.from('new'));
    expect(text()).toBe('old');
    file.commit();
    expect([text(), fs.readdirSync(folder)]).toEqual(['new', ['file']]);
    expect(() => file.commit()).toThrow(/committed or aborted already/);
    file.abort();
    expect(text()).toBe('new');
  });
  it('leaves nothing after abort', () => {
    const file = openAtomically(target);
    file.abort();
    file.abort();
    expect(fs.readdirSync(folder)).toEqual([]);
    expect(() => fs.fstatSync(file.fd)).toThrow(/EBADF/);
    expect(() => file.commit()).toThrow(/committed or aborted already/);
  });
  it('aborts when the writer throws, and gives what it returns', () => {
    fs.writeFileSync(target, 'old');
    const failing = () =>
      writeAtomically(target, (fd) => {
        writeAll(fd, Buffer.from('half'));
        throw new Error('enough');
      });
    expect(failing).toThrow('enough');
    expect([text(), fs.readdirSync(folder)]).toEqual(['old', ['file']]);
    expect(writeAtomically(target, () => 7)).toBe(7);
  });
  it('writes at positions, too', () => {
    writeAtomically(target, (fd) => {
      writeAll(fd, Buffer.from('world'), 6);
      writeAll(fd, Buffer.from('hello '), 0);
    });
    expect(text()).toBe('hello world');
  });
  it('takes the longest name', () => {
    target = path.join(folder, 'n'.repeat(255));
    writeAtomically(target, (fd) => writeAll(fd, Buffer.from('x')));
    expect(fs.readdirSync(folder)).toEqual(['n'.repeat(255)]);
  });
  unix('keeps permissions and symbolic links', () => {
    const link = path.join(folder, 'link');
    fs.writeFileSync(target, 'old', { mode: 0o640 });
    fs.symlinkSync('file', link);
    writeAtomically(link, (fd) => writeAll(fd, Buffer.from('new')));
    expect(text()).toBe('new');
    expect(fs.statSync(target).mode & 0o777).toBe(0o640);
    expect(fs.readlinkSync(link)).toBe('file');
  });
  unix('says what is wrong with the place', () => {
    expect(() => openAtomically(path.join(folder, 'no', 'file'))).toThrow(/ENOENT/);
    expect(() => openAtomically(folder)).toThrow(/EISDIR/);
  });
});

const settings = () => ({ env: { ...childEnvironment, OMP_NUM_THREADS: '1', TARGET: target } });
const lib = JSON.stringify(bundle('lib/index.ts'));
const atomic = JSON.stringify(bundle('lib/serialization/io/atomic.ts'));

const begin = `
  const torch = require(${lib}).default;
  const full = (value) => ({ a: torch.full([1 << 20], value), b: torch.full([1 << 20], value + 0.5) });`;

describe('a full disk', () => {
  linux('gives an error and leaves the old file alone', () => {
    safetensors.saveFile({ a: torch.zeros([4]) }, target);
    const old = fs.readFileSync(target);
    // In blocks of 512 bytes: half of the first tensor.
    const program = `${begin}
       process.on('SIGXFSZ', () => {});
       try { torch.safetensors.saveFile(full(1), process.env.TARGET); }
       catch (error) { console.error('failed: ' + error.message); process.exitCode = 3; }`;
    const limited = ['-c', 'ulimit -f 4096; exec "$@"', 'sh', process.execPath, '-e', program];
    const { stderr, status } = spawnSync('sh', limited, { ...settings(), encoding: 'utf8' });
    expect([status, stderr.trim()]).toEqual([3, expect.stringMatching(/^failed: .*File too large/)]);
    expect(fs.readFileSync(target).equals(old)).toBe(true);
    expect(fs.readdirSync(folder)).toEqual(['file']);
  });
  linux('is reported of a device, too', () => {
    expect(() => safetensors.saveFile({ a: torch.zeros([4]) }, '/dev/full')).toThrow(/ENOSPC|No space left/);
  });
});

describe('SIGKILL', () => {
  // The calls that a save makes, one after the other: each run is killed before a later one.
  unix('before any call leaves the old file or the new one', () => {
    const program = (last: number) => `
      const fs = require('node:fs');
      const { writeAtomically, writeAll } = require(${atomic});
      let calls = 0;
      for (const name of ['statSync', 'openSync', 'writeSync', 'fstatSync', 'fsyncSync', 'closeSync', 'renameSync']) {
        const call = fs[name];
        fs[name] = (...args) => {
          if (calls++ === ${last}) process.kill(process.pid, 'SIGKILL');
          return call(...args);
        };
      }
      writeAtomically(process.env.TARGET, (fd) => {
        for (let i = 0; i < 4; i++) writeAll(fd, Buffer.alloc(1000, 'n'));
      });`;
    const [old, whole] = [Buffer.alloc(4000, 'o'), Buffer.alloc(4000, 'n')];
    let seen = '';
    for (let last = 0; ; last++) {
      fs.writeFileSync(target, old);
      const { signal, status } = spawnSync(process.execPath, ['-e', program(last)], settings());
      const now = fs.readFileSync(target);
      seen += now.equals(old) ? 'o' : now.equals(whole) ? 'n' : '?';
      if (signal === null) {
        expect(status).toBe(0);
        break;
      }
    }
    // The last run swept what the killed ones left.
    expect(fs.readdirSync(folder)).toEqual(['file']);
    // stat, realpath's own, open, four writes, owner, fsync, close, rename; then the directory's three.
    expect(seen).toMatch(/^o{9,}n{4,}$/);
  });

  // A child that saves 8 MB of one value again and again, and is killed at a moment of chance.
  const program = `${begin}
    for (let value = 1; ; value++) {
      torch.safetensors.saveFile(full(value), process.env.TARGET);
      if (value === 1) process.stdout.write('ready');
    }`;
  const start = () =>
    spawn(process.execPath, ['-e', program], { ...settings(), stdio: ['ignore', 'pipe', 'inherit'] });
  const ready = (one: ChildProcess) => new Promise((resolve) => one.stdout!.once('data', resolve));
  const closed = (one: ChildProcess) => new Promise((resolve) => one.once('close', resolve));
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  unix(
    'at any time leaves the old tensors or the new ones',
    async () => {
      let cutOff = 0;
      // Until enough were in the middle of a save: how many are is chance.
      for (let round = 0; round < 12 || (round < 100 && cutOff < 4); round++) {
        const one = start();
        await ready(one);
        await pause((round * 7.3) % 40);
        one.kill('SIGKILL');
        await closed(one);
        const { a, b } = Object.fromEntries(safetensors.loadFile(target));
        const value = a.at(0).item();
        expect(value).toBeGreaterThanOrEqual(1);
        expect([a.shape, b.shape]).toEqual([[1 << 20], [1 << 20]]);
        expect(
          a.eq(value).all().item<boolean>() &&
            b
              .eq(value + 0.5)
              .all()
              .item<boolean>(),
        ).toBe(true);
        for (const name of fs.readdirSync(folder)) {
          if (name === 'file') continue;
          cutOff++;
          fs.rmSync(path.join(folder, name));
        }
      }
      expect(cutOff).toBeGreaterThan(3);
    },
    120_000,
  );
});
