// `npx nodetorch`: what it refuses, what it looks for before it fetches, and the cache of built addons.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { version } from '../../package.json';
import { installed, pinned } from './fixture';

const root = path.join(__dirname, '../..');
const posix = process.platform === 'win32' ? test.skip : test;

// The package as installed: what a checkout has and the tarball has not is left out.
let folder: string;
let bin: string;
let libtorch: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-setup-'));
  bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  for (const name of ['scripts', 'native', 'package.json', 'CMakeLists.txt']) {
    fs.cpSync(path.join(root, name), path.join(folder, 'package', name), { recursive: true });
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'package/node_modules'), 'junction');
  libtorch = installed(path.join(folder, `cache/nodetorch/libtorch-${pinned}-cpu`));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const addons = () => path.join(folder, 'cache/nodetorch/addons');
const release = () => path.join(folder, 'package/build/Release');

/** A program on the PATH, which has no other. */
function program(name: string, shell: string): void {
  fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${shell}\n`, { mode: 0o755 });
}

function node(args: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    cwd: folder,
    // No proxy listens at port 9: nothing is fetched.
    env: {
      PATH: bin,
      HOME: folder,
      XDG_CACHE_HOME: path.join(folder, 'cache'),
      HTTPS_PROXY: 'http://127.0.0.1:9',
      ...env,
    },
  });
  return { status, out: stdout, err: stderr };
}
const setup = (args: string[], env?: Record<string, string>) =>
  node([path.join(folder, 'package/scripts/setup.js'), ...args], env);

/** Puts an addon into the cache as a build would, and returns its folder there. */
function kept(contents = 'an addon'): string {
  const file = path.join(folder, 'built.node');
  fs.writeFileSync(file, contents);
  const script = `
    const { folderFor, keep, prepare } = require('./package/scripts/keep-addon');
    const { hashSources } = require('./package/scripts/libtorch/addons');
    const libtorch = { path: ${JSON.stringify(libtorch)}, version: '${pinned}+cpu', variant: 'cpu' };
    const folder = folderFor(hashSources('./package'), libtorch);
    prepare();
    keep('built.node', folder, libtorch);
    console.log(folder);`;
  const { out, err } = node(['-e', script]);
  expect(err).toBe('');
  return out.trim();
}

test.each([['--version'], ['-v']])('%s prints the version and does nothing', (flag) => {
  expect(setup([flag])).toEqual({ status: 0, out: `${version}\n`, err: '' });
});

test.each([
  [['--nope'], "Unknown option '--nope'"],
  [['-x'], "Unknown option '-x'"],
  [['build', '--nope'], "Unknown option '--nope'"],
  [['nope'], "there is no command 'nope'"],
  [['build', 'more'], "one argument too many: 'more'"],
  [['--variant'], '--variant'],
  [['--variant', 'cu999'], "--variant is one of cpu, cu126, cu130, not 'cu999'"],
  [['--version=1'], '--version'],
])('%j is refused', (args, message) => {
  const { status, out, err } = setup(args);
  expect({ status, out }).toEqual({ status: 2, out: '' });
  expect(err).toContain(message);
  expect(err).toMatch(/Usage: npx nodetorch|see npx nodetorch --help/);
  expect(fs.existsSync(release())).toBe(false);
});

describe('the compiler and CMake', () => {
  posix('are looked for before anything is fetched', () => {
    fs.rmSync(path.join(folder, 'cache'), { recursive: true });
    const { status, err } = setup([]);
    expect(status).toBe(1);
    expect(err).toContain('CMake 3.25 or later: cmake is not in the PATH');
    expect(err).toContain('c++: not found, g++: not found, clang++: not found');
    expect(err).toContain('Ninja or make: neither is in the PATH');
    expect(err).toContain('To get it: ');
    expect(err).not.toMatch(/fetching|pip download/);
    expect(fs.existsSync(path.join(folder, 'cache'))).toBe(false);
  });

  posix.each([
    ['cmake', 'echo cmake version 3.22.1', 'cmake is version 3.22.1'],
    ['c++', 'echo "#define __GNUC__ 9"', 'c++ is GCC 9'],
    ['c++', 'echo "#define __GNUC__ 4"; echo "#define __clang_major__ 13"', 'c++ is Clang 13'],
    ['c++', 'echo "fatal error: concepts: No such file" >&2; exit 1', 'c++: fatal error: concepts'],
  ])('an old or broken %s is told', (name, shell, message) => {
    program(name, shell);
    expect(setup([]).err).toContain(message);
  });

  posix('what is there is not complained of', () => {
    program('cmake', 'echo cmake version 3.31.0');
    program('c++', 'echo "#define __GNUC__ 13"');
    program('ninja', 'echo 1.12.0');
    const script =
      "console.log(require('./package/scripts/toolchain').toolchain().map((one) => one.found ?? one))";
    const { out } = node(['-e', script]);
    for (const found of ['CMake 3.31.0', 'GCC 13 (c++)', 'Ninja 1.12.0', 'node-addon-api'])
      expect(out).toContain(found);
    expect(out).not.toContain('problem');
  });
});

describe('an addon that was built before', () => {
  test('is taken, without a compiler', () => {
    kept();
    const { status, err } = setup([]);
    expect(err).toContain('the addon is there, built before');
    expect(status).toBe(0);
    expect(fs.readFileSync(path.join(release(), 'nodetorch.node'), 'utf8')).toBe('an addon');
    const note = JSON.parse(fs.readFileSync(path.join(release(), 'libtorch.json'), 'utf8')) as object;
    expect(note).toEqual({ path: libtorch, version: `${pinned}+cpu`, variant: 'cpu' });
    expect(setup(['build']).status).toBe(0);
  });

  posix.each<[string, (made: string) => void, string]>([
    [
      'is damaged',
      (made) => fs.appendFileSync(path.join(made, 'nodetorch.node'), '!'),
      'it is damaged: its sha256 is',
    ],
    [
      'can be written by the group',
      (made) => fs.chmodSync(path.join(made, 'nodetorch.node'), 0o660),
      'can be written by others',
    ],
    [
      'has a note that others can write',
      (made) => fs.chmodSync(path.join(made, 'libtorch.json'), 0o606),
      'can be written by others',
    ],
    ['lies in a folder of everybody', (made) => fs.chmodSync(made, 0o777), 'can be written by others'],
    ['lies in a cache of everybody', () => fs.chmodSync(addons(), 0o777), 'can be written by others'],
    [
      'is a link',
      (made) => {
        const file = path.join(made, 'nodetorch.node');
        fs.renameSync(file, path.join(folder, 'elsewhere.node'));
        fs.symlinkSync(path.join(folder, 'elsewhere.node'), file);
      },
      'is a link',
    ],
    ['has no note', (made) => fs.rmSync(path.join(made, 'libtorch.json')), 'libtorch.json'],
  ])('and %s is not taken', (_what, spoil, message) => {
    spoil(kept());
    const { status, err } = setup([]);
    expect(status).toBe(1);
    expect(err).toContain('not from the cache: ');
    expect(err).toContain(message);
    expect(fs.existsSync(release())).toBe(false);
    // Nor at run time.
    const script = `
      const { findBuilt, hashSources } = require('./package/scripts/libtorch/addons');
      console.log(JSON.stringify(findBuilt(hashSources('./package'))));`;
    const [found] = JSON.parse(node(['-e', script]).out) as { problem?: string }[];
    expect(found.problem).toContain(message);
  });

  posix('of another user is not taken', () => {
    if (process.getuid?.() !== 0) return; // only root can give a file away
    fs.chownSync(path.join(kept(), 'nodetorch.node'), 65534, 65534);
    expect(setup([]).err).toContain('belongs to another user');
  });

  test('belongs to its sources, its libtorch and its compiler', () => {
    kept();
    const asked = (env?: Record<string, string>) => setup([], env).err.includes('built before');
    expect(asked()).toBe(true);
    expect(asked({ CXXFLAGS: '-march=native' })).toBe(false);
    expect(asked({ LIBTORCH: installed(path.join(folder, 'mine')) })).toBe(false);
    fs.appendFileSync(path.join(folder, 'package/native/src/addon.cc'), '\n');
    expect(asked()).toBe(false);
  });
});

// A CMake that does what the build needs of it, and says what it was asked.
function fakeTools(): void {
  for (const name of ['dirname', 'mkdir', 'cat']) fs.symlinkSync(`/bin/${name}`, path.join(bin, name));
  for (const name of ['c++', 'g++']) program(name, 'echo "#define __GNUC__ 13"');
  program('ninja', 'echo 1.12.0');
  program(
    'cmake',
    `case "$1" in
      --version) echo cmake version 3.31.0;;
      -E) echo '{"generators":[{"name":"Ninja"}]}';;
      --build) mkdir -p Release "$2/Release"; echo "a new addon" > "$2/Release/nodetorch.node"; echo huge > "$2/cmake_pch.hxx.gch";;
      *) echo "configured $*" >&2;;
    esac`,
  );
}

posix('a build leaves the addon and its note, in the cache and in the package', () => {
  fakeTools();
  const { status, err } = setup([]);
  expect(err).toContain(`building for libtorch ${pinned}`);
  if (status !== 0) throw new Error(err);
  const [name, ...more] = fs.readdirSync(addons());
  expect(more).toEqual([]);
  for (const made of [path.join(addons(), name), release()]) {
    expect(fs.readdirSync(made).sort()).toEqual(['libtorch.json', 'nodetorch.node']);
  }
  expect(fs.readdirSync(path.join(folder, 'package/build'))).toEqual(['Release']);
  expect(fs.statSync(addons()).mode & 0o777).toBe(0o700);
  expect(setup([]).err).toContain('built before');
  expect(setup(['--force']).err).toContain('building for');
});

posix('a checkout that was moved is configured afresh', () => {
  fakeTools();
  const made = path.join(folder, 'package');
  fs.writeFileSync(path.join(made, 'tsconfig.build.json'), '{}'); // a checkout
  const cache = path.join(made, 'build/CMakeCache.txt');
  fs.mkdirSync(path.dirname(cache), { recursive: true });
  const configured = (source: string, build: string) =>
    fs.writeFileSync(
      cache,
      `CMAKE_CACHEFILE_DIR:INTERNAL=${build}\nCMAKE_HOME_DIRECTORY:INTERNAL=${source}\n`,
    );

  configured(made, path.dirname(cache));
  expect(setup([])).toMatchObject({ status: 0, err: expect.not.stringContaining('have moved') });
  expect(fs.existsSync(cache)).toBe(true);
  for (const [source, build] of [
    ['/elsewhere', path.dirname(cache)],
    [made, '/elsewhere/build'],
  ]) {
    configured(source, build);
    expect(setup([])).toMatchObject({ status: 0, err: expect.stringContaining('have moved') });
    expect(fs.existsSync(cache)).toBe(false);
  }
});

test('setup.js can be run as the program that it is', () => {
  if (process.platform !== 'win32')
    expect(fs.statSync(path.join(root, 'scripts/setup.js')).mode & 0o111).toBe(0o111);
});
