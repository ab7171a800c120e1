// lib/native/index.ts: the addon loads from wherever the package lies, and says what to do when it cannot.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { MARK, versionFor } from '../../scripts/libtorch/addons';
import { installed, pinned } from './fixture';

const minor = pinned.split('.', 2).join('.');

const root = path.join(__dirname, '../..');
const built = path.join(root, 'build/Release/nodetorch.node');
const linux = process.platform === 'linux' ? test : test.skip;
const posix = process.platform === 'win32' ? test.skip : test;

// A copy of the package in a folder of its own: scripts, package.json and the compiled lib/.
let folder: string;
let addon: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-moved-'));
  addon = path.join(folder, 'build/Release/nodetorch.node');
  fs.cpSync(path.join(root, 'scripts'), path.join(folder, 'scripts'), { recursive: true });
  fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  fs.mkdirSync(path.join(folder, 'dist'));
  fs.mkdirSync(path.dirname(addon), { recursive: true });
  const compilerOptions = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2022,
    esModuleInterop: true,
  };
  const rooms = ['core', 'native'].flatMap((room) =>
    fs.readdirSync(path.join(root, 'lib', room)).map((name) => path.join(room, name)),
  );
  for (const name of rooms) {
    const text = fs.readFileSync(path.join(root, 'lib', name), 'utf8');
    const { outputText } = ts.transpileModule(text, { compilerOptions });
    const compiled = path.join(folder, 'dist', name.replace('.ts', '.js'));
    fs.mkdirSync(path.dirname(compiled), { recursive: true });
    fs.writeFileSync(compiled, outputText);
  }
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  fs.copyFileSync(built, addon);
  fs.rmSync(path.join(folder, 'build/Release/libtorch.json'), { force: true });
  fs.rmSync(path.join(folder, 'node_modules'), { recursive: true, force: true });
});

/** Packages of this platform, as an installation puts them where the package finds them. */
function companion(name: string, version: string): string {
  const made = path.join(folder, 'node_modules/@nodetorch', name);
  fs.mkdirSync(made, { recursive: true });
  fs.writeFileSync(path.join(made, 'package.json'), JSON.stringify({ name: `@nodetorch/${name}`, version }));
  return made;
}
const platform = `${process.platform}-${process.arch}`;
const { version: ownVersion } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  version: string;
};

/** The libtorch that the addon is linked with. */
function libtorchOf(file: string): string {
  const bytes = fs.readFileSync(file);
  const end = bytes.indexOf('/lib:$ORIGIN');
  return bytes.toString('utf8', bytes.lastIndexOf(0, end) + 1, end);
}

/** Makes the addon look for libtorch where there is none, as when its folder was deleted. */
function forgetLibtorch(): void {
  const bytes = fs.readFileSync(addon);
  const from = libtorchOf(addon);
  bytes.write('/nowhere'.padEnd(from.length, '/'), bytes.indexOf(`${from}/lib:$ORIGIN`));
  fs.writeFileSync(addon, bytes);
}

const load = `const { native } = require('${path.join('{folder}', 'dist/native/index.js')}'); console.log(typeof native.setup)`;

function run(env: Record<string, string> = {}, program = load, flags: string[] = []) {
  const script = program.replaceAll('{folder}', folder);
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, XDG_CACHE_HOME: path.join(folder, 'cache'), HOME: folder, ...env },
  });
  return { status, signal, out: stdout.trim(), err: stderr };
}

const loaded = { status: 0, signal: null, out: 'function', err: '' };

test('says in its file which libtorch it is for', () => {
  expect(versionFor(built)).toBe(pinned);
  expect(versionFor(__filename)).toBeNull();
});

test('loads after the package was moved', () => {
  expect(run()).toEqual(loaded);
});

test('loads in the main thread and in workers, at once', () => {
  const program = `
    const { Worker } = require('node:worker_threads');
    const load = ${JSON.stringify(load)};
    eval(load);
    for (let i = 0; i < 3; i++) new Worker(load, { eval: true });`;
  expect(run({}, program)).toEqual({ ...loaded, out: Array(4).fill('function').join('\n') });
});

