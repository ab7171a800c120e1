// The only file that loads the addon, and the help text when it cannot.
// Each environment (worker thread, Jest's test file) gets exports of its own.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Native } from '../../typings/native';
import { collect } from './collect';
import { NativeError, TorchError, TorchRangeError, TorchTypeError } from '../core/errors';
import { builtFor, findLibtorch, type Libtorch, packageRoot, type Place, places } from './locate';
import { warn } from '../core/warn';

const platform = `${process.platform}-${process.arch}`;

// Keeps a library loaded though Node closes it for not being an addon. Not among Node's constants.
const RTLD_NODELETE = { linux: 0x1000, darwin: 0x80 }[process.platform as string];

/** What one load of the addon gives; see native/src/addon.cc. */
interface Loaded {
  own(): void;
  open(): Native;
}

function dlopen(file: string, extraFlags = 0): Loaded {
  const module = { exports: {} };
  // Lazy binding, the default, would abort the process at the first call of a symbol that a wrong
  // libtorch has not. Windows knows no flags.
  const { RTLD_NOW } = os.constants.dlopen;
  if (RTLD_NOW === undefined) process.dlopen(module, file);
  else process.dlopen(module, file, RTLD_NOW | extraFlags);
  return module.exports as Loaded;
}

// The addon finds libtorch by the path it was linked with. A prebuilt addon, or one whose libtorch
// has moved, finds it among the libraries that are already loaded: they go by name.
function preload(libtorch: Libtorch): void {
  if (RTLD_NODELETE === undefined) return;
  const library = process.platform === 'darwin' ? 'libtorch.dylib' : 'libtorch.so';
  try {
    dlopen(path.join(libtorch.path, 'lib', library), RTLD_NODELETE);
  } catch {
    // "Did not self-register", always; a real problem shows when the addon is loaded.
  }
}

const isMissingLibrary = (message: string): boolean =>
  /(torch|c10).*(cannot open shared object|not loaded|no such file)|specified module could not be found/i.test(
    message,
  );

function loadAddon(file: string): Native {
  if (process.platform === 'win32') {
    const libtorch = findLibtorch() ?? builtFor(file);
    if (libtorch) process.env.PATH = `${path.join(libtorch.path, 'lib')};${process.env.PATH ?? ''}`;
  }
  // Loaded first to own what has finalizers: see native/src/runtime/environment.h, owner().
  let owner: Loaded;
  try {
    owner = dlopen(file);
  } catch (error) {
    const libtorch = isMissingLibrary(String(error)) ? findLibtorch() : null;
    if (!libtorch) throw error;
    preload(libtorch);
    owner = dlopen(file);
  }
  const loaded = dlopen(file);
  owner.own();
  return loaded.open();
}

const build = 'in a checkout run `npm run build`, as a dependency `npx nodetorch`';

// Node's permission model hides files, and forbids addons, unless it is told otherwise.
function permissionAdvice(code: string | undefined): string | null {
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  if (code === 'ERR_DLOPEN_DISABLED') {
    return permission
      ? 'Node runs with --permission, which forbids addons: add --allow-addons.'
      : 'Node runs with --no-addons, which forbids addons: leave it out.';
  }
  if (code === 'ERR_ACCESS_DENIED' || (permission && !permission.has('fs.read'))) {
    return `Node runs with --permission, which hides files: add --allow-addons and --allow-fs-read for this package,
the addon and libtorch (--allow-fs-read=* for all).`;
  }
  return null;
}

function advice(file: string | undefined, message: string, code?: string): string {
  const forbidden = permissionAdvice(code);
  if (forbidden) return forbidden;
  if (!file && !packageRoot() && !process.env.NODETORCH_ADDON) {
    return `This is a bundle, which has left the addon behind. Any one of:
  - install nodetorch where the bundle runs, and build it there: npx nodetorch
  - set NODETORCH_ADDON to the file nodetorch.node, or copy that file and the libtorch.json beside it to the bundle
  - leave nodetorch out of the bundle (esbuild --external:nodetorch, webpack and Vite: externals)`;
  }
  if (!file && process.env.NODETORCH_ADDON) return 'NODETORCH_ADDON names a file that is not there.';
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
  let all: Place[] = [];
  let file: string | undefined;
  let cause: unknown;
  try {
    all = places();
    file = all.find((place) => !place.problem && fs.existsSync(place.file))?.file;
    if (file) return loadAddon(file);
  } catch (error) {
    cause = error;
  }
  const { message = '', code } = (cause ?? {}) as NodeJS.ErrnoException;
  const absent = all.map((place) => `${place.file}: ${place.problem ?? 'there is no such file'}`);
  const tried = cause ? [`${file ? `${file}: ` : ''}${message}`] : absent;
  const help = `nodetorch cannot load its native addon (${platform}, Node ${process.version}).

${tried.map((line) => `  ${line}`).join('\n')}

${advice(file, message, code)}`;
  throw Object.assign(new TorchError(help, 'ImportError', '', { cause }), { code: 'ERR_NODETORCH_ADDON' });
}

export const native: Native = load();
/**
 * Numbers on their way: the sizes that `native.shape` or `native.stride` was asked about, and the lists that
 * an operator is called with.
 */
export const exchange: Float64Array = new Float64Array(1024);
/**
 * What the last operator reports: what became of its result, a value that goes with that, and whether a collection is
 * due. Behind these lie the numbers of multiple results.
 */
export const outcome: Int32Array = new Int32Array(
  native.constants.resultHeaderFields + native.constants.mostResults,
);
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
