// The examples at the cursor run, and give what their comments say and what Python gives.
import torch, { Tensor } from 'nodetorch';
import python from './examples.json';

/* eslint-disable @typescript-eslint/no-require-imports */
const { entries } = require('../../scripts/typings/table') as {
  entries(): { name: string; file: string; text: string; example?: string }[];
};
/* eslint-enable @typescript-eslint/no-require-imports */

const statements = /([^;]+);\s*((?:\/\/[^\n]*\s*)*)/g;

function shown(value: unknown): string {
  if (!(value instanceof Tensor) && Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  return String(value);
}

const bare = (text: string) => text.replace(/\s|\/\//g, '');

/** What the statements of an example give that have a comment behind them, and the comments. */
function run(example: string): { given: string[]; told: string[] } {
  const given: string[] = [];
  const told: string[] = [];
  const lines = [...example.matchAll(statements)].map(([, statement, comment]) => {
    if (!comment) return `${statement};`;
    told.push(comment);
    return `show(${statement.trim()});`;
  });
  const body = new Function('torch', 'show', lines.join('\n')) as (
    library: typeof torch,
    show: (value: unknown) => void,
  ) => void;
  body(torch, (value) => given.push(shown(value)));
  return { given, told };
}

const examples = entries().flatMap(({ name, file, example }) => (example ? [{ name, file, example }] : []));

test.each(examples)('$file: $name', ({ name, example }) => {
  const { given, told } = run(example);
  const expected = (python as Record<string, string[][]>)[name].map(([, text]) => bare(text));
  expect(told.map(bare)).toEqual(expected);
  expect(given.map(bare)).toEqual(expected);
  expect(expected.length).toBeGreaterThan(0);
});

test('the examples that Python ran are these', () => {
  expect(Object.keys(python)).toEqual(examples.map(({ name }) => name));
});
