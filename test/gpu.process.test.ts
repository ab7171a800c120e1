// `npm run gpu:check`, rehearsed in its short form on the pretend device: every step, where Python's torch is here.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheRoot, version } from '../scripts/libtorch/pinned';

interface Report {
  isWell: boolean;
  steps: { name: string; isOk: boolean; tail: string }[];
  rows: { row: string; result: string }[];
  programs: { row: string; result: string; error?: string }[];
  bench: { name: string; ratio: number }[];
}

const root = path.join(__dirname, '..');
const python =
  process.env.NODETORCH_PARITY_PYTHON ?? path.join(cacheRoot(), `parity-${version}`, 'bin', 'python');
const canRun =
  process.platform === 'linux' && fs.existsSync(python) && fs.existsSync(path.join(root, 'dist'));

(canRun ? test : test.skip)(
  'a rehearsal in short',
  () => {
    const out = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-check-'));
    const args = ['test/gpu/check.js', '--device', 'pretend', '--short', '--out', out, '--python', python];
    const { stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    const report = JSON.parse(fs.readFileSync(path.join(out, 'report.json'), 'utf8')) as Report;
    expect(report.steps.filter(({ isOk }) => !isOk)).toEqual([]);
    expect(report.programs.map(({ row, result }) => [row, result]).sort()).toEqual([
      ['program autocast', 'equal'],
      ['program mlp', 'equal'],
    ]);
    expect(report.rows.filter(({ result }) => result === 'equal').length).toBeGreaterThan(12);
    expect(report.bench.map(({ name }) => name)).toEqual(['add scalar', 'MLP, batch 8']);
    expect(report.bench.every(({ ratio }) => ratio > 0)).toBe(true);
    expect([report.isWell, stderr]).toEqual([true, expect.stringContaining('all well')]);
    expect(fs.readFileSync(path.join(out, 'report.md'), 'utf8')).toMatch(
      /^# gpu:check on pretend: all well\n/,
    );
    fs.rmSync(out, { recursive: true });
  },
  500_000,
);
