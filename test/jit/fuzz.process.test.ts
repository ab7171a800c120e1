// Mutated archives end in modules or in errors of ours, never otherwise: in a process of their own.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import torch from 'nodetorch';
import { classAndMessage } from '../errors';

test('mutations of TorchScript archives are read or refused', () => {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--no-warnings',
      '--require',
      require.resolve('tsx/cjs'),
      path.join(__dirname, 'fuzz/run.ts'),
      '200',
      '7',
    ],
    { encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1' } },
  );
  expect({ status, signal, stdout: stdout.slice(-2000), stderr }).toMatchObject({ status: 0, signal: null });
  const counts = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number>;
  for (const [kind, least] of Object.entries({ loaded: 15, refused: 50, byLibtorch: 8 }))
    expect(counts[kind]).toBeGreaterThan(least);
}, 120_000);

test.each([
  ['brackets', `def f(x):\n  return ${'('.repeat(1000)}x${')'.repeat(1000)}\n`],
  ['signs', `def f(x):\n  return ${'-'.repeat(100_000)}x\n`],
  ['words', `def f(x: bool):\n  return ${'not '.repeat(100_000)}x\n`],
  ['lines', `def f(x):\n${Array.from({ length: 300 }, (_, i) => `${' '.repeat(i + 1)}if True:\n`).join('')}`],
  ['continued lines', `def f(x):\n  return ${'- \\\n'.repeat(100_000)}x\n`],
])('source whose %s would end the stack of libtorch’s parser is refused', (_, source) => {
  expect(classAndMessage(() => new torch.jit.CompilationUnit(source))).toContain('nested too deep');
});

test('long source is none that is deep', () => {
  const table = Array.from({ length: 3000 }, (_, i) => `-${i}.5e-3`).join(', ');
  const lines = Array.from({ length: 500 }, (_, i) => `  x = x + ${i}.0 - ${i}.0`).join('\n');
  const unit = torch.jit.compile(`def f(x):\n${lines}\n  t = [${table}]\n  return x + t[1]\n`);
  const f = unit.f as (x: torch.Tensor) => torch.Tensor;
  expect(f(torch.ones([1])).item()).toBeCloseTo(1 - 1.5e-3, 3);
}, 60_000);
