// Mutated programs end in values or in an error of ours, never otherwise: in a process of their own.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

test('mutations of programs, and programs made at random, run or are refused', () => {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', require.resolve('tsx/cjs'), path.join(__dirname, 'fuzz/run.ts'), '400', '7'],
    { encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1' } },
  );
  expect({ status, signal, stdout: stdout.slice(-2000), stderr }).toMatchObject({ status: 0, signal: null });
  const counts = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number>;
  for (const [kind, least] of Object.entries({ opened: 30, ran: 30, made: 20, computed: 5 })) {
    expect(counts[kind]).toBeGreaterThan(least);
    expect(counts[kind]).toBeLessThan(300);
  }
}, 120_000);
