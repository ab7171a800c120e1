// The set-up lines of nodetorch/testing under Jest, Vitest and node:test, as they stand in docs/testing.md.
import path from 'node:path';
import { addon, installed, removeAll, run, tool } from './project';

const tests = `
test('equal', () => expect({ y: torch.ones([2]) }).toEqual({ y: torch.ones([2]) }));
test('itself', () => { const t = torch.tensor(1); expect(t).toEqual(t); });
test('different', () => expect(torch.tensor([1, 0.10001])).not.toEqual(torch.tensor([1, 0.1])));
test('snapshot', () => expect(torch.tensor([0.5, 0.1])).toMatchInlineSnapshot(\`tensor([0.5, 0.1])\`));
test('close', () => assertClose(torch.tensor([1]), torch.tensor([1 + 1e-6])));
test('fails', () => expect(torch.zeros([2])).toEqual(torch.ones([2])));
`;

let made: string;
beforeAll(() => {
  made = installed('testing', {
    'jest.config.js':
      "module.exports = { setupFilesAfterEnv: ['nodetorch/testing/jest'], testMatch: ['**/jest.test.js'] };",
    'jest.test.js': `const torch = require('nodetorch'); const { assertClose } = require('nodetorch/testing');${tests}`,
    'vitest.config.mjs':
      "export default { test: { setupFiles: ['nodetorch/testing/vitest'], include: ['vitest.test.mjs'] } };",
    'vitest.test.mjs': `import torch from 'nodetorch'; import { assertClose } from 'nodetorch/testing';
import { expect, test } from 'vitest';${tests}`,
    'node.test.mjs': `import 'nodetorch/testing/assert'; import torch from 'nodetorch';
import { deepEqual } from 'node:assert/strict'; import { test } from 'node:test';
test('equal', () => deepEqual([torch.ones([2])], [torch.ones([2])]));
test('fails', () => deepEqual([torch.zeros([2])], [torch.ones([2])]));`,
  });
});
afterAll(removeAll);

const env = { NODETORCH_ADDON: addon, NO_COLOR: '1', FORCE_COLOR: '0' };

test.each([
  ['jest', ['jest@30'], ['jest/bin/jest.js', '--ci'], /1 failed, 5 passed/],
  ['vitest', ['vitest@4'], ['vitest/vitest.mjs', 'run'], /1 failed \| 5 passed/],
])('%s', (name, packages, [script, ...args], counts) => {
  const tools = tool(name, ...packages);
  if (!tools) return;
  const { code, text } = run([process.execPath, path.join(tools, script), ...args], made, {
    ...env,
    NODE_PATH: tools,
  });
  expect(text).toMatch(counts);
  expect(text).toMatch(/- .*tensor\(\[1\., 1\.\]\)[^]*\+ .*tensor\(\[0\., 0\.\]\)/);
  expect(code).toBe(1);
});

test('node:test', () => {
  const { code, text } = run([process.execPath, '--test', 'node.test.mjs'], made, env);
  expect(text).toMatch(/# pass 1\n# fail 1|pass 1\n. fail 1/);
  expect(text).toMatch(/\+ .*tensor\(\[0\., 0\.\]\)[^]*- .*tensor\(\[1\., 1\.\]\)/);
  expect(code).toBe(1);
});
