// The only file that loads the addon, and the help text when it cannot.
// Each environment (worker thread, Jest's test file) gets exports of its own.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Native } from '../../typings/native';
import { collect } from './collect';
import { askForPrivateUse1 } from '../core/device';
import { NativeError, TorchError, TorchRangeError, TorchTypeError } from '../core/errors';
import { isMap, isPlainObject } from '../core/realm';
import { warn } from '../core/warn';
import { advice, isMissingLibrary } from './advice';
import { checkNodeVersion } from './node_version';
import { explained, outgrown } from './pair';
import { preload } from './preload';
import { threadsFor, withEnvironment } from './threads';
import {
  builtFor,
  findLibtorch,
  findLibtorchBeyond,
  hasChosen,
  type Place,
  places,
  platform,
  versionFor,
} from './locate';

/** What one load of the addon gives; see native/src/addon.cc. */
interface Loaded {
  own(): void;
  open(): Native;
}

function dlopen(file: string): Loaded {
  const module = { exports: {} };
  // Lazy binding, the default, would abort the process at the first call of a symbol that a wrong
  // libtorch has not. Windows knows no flags.
  const { RTLD_NOW } = os.constants.dlopen;
  if (RTLD_NOW === undefined) process.dlopen(module, file);
  else process.dlopen(module, file, RTLD_NOW);
  return module.exports as Loaded;
}

// An addon that was built here knows the path of its libtorch. A prebuilt one does not, nor one whose libtorch has
// moved; and LIBTORCH, or what `npx nodetorch install` brought, is what somebody wants by hand.
function preloadLibtorch(file: string): void {
  const own = builtFor(file);
  const isThere = own !== null && fs.existsSync(path.join(own.path, 'lib'));
  const problem = outgrown(file);
  if (isThere && !problem && !process.env.LIBTORCH && !hasChosen() && process.platform !== 'win32') return;
  const found = findLibtorch(versionFor(file));
  if (!found && problem) throw new TorchError(problem, 'ImportError');
  const libtorch = found ?? own;
  if (libtorch) preload(libtorch);
}

function openAddon(file: string): Native {
  preloadLibtorch(file);
  // Loaded first to own what has finalizers: see native/src/runtime/environment.h, owner().
  let owner: Loaded;
  try {
    owner = dlopen(file);
  } catch (error) {
    const libtorch = isMissingLibrary(String(error)) ? findLibtorchBeyond(versionFor(file)) : null;
    if (!libtorch) throw error;
    preload(libtorch);
    owner = dlopen(file);
  }
  const loaded = dlopen(file);
  owner.own();
  return loaded.open();
}

function loadAddon(file: string): Native {
  const { most, environment } = threadsFor();
  const opened = withEnvironment(environment, () => openAddon(file));
  if (most < Infinity) opened.limitThreads(most);
  return opened;
}

function load(): Native {
  checkNodeVersion();
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
  const tried = cause ? [file ? `${file}: ${explained(file, message)}` : message] : absent;
  const help = `nodetorch cannot load its native addon (${platform}, Node ${process.version}).

${tried.map((line) => `  ${line}`).join('\n')}

${advice(file, message, code)}`;
  throw Object.assign(new TorchError(help, 'ImportError', '', { cause }), { code: 'ERR_NODETORCH_ADDON' });
}

/** Keys and values of a Map or a plain object, one behind the other; null for anything else. */
function entriesOf(value: unknown): unknown[] | null {
  if (isMap(value)) return [...value].flat();
  return isPlainObject(value) ? Object.entries(value).flat() : null;
}

export const native: Native = load();
/**
 * Numbers on their way: the sizes that `native.shape` or `native.stride` was asked about, and the lists that
 * an operator is called with.
 */
export const transferBuffer: Float64Array = new Float64Array(1024);
/**
 * What the last operator reports: what became of its result, a value that goes with that, and whether a collection is
 * due. Behind these lie the numbers of multiple results.
 */
export const resultHeader: Int32Array = new Int32Array(
  native.constants.resultHeaderFields + native.constants.mostResults,
);
const used = {
  TorchError: NativeError as never, // `new` gives what it returns
  TypeError: TorchTypeError,
  RangeError: TorchRangeError,
  transferBuffer,
  resultHeader,
  collect,
  warn,
  entries: entriesOf,
};
native.setup(used);
askForPrivateUse1(() => native.privateUse1());
// The addon has them for as long as somebody has the addon's exports.
Object.defineProperty(native, 'used', { value: used });
