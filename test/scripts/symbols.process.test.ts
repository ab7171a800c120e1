// The built addon loads on every Linux on which libtorch does: it asks for no later version of a system function.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { neededVersions } from '../../scripts/pack/elf';

const root = path.join(__dirname, '../..');
const addon = path.join(root, 'build/Release/nodetorch.node');
const linux = process.platform === 'linux' ? test : test.skip;

// What libtorch 2.13 asks for: Debian 10, Ubuntu 20.04, RHEL 8 and later have these.
const newest: Record<string, string> = { GLIBC: '2.28', GLIBCXX: '3.4.22', CXXABI: '1.3.11', GCC: '3.4' };

function isNewer(version: string): boolean {
  const [, family, number] = /^([A-Z]+)_([\d.]+)$/.exec(version) ?? [];
  if (!(family in newest)) return true;
  const [has, may] = [number, newest[family]].map((text) => text.split('.').map(Number));
  const differing = has.findIndex((part, i) => part !== (may[i] ?? 0));
  return differing >= 0 && has[differing] > (may[differing] ?? 0);
}

linux('it asks for no symbol that an old system lacks', () => {
  const all = [...neededVersions(addon).values()].flat();
  expect(all.length).toBeGreaterThan(10);
  expect(all.filter(isNewer)).toEqual([]);
});

(process.arch === 'x64' ? linux : test.skip)('nor does libtorch, whose needs these are', () => {
  const { path: libtorch } = JSON.parse(
    fs.readFileSync(path.join(path.dirname(addon), 'libtorch.json'), 'utf8'),
  ) as { path: string };
  const all = [...neededVersions(path.join(libtorch, 'lib/libtorch_cpu.so')).values()].flat();
  // It brings its own OpenMP.
  expect(all.filter((version) => isNewer(version) && !/^G?OMP_/.test(version))).toEqual([]);
  expect(all).toEqual(expect.arrayContaining(['GLIBC_2.28', 'GLIBCXX_3.4.22']));
});

test.each([
  ['GLIBC_2.29', true],
  ['GLIBC_2.3', false],
  ['GLIBCXX_3.4.30', true],
  ['GLIBCXX_3.4.9', false],
  ['GLIBCXX_3.4', false],
  ['CXXABI_1.3.13', true],
])('%s is newer: %s', (version, newer) => {
  expect(isNewer(version)).toBe(newer);
});

const { stdout } = spawnSync('readelf', ['-V', addon], { encoding: 'utf8' });
(stdout ? test : test.skip)('readelf, where there is one, reads the same', () => {
  const needs = stdout.slice(stdout.indexOf("'.gnu.version_r'"));
  const names = [...needs.matchAll(/Name: ([A-Z]+_[\d.]+)/g)].map(([, name]) => name);
  expect([...neededVersions(addon).values()].flat().sort()).toEqual(names.sort());
});
