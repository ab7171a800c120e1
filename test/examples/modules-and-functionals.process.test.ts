/** What examples/modules-and-functionals.ts prints is what PyTorch prints: modules_and_functionals.py. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '..', '..');

test('modules and functionals: shapes, values and printed modules', () => {
  const args = [require.resolve('tsx/cli'), 'examples/modules-and-functionals.ts'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toBe(fs.readFileSync(path.join(__dirname, 'modules_and_functionals.txt'), 'utf8'));
  expect(stdout).toMatch(/nn\.Linear +\[1, 2\]\nF\.linear +\[1, 2\]/);
  expect(stdout).toMatch(/nn\.Conv2d +\[1, 16, 30, 30\]\nF\.conv2d +\[1, 16, 30, 30\]/);
});
