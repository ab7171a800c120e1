// lib/native/index.ts: the addon loads from wherever the package lies, and says what to do when it cannot.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { installed } from './fixture';

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
beforeEach(() => fs.copyFileSync(built, addon));

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
  const cached = path.join(folder, 'cache/nodetorch/libtorch-2.13.0-cpu');
  fs.mkdirSync(path.dirname(cached), { recursive: true });
  fs.symlinkSync(libtorch, cached);
  expect(run()).toEqual(loaded);
  fs.rmSync(path.join(folder, 'cache'), { recursive: true });
});

linux('without libtorch: one message that says what to do', () => {
  forgetLibtorch();
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
      const libtorch = { path: ${JSON.stringify(libtorchOf(addon))}, version: '2.13.0+cpu', variant: 'cpu' };
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
