// The typings tell the truth: they are what the addon's schemas give, and what exists at run time.
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { native } from '../lib/native';
import { functions, handWritten as namesOfTensor } from '../lib/tensor/operators';
import { Tensor } from '../lib/tensor';
import { libtorch } from '../package.json';

/* eslint-disable @typescript-eslint/no-require-imports */
const { generate } = require('../scripts/generate-typings') as {
  generate(addon: typeof native): Record<string, string>;
};
const { handWritten } = require('../scripts/typings/hand-written') as { handWritten(): Set<string> };
/* eslint-enable @typescript-eslint/no-require-imports */

const typings = path.join(__dirname, '..', 'typings');
const texts = Object.fromEntries(
  ['aten.d.ts', 'private.d.ts'].map((name) => [name, fs.readFileSync(path.join(typings, name), 'utf8')]),
);
const all = Object.values(texts).join('\n');
const namesIn = (text: string) =>
  [...text.matchAll(/^export (?:declare (?:function|const|namespace) (\w+)|\{ \w+ as (\w+) \})/gm)].map(
    ([, name, renamed]) => name ?? renamed,
  );

function membersOf(file: string, name: string): string[] {
  const source = ts.createSourceFile(
    file,
    fs.readFileSync(path.join(typings, file), 'utf8'),
    ts.ScriptTarget.ES2022,
  );
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name);
  const members = (found as ts.InterfaceDeclaration).members.map(
    (member) => (member.name as ts.Identifier).text,
  );
  return [...new Set(members)].sort();
}

// The typings are those of the pinned libtorch; another one that compiles has other schemas.
const pinned = native.versions().libtorch === libtorch.version ? test : test.skip;

pinned.each(Object.keys(texts))('%s is fresh: `npm run typings` would change nothing', (name) => {
  expect(generate(native)[name] === texts[name]).toBe(true);
});

pinned('every operator is a typed function, and nothing else is', () => {
  const typed = new Set(namesIn(all));
  const missing = Object.keys(functions).filter((name) => !typed.has(name));
  expect(missing).toEqual(['recordStream']); // takes a Stream
  expect([...typed].filter((name) => !(name in functions))).toEqual([]);
});

test('names that begin with an underscore are not in the public type', () => {
  expect(namesIn(texts['aten.d.ts']).filter((name) => name.startsWith('_'))).toEqual([]);
  expect(membersOf('aten.d.ts', 'TensorMethods').filter((name) => name.startsWith('_'))).toEqual([]);
  expect(namesIn(texts['private.d.ts']).filter((name) => !name.startsWith('_'))).toEqual([]);
});

test('every typed method is one of Tensor', () => {
  const methods = membersOf('aten.d.ts', 'TensorMethods');
  expect(methods.length).toBeGreaterThan(600);
  expect(methods.filter((name) => !(name in Tensor.prototype))).toEqual([]);
  expect(methods.filter((name) => namesOfTensor.has(name))).toEqual([]);
});

test('the generator leaves out the methods that class Tensor writes by hand', () => {
  const onlyAtRunTime = ['constructor', 'length', 'name', 'prototype'];
  // lib/tensor/python_names.ts
  const refused = [
    'grad_dtype',
    'grad_fn',
    'is_cpu',
    'is_cuda',
    'is_disposed',
    'is_leaf',
    'is_meta',
    'is_sparse',
  ];
  refused.push(
    'is_mkldnn',
    'is_mps',
    'is_nested',
    'is_quantized',
    'is_sparse_csr',
    'is_xpu',
    'requires_grad',
    'retains_grad',
  );
  refused.push('-1', ...'0123456789');
  expect([...handWritten(), ...onlyAtRunTime, ...refused].sort()).toEqual([...namesOfTensor].sort());
});

test('before every function and method: a doc comment of a sentence and its schemas', () => {
  const source = ts.createSourceFile('aten.d.ts', all, ts.ScriptTarget.ES2022);
  const seen = new Set<string>();
  const without = (nodes: readonly (ts.FunctionDeclaration | ts.MethodSignature)[], of: string) =>
    nodes.flatMap((node) => {
      const name = (node.name as ts.Identifier).text;
      if (seen.has(of + name)) return [];
      seen.add(of + name);
      const [range] = ts.getLeadingCommentRanges(all, node.pos)?.slice(-1) ?? [];
      const text = range ? all.slice(range.pos, range.end) : '';
      return /^\/\*\*[\s*]*[`\w][^]*\.[^]*`\w+(\.\w+)?\([^]*\) -> [^]*`/.test(text) ? [] : [of + name];
    });
  const [methods] = source.statements.filter(ts.isInterfaceDeclaration);
  expect(without(source.statements.filter(ts.isFunctionDeclaration), 'torch.')).toEqual([]);
  expect(without(methods.members.filter(ts.isMethodSignature), 'Tensor.')).toEqual([]);
  expect(seen.size).toBeGreaterThan(2000);
});
