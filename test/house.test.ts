// The law of the floors: what a room of lib/ may import. docs/architecture.md has the picture.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const lib = join(__dirname, '../lib');
const names = readdirSync(lib, { recursive: true }).map((name) => String(name).replaceAll('\\', '/'));
const files = names.filter((name) => /\.ts$|\.js$/.test(name) && !name.endsWith('.d.ts'));
const roomOf = (file: string): string => (file.includes('/') ? file.split('/', 1)[0] : file);

/** The file of lib/ that `specifier` in `from` stands for; null for a package. */
function target(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  const base = relative(lib, resolve(lib, dirname(from), specifier)).replaceAll('\\', '/');
  const found = [base, `${base}.ts`, `${base}.js`, `${base}/index.ts`].filter((one) => files.includes(one));
  return found.find((one) => statSync(join(lib, one)).isFile()) ?? null;
}

// `import type`, and braces with types alone, are gone when the program runs: eslint sees to it that types say so.
const isOfTypes = (clause: string): boolean =>
  clause.startsWith('type ') || /^\{(\s*type\s+[^,}]+,?)+\s*\}$/.test(clause);

/** What a file imports when it runs. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(lib, file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s+([^;'"]*?)\s*\bfrom\s+'([^']+)';/gm);
  const imported = [...statements].flatMap(([, clause, from]) => (isOfTypes(clause) ? [] : from));
  const required = [...text.matchAll(/^(?:const .* = require\(|import )'([^']+)'/gm)].map(([, from]) => from);
  return [...imported, ...required].flatMap((specifier) => target(file, specifier) ?? []);
}

const graph = new Map(files.map((file) => [file, importsOf(file)]));

function crossing(rooms: readonly string[], isForbidden: (to: string) => boolean): string[] {
  const from = files.filter((file) => rooms.includes(roomOf(file)));
  return from.flatMap((file) =>
    graph
      .get(file)!
      .filter(isForbidden)
      .map((to) => `lib/${file} imports lib/${to}`),
  );
}

const advice =
  'Move what both need to the lower room, or pass it as an argument; types alone: `import type`.';
const expectNone = (found: string[]): void => expect(found.map((one) => `${one}. ${advice}`)).toEqual([]);

test('there are files, and their imports are seen', () => {
  expect(graph.get('nn/layers/linear.ts')).toContain('functional/index.ts');
  expect(graph.get('tensor/index.ts')).toContain('native/dispatch.ts');
  expect(graph.get('tensor/aten.js')).toEqual(['tensor/operators.ts']);
  expect(graph.get('native/tensor_base.ts')).toEqual([
    'core/conversions.ts',
    'core/errors.ts',
    'native/handle.ts',
  ]);
});

test('core imports no other room: it works without the addon', () => {
  expectNone(crossing(['core'], (to) => roomOf(to) !== 'core'));
});

test('native, the border, imports core alone', () => {
  expectNone(crossing(['native'], (to) => !['core', 'native'].includes(roomOf(to))));
});

test('eslint imports core alone: it works without the addon', () => {
  expectNone(crossing(['eslint'], (to) => !['core', 'eslint'].includes(roomOf(to))));
});

test('nothing below nn imports it', () => {
  expectNone(
    crossing(['core', 'native', 'tensor', 'autograd', 'functional', 'amp'], (to) => roomOf(to) === 'nn'),
  );
});

test('nothing imports the face', () => {
  const rooms = [...new Set(files.map(roomOf))].filter((room) => !['index.ts', 'torch.ts'].includes(room));
  expectNone(crossing(rooms, (to) => to === 'index.ts' || to === 'torch.ts'));
});

test('no circle at run time', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) return void circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expectNone(circles);
});

test('a test that starts processes says so in its name', () => {
  const elsewhere = /^(accelerator|cuda|install|package)\//;
  const tests = readdirSync(__dirname, { recursive: true })
    .map((name) => String(name).replaceAll('\\', '/'))
    .filter((name) => /\.test\.ts$/.test(name) && !elsewhere.test(name));
  const starts = (name: string): boolean =>
    /from '(node:child_process|.*\/(child|rank_process))'/.test(readFileSync(join(__dirname, name), 'utf8'));
  expect(tests.filter(starts).filter((name) => !name.endsWith('.process.test.ts'))).toEqual([]);
  expect(tests.filter(starts).length).toBeGreaterThan(30);
});
