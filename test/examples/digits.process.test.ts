/** `npm run example:digits`, as a user runs it. Its losses are compared with Python's in test/parity. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as torch from 'nodetorch';

const root = path.join(__dirname, '..', '..');
const out = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-digits-'));
afterAll(() => fs.rmSync(out, { recursive: true }));

// By examples/digits.py with torch 2.13.0, seed 42; the last digits depend on the processor.
const losses = [1.101797, 0.239729, 0.128633];

test('the digits are learned, saved and loaded', () => {
  const args = [require.resolve('tsx/cli'), 'examples/digits.ts', '--out', out];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, expect.stringMatching(/^trained in [\d.]+ s\n$/)]);

  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toBe('1437 digits to learn from, 360 held out');
  const epochs = lines
    .slice(1, 13)
    .map((line) => /^epoch +(\d+) {2}loss (\d\.\d{16}) {2}accuracy ([\d.]+) %$/.exec(line)!);
  expect(epochs.map(([, epoch]) => Number(epoch))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  epochs.slice(0, losses.length).forEach(([, , loss], i) => expect(Number(loss)).toBeCloseTo(losses[i], 2));
  expect(Number(epochs[11][3])).toBeGreaterThanOrEqual(97);
  expect(lines[13]).toMatch(/^saved .*digits\.safetensors$/);
  expect(lines[14]).toBe(`loaded into a fresh model: accuracy ${epochs[11][3]} %`);

  const saved = torch.safetensors.loadFile(path.join(out, 'digits.safetensors'));
  expect([...saved.keys()].sort()).toEqual(
    [
      ...['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'].map(
        (name) => `bn1.${name}`,
      ),
      ...['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'].map(
        (name) => `bn2.${name}`,
      ),
      ...['conv1', 'conv2', 'fc'].flatMap((name) => [`${name}.weight`, `${name}.bias`]),
    ].sort(),
  );
  expect(saved.get('bn1.num_batches_tracked')!.item()).toBe(12 * 23);
});
