// Mutated .pt files end in a value or in an error, never otherwise: in a process of their own.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

it('20,000 mutations of files of Python, 2,500 of programs, are loaded or refused', () => {
  const script = path.join(__dirname, 'pt_fuzz.ts');
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', require.resolve('tsx/cjs'), script, '20000', '4'],
    { encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1' } },
  );
  expect({ status, signal, stdout: stdout.slice(-2000), stderr }).toMatchObject({ status: 0, signal: null });
  const { loaded, refused, opened, rss } = JSON.parse(stdout.trim().split('\n').pop()!) as Record<
    string,
    number
  >;
  expect(loaded + refused).toBe(20_000);
  expect(loaded).toBeGreaterThan(1_000);
  expect(refused).toBeGreaterThan(10_000);
  expect(opened).toBeGreaterThan(200);
  expect(opened).toBeLessThan(2_300);
  expect(rss).toBeLessThan(2 ** 30);
}, 300_000);
