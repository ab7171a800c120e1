// Where the addon can be: this package's own build, beside a bundle, the package with the prebuilt one, and the cache of
// what was built before. And where libtorch can be, for an addon that was not built here.
// Bundlers move this code away from its package, so nothing here trusts __dirname.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as addons from '../../scripts/libtorch/addons';

export const platform = `${process.platform}-${process.arch}`;
const ADDON = 'nodetorch.node';

/** The libtorch that an addon is linked to, or is to be used with. */
export interface Libtorch {
  path: string;
  version: string;
  variant: string;
  /** Where it was found. */
  place?: string;
}

/** A place where an addon can be; `problem` says why what is there is not to be used. */
export interface Place {
  file: string;
  problem?: string;
}

/** The folder of the running file: of the program, where a bundle is an ES module. */
export function here(): string {
  if (typeof __dirname === 'string' && path.isAbsolute(__dirname)) return __dirname;
  return path.dirname(path.resolve(process.argv[1] ?? '.'));
}

/** The package's own folder; null in a bundle. */
export function packageRoot(): string | null {
  const root = path.join(here(), '../..');
  return isPackage(root) ? root : null;
}

function isPackage(folder: string): boolean {
  try {
    const { name } = readPackage(path.join(folder, 'package.json'));
    return name === 'nodetorch' && fs.existsSync(path.join(folder, 'scripts'));
  } catch {
    return false;
  }
}

const readPackage = (file: string) =>
  JSON.parse(fs.readFileSync(file, 'utf8')) as { name: string; version: string };

// Not with `require`, which bundlers would follow. From the file's own folder upward, as Node does, and never
// from the current folder: what lies there may be anybody's.
function resolved(request: string, from = here()): string | null {
  try {
    return createRequire(path.join(from, 'any.js')).resolve(request);
  } catch {
    return null;
  }
}

function ownBuilds(root: string): string[] {
  return ['build', 'build-gyp/build'].map((folder) => path.join(root, folder, 'Release', ADDON));
}

// A bundle finds the package that it was made of, where that is installed for it.
function installedPackage(): string | null {
  const root = packageRoot();
  if (root) return root;
  const file = resolved('nodetorch/package.json');
  return file && readPackage(file).version === ownVersion() ? path.dirname(file) : null;
}

/**
 * The package.json of one of our packages for this platform. Only `nodetorch` itself is sure to reach them: pnpm and
 * Yarn's Plug'n'Play show a package to nobody but those that ask for it in their own package.json.
 */
function companion(name: string): string | null {
  const request = `@nodetorch/${name}/package.json`;
  const root = installedPackage();
  return (root ? resolved(request, root) : null) ?? resolved(request);
}

function prebuilt(): Place | null {
  const file = companion(platform);
  if (!file) return null;
  const { name, version } = readPackage(file);
  const place = { file: path.join(path.dirname(file), ADDON) };
  if (version === ownVersion()) return place;
  return { ...place, problem: `it is ${name} ${version}, and nodetorch is ${ownVersion()}: install again` };
}

/* eslint-disable @typescript-eslint/no-require-imports -- on demand, and known to bundlers */
const ownVersion = () => (require('../../package.json') as { version: string }).version;
const addonCache = () => require('../../scripts/libtorch/addons') as typeof addons;

/** What the addon's sources hash to: `npm run build:ts` writes it down, for bundles. */
function sources(): string | null {
  try {
    return (require('../sources.json') as { sources: string | null }).sources;
  } catch {
    const root = packageRoot();
    return root && addonCache().hashSources(root);
  }
}

const search = () =>
  require('../../scripts/libtorch/search') as {
    searchAtRunTime(packaged: string | null, version?: string): Libtorch | null;
    searchBeyond(version?: string): Libtorch | null;
    searchOthers(packaged: string | null, version?: string): Libtorch[];
  };
const inspect = () =>
  require('../../scripts/libtorch/inspect') as {
    minorOf(version: string): string;
    otherVersion(folder: string, wanted: string): string | null;
  };
const wantedVersion = () =>
  (require('../../package.json') as { libtorch: { version: string } }).libtorch.version;
/* eslint-enable @typescript-eslint/no-require-imports */

/** Whether the user has chosen a libtorch by `npx nodetorch install`. */
export function hasChosen(): boolean {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- on demand, and known to bundlers
  const { chosenVariant } = require('../../scripts/libtorch/choice') as { chosenVariant(): string | null };
  return chosenVariant() !== null;
}

/** The version of libtorch that an addon is for, as was compiled into it. */
export const versionFor = (addon: string): string => addonCache().versionFor(addon) ?? wantedVersion();

/** Its minor version: "2.13". */
export const minorFor = (addon: string): string => inspect().minorOf(versionFor(addon));

/** The version of the libtorch in `folder`, where the addon cannot use it; null where it can, or none is there. */
export const otherVersion = (folder: string, addon: string): string | null =>
  inspect().otherVersion(folder, minorFor(addon));

const packagedLibtorch = (): string | null => {
  const file = companion(`libtorch-${platform}`);
  return file && path.dirname(file);
};

/** Every libtorch on this machine that is of another version than the addon is for. */
export const findOthers = (addon: string): Libtorch[] =>
  search().searchOthers(packagedLibtorch(), minorFor(addon));

/** Libtorch where this machine has it now: LIBTORCH, the chosen one, the package that brings it, the cache. */
export function findLibtorch(version?: string): Libtorch | null {
  return search().searchAtRunTime(packagedLibtorch(), version);
}

/** Libtorch where finding it takes other programs: an installed Python's, the system's. */
export function findLibtorchBeyond(version?: string): Libtorch | null {
  return search().searchBeyond(version);
}

/** Every place in which to look, the best first; the cache only where nothing else is. */
export function places(): Place[] {
  if (process.env.NODETORCH_ADDON) return [{ file: path.resolve(process.env.NODETORCH_ADDON) }];
  const installed = installedPackage();
  const files = [
    ...(packageRoot() ? [] : [path.join(here(), ADDON)]),
    ...(installed ? ownBuilds(installed) : []),
  ];
  const packaged = prebuilt();
  const all: Place[] = [...files.map((file) => ({ file })), ...(packaged ? [packaged] : [])];
  if (all.some(({ file, problem }) => !problem && fs.existsSync(file))) return all;
  return [...all, ...addonCache().findBuilt(sources())];
}

/** Where the libtorch was that an addon was built for, as the build wrote it down beside it. */
export function builtFor(addon: string): Libtorch | null {
  try {
    return JSON.parse(fs.readFileSync(path.join(path.dirname(addon), 'libtorch.json'), 'utf8')) as Libtorch;
  } catch {
    return null;
  }
}
