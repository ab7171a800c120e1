// Where the versions of libtorch are told apart, and which of them are known.
import fs from 'node:fs';
import path from 'node:path';
import { libtorch } from '../../package.json';
import { compareVersions } from '../../scripts/libtorch/pinned';
import wheels from './wheels.json';

const root = path.join(__dirname, '../..');
const read = (...parts: string[]): string => fs.readFileSync(path.join(root, ...parts), 'utf8');
const native = fs.readdirSync(path.join(root, 'native/src'), { recursive: true }) as string[];
const sources = native.filter((name) => /\.(cc|h)$/.test(name));
const header = path.join('compat', 'libtorch.h');

test('one header alone asks for the version of libtorch', () => {
  const asking = sources.filter((name) =>
    /TORCH_VERSION_|\bTORCH_VERSION\b|torch\/version\.h|NODETORCH_LIBTORCH|\brequires\b *[({]/.test(
      read('native/src', name),
    ),
  );
  // The key of at::show_config() is no macro.
  expect(asking.filter((name) => !/"TORCH_VERSION="/.test(read('native/src', name)))).toEqual([header]);
});

test('and nothing in lib/, where two files write it down', () => {
  const all = fs.readdirSync(path.join(root, 'lib'), { recursive: true }) as string[];
  const asking = all.filter(
    (name) => name.endsWith('.ts') && /versions\(\)\.libtorch/.test(read('lib', name)),
  );
  expect(asking.sort()).toEqual([path.join('export', 'assemble.ts'), 'torch.ts']);
});

test('everything in it is used by the file that CI compiles', () => {
  const text = read('native/src', header);
  const named = [
    ...text.matchAll(
      /^(?:using|struct|inline constexpr (?:bool|const char\*)|inline (?!constexpr)\S+|NodePtr) (\w+)(?=\W)/gm,
    ),
    ...text.matchAll(/^template <.*>\n\S+(?: \S+>)? (\w+)\(/gm),
  ];
  const names = named.map(([, name]) => name);
  expect(names).toEqual(
    expect.arrayContaining(['NodePtr', 'WrapOutputs', 'MakeNode', 'ReducerOf', 'MemoryInfoOf']),
  );
  const used = read('test/versions/compat.cc');
  expect(names.filter((name) => name !== 'torch' && !new RegExp(`\\b${name}\\b`).test(used))).toEqual([]);
});

test('the oldest version that is promised is the oldest of those that are tried', () => {
  const known = Object.keys(wheels).sort(compareVersions);
  expect(known[0]).toBe(libtorch.minimum);
  expect(compareVersions(known.at(-1)!, libtorch.version)).toBeGreaterThanOrEqual(0); // the pin may be the newest
  for (const files of Object.values(wheels)) {
    expect(Object.keys(files).some((name) => name.includes('macosx'))).toBe(true);
    for (const sum of Object.values(files)) expect(sum).toMatch(/^[0-9a-f]{64}$/);
  }
});