linux('finds a libtorch that has moved by LIBTORCH, and in the cache', () => {
  const libtorch = libtorchOf(addon);
  forgetLibtorch();
  expect(run({ LIBTORCH: libtorch })).toEqual(loaded);
  const cached = path.join(folder, `cache/nodetorch/libtorch-${pinned}-cpu`);
  fs.mkdirSync(path.dirname(cached), { recursive: true });
  fs.symlinkSync(libtorch, cached);
  expect(run()).toEqual(loaded);
  fs.rmSync(path.join(folder, 'cache'), { recursive: true });
});

/** What a build leaves beside the addon. */
function note(libtorch: string): void {
  const text = JSON.stringify({ path: libtorch, version: `${pinned}+cpu`, variant: 'cpu' });
  fs.writeFileSync(path.join(path.dirname(addon), 'libtorch.json'), text);
}

linux('without libtorch: one message that says what to do', () => {
  forgetLibtorch();
  note('/nowhere');
  const { status, signal, err } = run();
  expect({ status, signal }).toEqual({ status: 1, signal: null });
  expect(err).toContain('libtorch is not where it was');
  expect(err).toContain('Set LIBTORCH');
  expect(err).toContain('npx nodetorch');
  expect(err).toContain("code: 'ERR_NODETORCH_ADDON'");
});

linux('a libtorch that is none: a message, no crash', () => {
  const fake = installed(path.join(folder, 'fake'));
  forgetLibtorch();
  const { status, signal, err } = run({ LIBTORCH: fake });
  expect({ status, signal }).toEqual({ status: 1, signal: null });
  expect(err).toContain('nodetorch cannot load its native addon');
});

linux.each([
  ['/nowhere', 'there is no such folder'],
  ['{folder}', 'it has no lib/libtorch.so'],
  ['{folder}/old/libtorch', `it is version 2.10.9+cpu, and the addon is for ${minor}`],
])('LIBTORCH=%s is refused, though the addon has a libtorch of its own', (place, message) => {
  installed(path.join(folder, 'old'), { version: '2.10.9+cpu' });
  note(libtorchOf(addon));
  const LIBTORCH = place.replace('{folder}', folder);
  const { status, err } = run({ LIBTORCH });
  expect(status).toBe(1);
  expect(err).toContain(`LIBTORCH=${LIBTORCH}: ${message}`);
  expect(err).toContain('Set LIBTORCH to the folder');
});

