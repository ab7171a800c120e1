// The only file that loads the addon, and the help text when it cannot.
// Each environment (worker thread, Jest's test file) gets exports of its own.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Native } from '../typings/native';
import { collect } from './collect';
import { TorchError, NativeError, TorchRangeError, TorchTypeError } from './errors';
import { isError } from './realm';
import { warn } from './warn';

const root = path.join(__dirname, '..');
const platform = `${process.platform}-${process.arch}`;

// Keeps a library loaded though Node closes it for not being an addon. Not among Node's constants.
const RTLD_NODELETE = { linux: 0x1000, darwin: 0x80 }[process.platform as string];

interface Libtorch {
  path: string;
  version: string;
}

function candidates(): string[] {
  if (process.env.NODETORCH_ADDON) return [path.resolve(process.env.NODETORCH_ADDON)];
  const files = ['build', 'build-gyp/build'].map((folder) =>
    path.join(root, folder, 'Release', 'nodetorch.node'),
  );
  try {
    files.push(require.resolve(`@nodetorch/${platform}/nodetorch.node`, { paths: [root] }));
  } catch {
    // No prebuilt package for this platform is installed.
  }
  return files;
}

/** Which libtorch the addon was built for, as the build wrote it down beside it. */
function builtFor(addon: string): Libtorch | null {
  try {
    return JSON.parse(fs.readFileSync(path.join(path.dirname(addon), 'libtorch.json'), 'utf8')) as Libtorch;
  } catch {
    return null;
  }
}

function dlopen(file: string, exports: object = {}, extraFlags = 0): unknown {
  const module = { exports };
  // Lazy binding, the default, would abort the process at the first call of a symbol that a wrong
  // libtorch has not. Windows knows no flags.
  const { RTLD_NOW } = os.constants.dlopen;
  if (RTLD_NOW === undefined) process.dlopen(module, file);
  else process.dlopen(module, file, RTLD_NOW | extraFlags);
  return module.exports;
}

/** Libtorch where this machine has it now: LIBTORCH, else the cache. */
function findLibtorch(): Libtorch | null {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { searchAtRunTime } = require('../scripts/libtorch/search') as { searchAtRunTime(): Libtorch | null };
  return searchAtRunTime();
}

// The addon finds libtorch by the path it was linked with. A prebuilt addon, or one whose libtorch
// has moved, finds it among the libraries that are already loaded: they go by name.
function preload(libtorch: Libtorch): void {
  if (RTLD_NODELETE === undefined) return;
  const library = process.platform === 'darwin' ? 'libtorch.dylib' : 'libtorch.so';
  try {
    dlopen(path.join(libtorch.path, 'lib', library), {}, RTLD_NODELETE);
  } catch {
    // "Did not self-register", always; a real problem shows when the addon is loaded.
  }
}

const isMissingLibrary = (message: string): boolean =>
  /(torch|c10).*(cannot open shared object|not loaded|no such file)|specified module could not be found/i.test(
    message,
  );

function loadAddon(file: string): unknown {
  if (process.platform === 'win32') {
    const libtorch = findLibtorch() ?? builtFor(file);
    if (libtorch) process.env.PATH = `${path.join(libtorch.path, 'lib')};${process.env.PATH ?? ''}`;
  }
  // Loaded first to own what has finalizers: see native/src/environment.h, owner().
  const owner = { owner: true };
  try {
    dlopen(file, owner);
  } catch (error) {
    const libtorch = isMissingLibrary(String(error)) ? findLibtorch() : null;
    if (!libtorch) throw error;
    preload(libtorch);
    dlopen(file, owner);
  }
  return dlopen(file);
}

function advice(file: string | undefined, message: string): string {
  const build = 'in a checkout run `npm run build`, as a dependency `npx nodetorch`';
  if (!file) return `The addon has not been built yet: ${build}.`;
  const libtorch = builtFor(file);
  const from = libtorch ? ` It was built for libtorch ${libtorch.version} at ${libtorch.path}.` : '';
  if (isMissingLibrary(message)) {
    return `libtorch is not where it was.${from}
Set LIBTORCH to the folder that holds its lib/, or fetch it and build again: ${build}.`;
  }
  if (
    /undefined symbol|symbol not found|procedure could not be found|built against libtorch/i.test(message)
  ) {
    return `Another libtorch than the one it was built for was loaded.${from}
See whether LD_LIBRARY_PATH (DYLD_LIBRARY_PATH, PATH) leads to another, or build again: ${build}.`;
  }
  if (/cannot open shared object|library not loaded/i.test(message)) {
    return `A library that libtorch needs is missing.${from}
A CUDA libtorch from a Python wheel needs the nvidia packages that pip installs with it.`;
  }
  if (/GLIBC|libstdc\+\+/.test(message)) {
    return `It was built for a newer system than this one. Build it here: ${build}.`;
  }
  return `Should it have been built for another platform or version: ${build}.`;
}

function load(): Native {
  const files = candidates();
  const file = files.find((candidate) => fs.existsSync(candidate));
  let cause: unknown;
  try {
    if (file) return loadAddon(file) as Native;
  } catch (error) {
    cause = error;
  }
  const message = isError(cause) ? cause.message : String(cause ?? '');
  const tried = file ? [`${file}: ${message}`] : files.map((one) => `${one}: there is no such file`);
  const help = `nodetorch cannot load its native addon (${platform}, Node ${process.version}).

${tried.map((line) => `  ${line}`).join('\n')}

${advice(file, message)}`;
  throw Object.assign(new TorchError(help, 'ImportError', '', { cause }), { code: 'ERR_NODETORCH_ADDON' });
}

export const native: Native = load();
/**
 * Numbers on their way: the sizes that `native.shape` or `native.stride` was asked about, and the lists that
 * an operator is called with.
 */
export const exchange = new Float64Array(1024);
/** What became of the last operator's result, with a value; whether a collection is due; numbers of results. */
export const outcome = new Int32Array(64);
const used = {
  TorchError: NativeError as never, // `new` gives what it returns
  TypeError: TorchTypeError,
  RangeError: TorchRangeError,
  exchange,
  outcome,
  collect,
  warn,
};
native.setup(used);
// The addon has them for as long as somebody has the addon's exports.
Object.defineProperty(native, 'used', { value: used });
