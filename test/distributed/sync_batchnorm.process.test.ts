// Batch normalization over ranks gives what one process gives that has all rows: so the numbers are PyTorch's.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundle, childEnvironment } from '../native/support/child';
import { PARTS, type Results, rows, train } from './sync_batchnorm';

const WORLD = PARTS[0].length;

interface Said {
  results: Record<string, Results>;
  error: string;
}

async function startRank(rank: number, init: string): Promise<Said> {
  const env = {
    ...childEnvironment,
    OMP_NUM_THREADS: '1',
    RANK: String(rank),
    WORLD_SIZE: String(WORLD),
    INIT: init,
  };
  const child = spawn(process.execPath, [bundle('test/distributed/sync_child.ts')], { env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (more) => (out += String(more)));
  child.stderr.on('data', (more) => (err += String(more)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`rank ${rank} ended with ${String(code)}: ${err}`);
  return JSON.parse(out) as Said;
}

let said: Said[];
beforeAll(async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-sync-'));
  bundle('test/distributed/sync_child.ts');
  try {
    const ranks = Array.from({ length: WORLD }, (_, rank) => rank);
    said = await Promise.all(ranks.map((rank) => startRank(rank, `file://${path.join(folder, 'store')}`)));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}, 120_000);

// Sums are in another order: of ranks, and of one process. In float64 that is all.
function expectNear(found: number[], expected: number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of found.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(1e-12);
}

test.each(Object.keys(rows))('%s', (name) => {
  const same = (module: unknown) => module as never;
  const whole = train(name, same, same, (sizes) => [0, sizes.reduce((sum, size) => sum + size)]);
  const ranks = said.map(({ results }) => results[name]);
  for (const [key, expected] of Object.entries(whole)) {
    if (/^outputs|of inputs/.test(key)) {
      expectNear(
        ranks.flatMap((results) => results[key]),
        expected,
      );
    } else if (key.startsWith('gradient of')) {
      // DistributedDataParallel gives their mean over the ranks.
      for (const results of ranks)
        expectNear(
          results[key],
          expected.map((value) => value / WORLD),
        );
    } else {
      for (const results of ranks) expectNear(results[key], expected);
    }
  }
});

test('one value for a channel, counted over all ranks, is refused by each', () => {
  for (const { error } of said)
    expect(error).toBe('Expected more than 1 value per channel when training, counted over all ranks');
});