describe('a libtorch of another version', () => {
  /** As when pip has upgraded the torch that the addon was built for. */
  const upgraded = (to: string): string => {
    const folderOf = installed(path.join(folder, 'upgraded'), { version: to });
    note(folderOf);
    return folderOf;
  };
  const advice = 'Another libtorch than the one it was built for was loaded.';

  linux.each(['2.99.0', '2.10.9+cpu'])('%s where the addon was built for ours', (to) => {
    const now = upgraded(to);
    const { status, err } = run();
    expect(status).toBe(1);
    expect(err).toContain(
      `${addon}: the addon is for libtorch ${minor}, and libtorch ${to} is now at ${now}\n`,
    );
    expect(err).toContain(advice);
  });

  linux('is passed over where there is one that fits', () => {
    upgraded('2.99.0');
    expect(run({ LIBTORCH: libtorchOf(built) })).toEqual(loaded);
  });

  /** As where the addon's symbols are not in libtorch, which was changed between the versions. */
  function missSymbol(): void {
    const bytes = fs.readFileSync(addon);
    bytes.write('_wrap_outputz', bytes.indexOf('_wrap_outputs'));
    fs.writeFileSync(addon, bytes);
  }

  linux('of the loader is named with the variable that led there', () => {
    missSymbol();
    const lib = path.join(folder, 'other/lib');
    fs.mkdirSync(lib, { recursive: true });
    fs.symlinkSync(path.join(libtorchOf(built), 'lib/libtorch_cpu.so'), path.join(lib, 'libtorch_cpu.so'));
    fs.writeFileSync(path.join(folder, 'other/version.py'), "__version__ = '2.99.0'\n");
    for (const name of ['libtorch.so', 'libc10.so'])
      fs.symlinkSync(path.join(libtorchOf(built), 'lib', name), path.join(lib, name));
    // Though there may be one that fits, and was loaded before.
    const cached = path.join(folder, `cache/nodetorch/libtorch-${pinned}-cpu`);
    for (const isCached of [false, true]) {
      if (isCached) {
        fs.mkdirSync(path.dirname(cached), { recursive: true });
        fs.symlinkSync(libtorchOf(built), cached);
      }
      const { err } = run({ LD_LIBRARY_PATH: lib });
      expect(err).toContain(
        `the addon is for libtorch ${minor}, and libtorch 2.99.0 of LD_LIBRARY_PATH (${lib}) was loaded\n`,
      );
      expect(err).toContain('undefined symbol');
      expect(err).toContain(advice);
    }
    fs.rmSync(path.join(folder, 'cache'), { recursive: true });
  });

  linux('of which the addon says the same version', () => {
    missSymbol();
    const { err } = run({ LIBTORCH: libtorchOf(built) });
    const where = `libtorch ${pinned}+cpu at ${libtorchOf(built)}`;
    expect(err).toContain(`the addon is for another build of libtorch than ${where}, which was loaded\n`);
    expect(err).toContain(advice);
  });

  /** The addon as one of another version, alone: what its file says is all that is known of it. */
  function ofAnother(): string {
    const bytes = fs.readFileSync(addon);
    const at = bytes.indexOf(`${MARK}${pinned}`) + MARK.length;
    expect(at).toBeGreaterThan(MARK.length);
    bytes.write(pinned.replace(/^\d/, '9'), at);
    fs.writeFileSync(addon, bytes);
    return minor.replace(/^\d/, '9');
  }

  linux('of LIBTORCH is refused by an addon without its note', () => {
    const theirs = ofAnother();
    const LIBTORCH = libtorchOf(built);
    const { err } = run({ LIBTORCH });
    expect(err).toContain(`LIBTORCH=${LIBTORCH}: it is version ${pinned}`);
    expect(err).toContain(`, and the addon is for ${theirs}`);
    expect(err).toContain('or build the addon for this one');
  });

  linux('of which an addon without its note lacks a symbol', () => {
    const theirs = ofAnother();
    missSymbol();
    const { err } = run();
    expect(err).toContain(`${addon}: the addon is for libtorch ${theirs}, and another one was loaded\n`);
    expect(err).toContain('undefined symbol');
    expect(err).toContain(advice);
  });

  linux('is passed over by an addon without its note, which loads its own', () => {
    const fits = installed(path.join(folder, 'fits'), { version: '2.99.0' });
    const bin = path.join(folder, 'bin');
    fs.mkdirSync(bin, { recursive: true });
    fs.writeFileSync(path.join(bin, 'python3'), `#!/bin/sh\necho ${fits}\n`, { mode: 0o755 });
    expect(run({ PATH: bin })).toEqual(loaded);
    const theirs = ofAnother();
    forgetLibtorch();
    const { err } = run({ PATH: bin });
    fs.rmSync(bin, { recursive: true });
    expect(err).toContain(`The addon is for libtorch ${theirs}, and here are other versions only:`);
    expect(err).toContain(`  2.99.0 at ${fits} (Python)`);
  });

  linux('in the package, and none that fits', () => {
    forgetLibtorch();
    fs.renameSync(addon, path.join(companion(platform, ownVersion), 'nodetorch.node'));
    const made = installed(companion(`libtorch-${platform}`, '2.99.0'), { version: '2.99.0' });
    const { err } = run({ PATH: '' });
    expect(err).toContain(`The addon is for libtorch ${minor}, and here are other versions only:`);
    expect(err).toContain(`  2.99.0 at ${made.replace(/\/libtorch$/, '')} (its package)`);
  });
});

