// tfjs-core's own conformance suite, which its package carries. Of the specs that run for a backend that
// is not called `cpu`, five are pending in the suite itself.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

it('passes every spec, and leaves no tensor behind', () => {
  const runner = path.join(__dirname, 'support', 'conformance.js');
  const output = execFileSync(process.execPath, ['-r', require.resolve('tsx/cjs'), runner], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const result = JSON.parse(output.trimEnd().split('\n').at(-1)!) as object;
  expect(result).toEqual({
    counts: { passed: 4225, failed: 0, pending: 5, excluded: 0 },
    leaks: [],
    failed: [],
  });
}, 180_000);
