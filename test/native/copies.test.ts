// Copies of the package in one process: a test runner loads one for each test file, in a realm of its own.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundle, childEnvironment } from './support/child';

const root = path.join(__dirname, '..', '..');
const body = `
const torch = require('nodetorch');
test('works', () => expect(torch.ones([2]).add(1).tolist()).toEqual([2, 2]));
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
    const options = ['-i', '--logHeapUsage', '--config', JSON.stringify(config)];
    const child = spawnSync(process.execPath, ['--expose-gc', jest, ...options], {
      encoding: 'utf8',
      env: childEnvironment,
    });
    const used = [...child.stderr.matchAll(/^PASS .*\((?:.*, )?(\d+) MB heap size\)/gm)].map(megabytes);
    expect(used.length).toBe(8);
    // Some 40 MB each; the last one or two are still there when the next begins.
    expect(used[7] - used[0]).toBeLessThan(130);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}, 120_000);

const megabytes = (match: RegExpMatchArray): number => Number(match[1]);