describe('prebuilt', () => {
  /** The package with the addon, which knows no libtorch. */
  function prebuilt(version = ownVersion): string {
    forgetLibtorch();
    const made = companion(platform, version);
    fs.renameSync(addon, path.join(made, 'nodetorch.node'));
    return made;
  }

  /** The package with libtorch, without headers; `files` in place of the libraries. */
  function packagedLibtorch(fake?: string): string {
    const made = companion(`libtorch-${platform}`, pinned);
    fs.symlinkSync(fake ?? path.join(libtorchOf(built), 'lib'), path.join(made, 'lib'));
    fs.writeFileSync(path.join(made, 'build-version'), `${pinned}+cpu\n`);
    return made;
  }

  const where = `${load}; const maps = require('fs').readFileSync('/proc/self/maps', 'utf8');
    console.log([...new Set(maps.match(/\\S*libtorch\\.so/g))].join());`;

  linux('it is found, and the libtorch of its package, before the cache', () => {
    prebuilt();
    const packaged = packagedLibtorch();
    const cached = path.join(folder, `cache/nodetorch/libtorch-${pinned}-cpu`);
    installed(cached); // no libraries: to load it would fail
    expect(run()).toEqual(loaded);
    fs.rmSync(packaged, { recursive: true });
    expect(run().status).toBe(1);
    fs.rmSync(path.join(folder, 'cache'), { recursive: true });
  });

  /** A libtorch in `made` that is another file than the one of `built`. */
  function another(made: string): string {
    fs.mkdirSync(path.join(made, 'lib'), { recursive: true });
    for (const name of fs.readdirSync(path.join(libtorchOf(built), 'lib'))) {
      fs.symlinkSync(path.join(libtorchOf(built), 'lib', name), path.join(made, 'lib', name));
    }
    fs.rmSync(path.join(made, 'lib/libtorch.so'));
    fs.copyFileSync(path.join(libtorchOf(built), 'lib/libtorch.so'), path.join(made, 'lib/libtorch.so'));
    fs.writeFileSync(path.join(made, 'build-version'), `${pinned}+cpu\n`);
    return made;
  }

  linux('LIBTORCH comes before the package', () => {
    prebuilt();
    packagedLibtorch();
    const mine = another(path.join(folder, 'mine'));
    expect(run({ LIBTORCH: mine }, where).out).toBe(`function\n${mine}/lib/libtorch.so`);
    fs.rmSync(mine, { recursive: true });
  });

  // As it is for CUDA, which no machine of ours has.
  linux.each(['prebuilt', 'built here'])('what was chosen is loaded by an addon that is %s', (which) => {
    if (which === 'prebuilt') {
      prebuilt();
      packagedLibtorch();
    } else note(libtorchOf(built));
    const chosen = another(path.join(folder, `cache/nodetorch/libtorch-${pinned}-cu130`));
    expect(run({}, where).out).not.toContain(chosen);
    fs.writeFileSync(path.join(folder, `cache/nodetorch/chosen-${pinned}`), 'cu130\n');
    expect(run({}, where).out).toBe(`function\n${chosen}/lib/libtorch.so`);
    fs.writeFileSync(path.join(folder, `cache/nodetorch/chosen-${pinned}`), 'cu999\n');
    expect(run({}, where).out).not.toContain(chosen);
    fs.rmSync(path.join(folder, 'cache'), { recursive: true });
  });

  linux("an installed Python's torch is found", () => {
    prebuilt();
    const bin = path.join(folder, 'bin');
    const torch = path.join(folder, 'site-packages/torch');
    fs.mkdirSync(bin);
    fs.mkdirSync(torch, { recursive: true });
    fs.symlinkSync(path.join(libtorchOf(built), 'lib'), path.join(torch, 'lib'));
    fs.writeFileSync(path.join(torch, 'version.py'), `__version__ = '${pinned}+cpu'\n`);
    fs.writeFileSync(path.join(bin, 'python3'), `#!/bin/sh\necho ${torch}\n`, { mode: 0o755 });
    expect(run({ PATH: bin })).toEqual(loaded);
    fs.writeFileSync(path.join(torch, 'version.py'), "__version__ = '2.10.9'\n");
    expect(run({ PATH: bin }).err).toContain(`@nodetorch/libtorch-${platform} is not installed`);
    fs.rmSync(bin, { recursive: true });
  });

  linux('what was built here comes before it', () => {
    fs.writeFileSync(path.join(prebuilt(), 'nodetorch.node'), 'not a library');
    fs.copyFileSync(built, addon);
    expect(run()).toEqual(loaded);
  });

  linux('of another version of the package it is refused', () => {
    prebuilt('0.0.1');
    const { status, err } = run();
    expect(status).toBe(1);
    expect(err).toContain(
      `it is @nodetorch/${platform} 0.0.1, and nodetorch is ${ownVersion}: install again`,
    );
  });

  linux('without libtorch: a message that names the package', () => {
    prebuilt();
    const { status, err } = run({ PATH: '' });
    expect(status).toBe(1);
    expect(err).toContain(
      `No libtorch was found: the package @nodetorch/libtorch-${platform} is not installed`,
    );
    expect(err).toContain('--include=optional');
  });
});

