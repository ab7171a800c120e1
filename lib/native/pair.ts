// An addon runs with the minor version of libtorch that it was built for. Another one shows in three ways, and each is
// told in one sentence: the folder that the addon was built for holds another by now, as when pip has upgraded torch; the
// system's loader finds another, and does not find the addon's symbols in it; and the addon itself looks when it loads.

import fs from 'node:fs';
import path from 'node:path';
import { builtFor, minorFor, otherVersion } from './locate';
import { preloaded } from './preload';

const searched =
  { win32: 'PATH', darwin: 'DYLD_LIBRARY_PATH' }[process.platform as string] ?? 'LD_LIBRARY_PATH';

const isAboutSymbols = (message: string): boolean =>
  /undefined symbol|symbol not found|procedure could not be found/i.test(message);

/** Whether `message` says that addon and libtorch are no pair. */
export const isWrongPair = (message: string): boolean =>
  isAboutSymbols(message) || /the addon is for (another build of )?libtorch/.test(message);

const sentence = (addon: string, what: string): string =>
  `the addon is for libtorch ${minorFor(addon)}, and ${what}`;

/** What is wrong where the libtorch that the addon was built for is of another version by now; else null. */
export function outgrown(addon: string): string | null {
  const own = builtFor(addon);
  const version = own && otherVersion(own.path, addon);
  return version ? sentence(addon, `libtorch ${version} is now at ${own.path}`) : null;
}

/** The libtorch that the environment puts before the addon's own, if it is of another version. */
function intruder(addon: string): string | null {
  const library = { win32: 'torch_cpu.dll', darwin: 'libtorch_cpu.dylib' }[process.platform as string];
  for (const folder of (process.env[searched] ?? '').split(path.delimiter).filter(Boolean)) {
    if (!fs.existsSync(path.join(folder, library ?? 'libtorch_cpu.so'))) continue;
    const version = otherVersion(path.dirname(path.resolve(folder)), addon);
    return version ? `libtorch ${version} of ${searched} (${folder}) was loaded` : null;
  }
  return null;
}

/** What the loader says, as a sentence about versions where that is the reason. */
export function explained(addon: string, message: string): string {
  if (!isAboutSymbols(message)) return message;
  const led = intruder(addon); // comes even before one that was loaded on purpose
  const libtorch = preloaded();
  const loaded = libtorch && `libtorch ${libtorch.version} at ${libtorch.path}`;
  // By what both say they are a pair.
  const isSame = !led && loaded !== null && otherVersion(libtorch!.path, addon) === null;
  const reason = isSame
    ? `the addon is for another build of libtorch than ${loaded}, which was loaded`
    : sentence(addon, led ?? `${loaded ?? 'another one'} was loaded`);
  return `${reason}\n    ${message}`;
}
