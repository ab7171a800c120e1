/** The examples of docs/eslint.md: what is found, and by which rule. */
import fs from 'node:fs';
import path from 'node:path';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import plugin from '../../../lib/eslint';

const page = fs.readFileSync(path.join(__dirname, '../../../docs/eslint.md'), 'utf8');
const sections = page.split(/^## /m).slice(1);
const folder = path.join(__dirname, '../program');
const head = `import torch, { nn, optim, type Tensor } from 'nodetorch';
declare const x: Tensor, y: Tensor, mask: Tensor, loss: Tensor;
`;

const linter = new Linter();
const config = {
  ...plugin.configs.recommended,
  languageOptions: {
    parser: tseslint.parser as Linter.Parser,
    parserOptions: { projectService: true, tsconfigRootDir: folder },
  },
};

/** Of each message its rule, and the line of the example. */
function found(code: string): [string, number][] {
  const messages = linter.verify(head + code, [config], path.join(folder, 'code.ts'));
  return messages.map(({ ruleId, message, line }) => [ruleId ?? message, line - head.split('\n').length + 1]);
}

const examples = sections.flatMap((section) =>
  [...section.matchAll(/^```ts\n\/\/ (Found|Instead|Allowed):\n([^]*?)^```$/gm)].map(
    ([, label, code]) => [section.split('\n')[0], label, code] as const,
  ),
);

test('each rule has both', () => {
  const labels = Object.keys(plugin.rules!).map((rule) =>
    examples.filter(([name]) => name === rule).map(([, label]) => label),
  );
  // nodetorch has no asynchronous form yet that could be shown.
  const expected = Object.keys(plugin.rules!).map((rule) =>
    rule === 'no-floating-async' ? [] : expect.arrayContaining(['Found', 'Instead']),
  );
  expect(labels).toEqual(expected);
});

test.each(examples)('%s: %s', (rule, label, code) => {
  const messages = found(code);
  if (label !== 'Found') return expect(messages).toEqual([]);
  expect(new Set(messages.map(([name]) => name))).toEqual(new Set([`nodetorch/${rule}`]));
});

test('every line with an operator, a condition or a name of the lists is found', () => {
  const lines = (rule: string): number[] => {
    const [, , code] = examples.find(([name, label]) => name === rule && label === 'Found')!;
    return [...new Set(found(code).map(([, line]) => line))];
  };
  expect(lines('no-tensor-operators')).toEqual([1, 2, 3, 4, 6]);
  expect(lines('no-tensor-truthiness')).toEqual([1, 2, 3]);
  expect(lines('no-plain-module-array')).toEqual([2, 3]);
  expect(lines('no-snake-case')).toEqual([1, 3, 5]);
});
