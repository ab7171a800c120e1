// What is no file: opening some of it waits for ever, and a loop of indexes would end the stack.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import torch from 'nodetorch';
import { loadFile, loadSharded, safeOpen } from 'nodetorch/safetensors';
import { describe as inspect } from '../../lib/cli/describe';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-regular-'));
const at = (name: string) => path.join(folder, name);
const index = (shard: string) => JSON.stringify({ weight_map: { x: shard } });
const posix = process.platform === 'win32' ? test.skip : test;

let server: net.Server | undefined;
beforeAll(async () => {
  fs.mkdirSync(at('folder'));
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [at('fifo')]);
  server = net.createServer();
  await new Promise<void>((resolve) => server!.listen(at('socket'), resolve));
});
afterAll(() => {
  server?.close();
  fs.rmSync(folder, { recursive: true });
});

const readers: [string, (file: string) => unknown][] = [
  ['torch.load', (file) => torch.load(file)],
  ['torch.export.load', (file) => torch.export.load(file)],
  ['safetensors.loadFile', (file) => loadFile(file)],
  ['safetensors.safeOpen', (file) => safeOpen(file)],
  ['inspect', inspect],
];

posix.each(readers)('%s says that a FIFO, a socket, a device is none', (_, read) => {
  expect(() => read(at('fifo'))).toThrow("fifo' is not a file, but a FIFO");
  expect(() => read(at('socket'))).toThrow("socket' is not a file, but a socket");
  expect(() => read('/dev/zero')).toThrow("'/dev/zero' is not a file, but a device");
});

posix.each([
  ['fifo', "fifo' is not a file, but a FIFO"],
  ['socket', "socket' is not a file, but a socket"],
  ['folder', "folder' is not a file, but a folder"],
])('a %s as a shard', (shard, message) => {
  fs.writeFileSync(at('model.safetensors.index.json'), index(shard));
  expect(() => loadSharded(at('model.safetensors.index.json'))).toThrow(message);
  expect(() => inspect(at('model.safetensors.index.json'))).toThrow(message);
});

test('an index whose shard is itself, or a file that is an index', () => {
  const own = at('own.index.json');
  fs.writeFileSync(own, index('own.index.json'));
  fs.writeFileSync(at('other.json'), index('other.json'));
  fs.writeFileSync(at('two.index.json'), index('other.json'));
  for (const read of [loadSharded, inspect]) {
    expect(() => read(own)).toThrow("weight_map['x'] names an index, not a file");
    expect(() => read(at('two.index.json'))).toThrow(/other\.json|the file is text/);
  }
});