describe('on another machine', () => {
  /** Runs as where `process` has these values. */
  const pretend = (code: string) => run({}, `${code}; ${load}`);
  const set = (name: string, value: string) =>
    `Object.defineProperty(process, '${name}', { value: ${value} })`;
  beforeEach(() => fs.rmSync(addon));

  test.each([
    ['musl', 'process.report.getReport = () => ({ header: {} })', 'this system is musl'],
    ['no such platform', set('arch', "'riscv64'"), 'There is no prebuilt addon for linux-riscv64'],
    ['an old Node', set('versions', "{ node: '18.20.8' }"), 'nodetorch needs Node 20 or later'],
    ['optional packages left out', '', `The package @nodetorch/${platform} is not installed`],
  ])('%s', (_what, code, message) => {
    if (process.platform !== 'linux') return;
    const { status, err } = pretend(code);
    expect(status).toBe(1);
    expect(err).toContain(message);
  });

  linux.each([
    ['GLIBC_2.14', 'GLIBC_2.00', 'This system is older than libtorch'],
    ['GLIBC_2.14', 'GLIBC_2.99', 'built for a newer system'],
  ])('a C library without %s, written %s', (name, other, message) => {
    const bytes = fs.readFileSync(built);
    bytes.write(other, bytes.indexOf(`${name}\0`));
    fs.writeFileSync(addon, bytes);
    const { status, err } = run();
    expect(status).toBe(1);
    expect(err).toContain(`version \`${other}' not found`);
    expect(err).toContain(message);
  });

  test('a Node that was not tried is warned of once', () => {
    fs.copyFileSync(built, addon);
    const { status, err } = pretend(set('versions', "{ ...process.versions, node: '99.1.0' }"));
    expect(status).toBe(0);
    expect(err.match(/has been tried with Node 20 to \d+, and not with/g)).toHaveLength(1);
  });
});

posix('not built: says how to build it, in a checkout and as a dependency', () => {
  fs.rmSync(addon);
  const { status, err } = run();
  expect(status).toBe(1);
  expect(err).toContain('has not been built yet');
  expect(err).toContain('npm run build');
  expect(err).toContain('npx nodetorch');
  expect(err).toContain(addon);
});

test('a file that is no addon: a message, no crash', () => {
  fs.writeFileSync(addon, 'not a library');
  const { status, signal, err } = run();
  expect({ status, signal }).toEqual({ status: 1, signal: null });
  expect(err).toContain('built for another platform or version');
});

const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';
test.each([
  [['--no-addons'], 'Node runs with --no-addons'],
  [[permission, '--allow-fs-read=*'], 'add --allow-addons'],
  [
    [permission, '--allow-fs-read={folder}/dist/*', '--allow-fs-read={folder}/package.json'],
    'add --allow-addons',
  ],
])('%j is named as what forbids it', (flags, message) => {
  const own = flags.map((flag) => flag.replace('{folder}', folder));
  const { status, err } = run({}, load, own);
  expect(status).toBe(1);
  expect(err).toContain(message);
  expect(err).not.toContain('another platform');
  expect(err).not.toContain('has not been built yet');
});

describe('built by npx nodetorch before', () => {
  /** Keeps `addon` in the cache, as the build does, and takes it away from the package. */
  function keep(): string {
    for (const name of ['native', 'CMakeLists.txt']) {
      fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
    }
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    const program = `
      const { folderFor, keep, prepare } = require('{folder}/scripts/keep-addon');
      const { hashSources } = require('{folder}/scripts/libtorch/addons');
      const libtorch = { path: ${JSON.stringify(libtorchOf(addon))}, version: '${pinned}+cpu', variant: 'cpu' };
      const into = folderFor(hashSources('{folder}'), libtorch);
      prepare();
      keep(${JSON.stringify(addon)}, into, libtorch);
      console.log(into);`;
    const { out, err } = run({}, program);
    expect(err).toBe('');
    fs.rmSync(addon);
    return out;
  }
  afterEach(() => {
    for (const name of ['native', 'CMakeLists.txt', 'node_modules', 'cache']) {
      fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  });

  linux('it is found in the cache', () => {
    keep();
    expect(run()).toEqual(loaded);
  });

  linux('not where others could have written it, or it is damaged', () => {
    const kept = keep();
    fs.chmodSync(kept, 0o777);
    expect(run().err).toContain('can be written by others');
    fs.chmodSync(kept, 0o700);
    fs.appendFileSync(path.join(kept, 'nodetorch.node'), '!');
    expect(run().err).toContain('it is damaged');
  });
});
