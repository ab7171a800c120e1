// The tests on the pretend device, which want a process of their own: see accelerator/jest.config.js.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { message: string }[];
}

const root = path.join(__dirname, '..');
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux(
  'everything that a GPU would run, on a pretend one',
  () => {
    const jest = path.join(root, 'node_modules/jest/bin/jest.js');
    const args = [jest, '-c', 'test/accelerator/jest.config.js', '--json', '--maxWorkers=1', '--ci'];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    const start = stdout.indexOf('{');
    if (start < 0) throw new Error(`jest said nothing that can be read: ${stderr.slice(-4000)}`);
    const report = JSON.parse(stdout.slice(start)) as Report;
    const failures = report.testResults.map(({ message }) => message).filter(Boolean);
    expect(failures).toEqual([]);
    expect(report.numFailedTests).toBe(0);
    expect(report.numPassedTests).toBeGreaterThan(150);
  },
  900_000,
);
