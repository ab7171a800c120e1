// Every exported module has rows in a family, and every family a test: families/.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nn } from 'nodetorch';
import { covered, names } from './cases';

interface Api {
  /** The family of each of Python's modules. */
  families: Record<string, string>;
}
const api = JSON.parse(readFileSync(join(__dirname, '../fixtures/api.json'), 'utf8')) as Api;

const isModule = (value: unknown): boolean =>
  value === nn.Module || (value as { prototype?: unknown }).prototype instanceof nn.Module;

test('every exported module has a row', () => {
  const rows = covered('modules');
  const exported = Object.entries(nn).filter(([, value]) => typeof value === 'function' && isModule(value));
  const missing = exported.map(([name]) => name).filter((name) => !rows.has(name));
  expect(missing.map((name) => `${name} in ${api.families[name]}`)).toEqual([]);
});

test('every family has a test', () => {
  const files = readdirSync(join(__dirname, 'families')).filter((file) => file.endsWith('.test.ts'));
  const tests = files.map((file) => file.replace('.test.ts', ''));
  expect(tests.sort()).toEqual([...names].sort());
});
