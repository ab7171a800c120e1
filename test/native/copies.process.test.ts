// Copies of the package in one process: a test runner loads one for each test file, in a realm of its own.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundle, childEnvironment } from './support/child';

const root = path.join(__dirname, '..', '..');
// The files share Node's own modules, so a list there outlives each of them. It and the references are of the first
// realm, because an object keeps its realm alive. The runner itself still holds the last one or two realms.
const body = `
const torch = require('nodetorch');
const fs = require('node:fs');
const { setTimeout } = require('node:timers/promises');
const { runInThisContext } = require('node:vm');
test('works', async () => {
  expect(torch.ones([2]).add(1).tolist()).toEqual([2, 2]);
  const copies = (fs.copiesOfTorch ??= runInThisContext('[]'));
  copies.push(new (runInThisContext('WeakRef'))(torch));
  const alive = () => copies.filter((copy) => copy.deref()).length;
  for (let i = 0; i < 20 && alive() > 3; i++) {
    await setTimeout(10);
    runInThisContext('gc()');
  }
  fs.appendFileSync(process.env.COPIES_ALIVE, alive() + '\\n');
}, 60_000);
`;

test('a test file that is over leaves nothing behind', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-copies-'));
  try {
    for (let i = 0; i < 8; i++) fs.writeFileSync(path.join(folder, `${i}.test.js`), body);
    const config = {
      rootDir: folder,
      transform: {},
      moduleNameMapper: { '^nodetorch$': bundle('lib/index.ts') },
    };
    const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    const counts = path.join(folder, 'alive');
    const child = spawnSync(
      process.execPath,
      ['--expose-gc', jest, '-i', '--config', JSON.stringify(config)],
      {
        encoding: 'utf8',
        env: { ...childEnvironment, COPIES_ALIVE: counts },
      },
    );
    expect(child.stderr).toContain('8 passed');
    const alive = fs.readFileSync(counts, 'utf8').trim().split('\n').map(Number);
    expect(alive).toHaveLength(8);
    expect(Math.max(...alive)).toBeLessThanOrEqual(3);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}, 120_000);
