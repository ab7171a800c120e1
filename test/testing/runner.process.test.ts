// Jest with and without `nodetorch/testing/jest`, as a program of its own: what it reports, also from workers.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundle, childEnvironment } from '../native/support/child';

const whole = JSON.stringify(bundle('test/testing/support/package.ts'));

const program = `
const torch = require('nodetorch');
const { assertClose } = require('nodetorch/testing');
const t = torch.tensor(1);
test('itself', () => expect({ t }).toEqual({ t }));
test('equal', () => expect([torch.ones([2])]).toEqual([torch.ones([2])]));
test('different', () => expect({ y: torch.zeros([2]) }).toEqual({ y: torch.ones([2]) }));
test('nearly', () => expect(torch.tensor([1, 0.10001])).toStrictEqual(torch.tensor([1, 0.1])));
test('object', () => expect(torch.tensor(1)).toBe(torch.tensor(1)));
test('close', () => assertClose(torch.zeros([2]), torch.ones([2])));
test('snapshot', () => expect({ w: torch.tensor([0.5, 0.1]) }).toMatchSnapshot());
`;

interface Result {
  testResults: { assertionResults: { title: string; status: string; failureMessages: string[] }[] }[];
}

/** The messages of each test of two files, which run in two workers; '' for one that passes. And the snapshots. */
function runJest(setup: string[]): { messages: Record<string, string>[]; snapshot: string } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-jest-'));
  try {
    const config = {
      testEnvironment: 'node',
      transform: {},
      moduleNameMapper: {
        '^nodetorch$': '<rootDir>/nodetorch.js',
        '^nodetorch/testing$': '<rootDir>/testing.js',
      },
      setupFilesAfterEnv: setup,
    };
    fs.writeFileSync(path.join(folder, 'jest.config.json'), JSON.stringify(config));
    for (const file of ['a.test.js', 'b.test.js']) fs.writeFileSync(path.join(folder, file), program);
    for (const part of ['nodetorch', 'testing', 'jest']) {
      fs.writeFileSync(
        path.join(folder, `${part}.js`),
        `module.exports = require(${whole}).parts.${part}();`,
      );
    }
    const jest = require.resolve('jest/bin/jest');
    const { stdout, stderr } = spawnSync(process.execPath, [jest, '--json', '--ci=false', '--workers=2'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...childEnvironment, FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    if (!stdout.startsWith('{')) throw new Error(stderr);
    const { testResults } = JSON.parse(stdout) as Result;
    return {
      messages: testResults.map(({ assertionResults }) =>
        Object.fromEntries(assertionResults.map((one) => [one.title, one.failureMessages.join('\n')])),
      ),
      snapshot: fs.readFileSync(path.join(folder, '__snapshots__/a.test.js.snap'), 'utf8'),
    };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const passes = '';
const difference = (expected: string, received: string) =>
  expect.stringMatching(new RegExp(`- .*${expected}[^]*\\+ .*${received}`)) as string;

test('with the set-up, tensors are equal by value and shown with all digits', () => {
  const { messages, snapshot } = runJest(['<rootDir>/jest.js']);
  expect(messages).toHaveLength(2);
  for (const each of messages) {
    expect(each).toEqual({
      itself: passes,
      equal: passes,
      different: difference('tensor\\(\\[1\\., 1\\.\\]\\)', 'tensor\\(\\[0\\., 0\\.\\]\\)'),
      nearly: difference('tensor\\(\\[1\\., 0\\.1\\]\\)', 'tensor\\(\\[1\\., 0\\.10001\\]\\)'),
      object: expect.stringContaining('Expected: "tensor(1.)"') as string,
      close: expect.stringMatching(
        /^TorchError: Tensor-likes are not close!\n\n[^]*\n *at (Object\.<anonymous> )?\(?.*\.test\.js:10/,
      ) as string,
      snapshot: passes,
    });
  }
  expect(snapshot).toContain('\n  "w": tensor([0.5, 0.1]),\n');
});

test('without it, a tensor is equal to itself alone, and nothing fails otherwise than it should', () => {
  const { messages, snapshot } = runJest([]);
  for (const each of messages) {
    expect(each).toEqual({
      itself: passes,
      equal: expect.stringContaining('serializes to the same string') as string,
      different: difference('tensor\\(\\[1\\., 1\\.\\]\\)', 'tensor\\(\\[0\\., 0\\.\\]\\)'),
      nearly: expect.stringContaining('toStrictEqual') as string,
      object: expect.stringContaining('Expected: "tensor(1.)"') as string,
      close: expect.stringContaining('Tensor-likes are not close!') as string,
      snapshot: passes,
    });
  }
  expect(snapshot).toContain('\n  "w": "tensor([0.5000, 0.1000])",\n');
});
