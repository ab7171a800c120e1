// What to do when the addon does not load: one text for each reason.

import { builtFor, findOthers, minorFor, packageRoot, platform } from './locate';
import { isWrongPair } from './pair';

const build = 'in a checkout run `npm run build`, as a dependency `npx nodetorch build`';

/** Whether the loader found the addon, but not libtorch. */
export const isMissingLibrary = (message: string): boolean =>
  /(torch|c10).*(cannot open shared object|not loaded|no such file)|specified module could not be found/i.test(
    message,
  );

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

function usesMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  report.excludeNetwork = true; // or it would ask for the names of hosts
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header !== undefined && header.glibcVersionRuntime === undefined;
}

const adviceOnMusl = `The C library of this system is musl, as in Alpine Linux, and libtorch exists for glibc alone.
Use a system with glibc: in a Dockerfile, for instance, node:22-slim in place of node:22-alpine.`;

const installAgain = `install with optional dependencies: npm install --include=optional nodetorch
    (they are left out by --omit=optional, --no-optional, or where node_modules comes from another platform)`;

// eslint-disable-next-line @typescript-eslint/no-require-imports -- on demand, and known to bundlers
const prebuiltFor = () => Object.keys(require('../../scripts/libtorch/platforms.json') as object);

function adviceWithoutAddon(): string {
  if (process.env.NODETORCH_ADDON) return 'NODETORCH_ADDON names a file that is not there.';
  if (!packageRoot()) {
    return `This is a bundle, which has left the addon behind. Any one of:
  - install nodetorch where the bundle runs
  - set NODETORCH_ADDON to the file nodetorch.node, or copy that file and the libtorch.json beside it to the bundle
  - leave nodetorch out of the bundle (esbuild --external:nodetorch, webpack and Vite: externals)`;
  }
  if (!prebuiltFor().includes(platform)) {
    return `There is no prebuilt addon for ${platform}; there is for ${prebuiltFor().join(', ')}.
Where you have a libtorch for it, set LIBTORCH to its folder and build: ${build}.`;
  }
  return `The package @nodetorch/${platform} is not installed, and the addon has not been built yet. Any one of:
  - ${installAgain}
  - build it: ${build}`;
}

function adviceWithoutLibtorch(file: string, from: string): string {
  const others = findOthers(file);
  const lines = others.map(({ version, path, place }) => `  ${version} at ${path} (${place})\n`);
  const only = `The addon is for libtorch ${minorFor(file)}, and here are other versions only:\n${lines.join('')}`;
  const found = others.length > 0 ? only : '';
  if (others.some(({ place }) => place === 'its package')) {
    return `${found}Install again, or build the addon for one of these: set LIBTORCH, and ${build}.`;
  }
  if (from) {
    return `${found}libtorch is not where it was.${from}
Set LIBTORCH to the folder that holds its lib/, or fetch it and build again: ${build}.`;
  }
  return `${found}No libtorch was found: the package @nodetorch/libtorch-${platform} is not installed. Any one of:
  - ${installAgain}
  - set LIBTORCH to the folder that holds libtorch's lib/
  - fetch it, and build the addon for it: ${build}`;
}

// "version `GLIBC_2.28' not found (required by ...)"; libtorch itself needs no later one than 2.28.
function adviceOnSystem(message: string): string {
  const [, needed] = /GLIBC_2\.(\d+)/.exec(message) ?? [];
  if (Number(needed) <= 28) {
    return `This system is older than libtorch, which needs glibc 2.28: Debian 10, Ubuntu 20.04, RHEL 8 or later.`;
  }
  return `It was built for a newer system than this one. Build it here: ${build}.`;
}

/** What to do about `message`, the reason why the addon `file` does not load; or why there is none. */
export function advice(file: string | undefined, message: string, code?: string): string {
  const forbidden = permissionAdvice(code);
  if (forbidden) return forbidden;
  if (usesMusl()) return adviceOnMusl; // also where node_modules was copied from a system with glibc
  if (!file) return adviceWithoutAddon();
  if (message.startsWith('LIBTORCH=')) {
    const rebuild = message.includes('and the addon is for')
      ? `, or build the addon for this one: ${build}`
      : '';
    return `Set LIBTORCH to the folder that holds its lib/, or unset it${rebuild}.`;
  }
  const libtorch = builtFor(file);
  const from = libtorch ? ` It was built for libtorch ${libtorch.version} at ${libtorch.path}.` : '';
  if (isMissingLibrary(message)) return adviceWithoutLibtorch(file, from);
  if (isWrongPair(message)) {
    return `Another libtorch than the one it was built for was loaded.${from}
See whether LIBTORCH or LD_LIBRARY_PATH (DYLD_LIBRARY_PATH, PATH) leads to another, or build again: ${build}.`;
  }
  if (/GLIBC|libstdc\+\+/.test(message)) return adviceOnSystem(message);
  if (/cannot open shared object|library not loaded/i.test(message)) {
    return `A library that libtorch needs is missing.${from}
A CUDA libtorch from a Python wheel needs the nvidia packages that pip installs with it.`;
  }
  return `Should it have been built for another platform or version: ${build}.`;
}
