// Where the addon can be: this package's own build, beside a bundle, and the cache of what was built before.
// Bundlers move this code away from its package, so nothing here trusts __dirname.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as addons from '../../scripts/libtorch/addons';

const platform = `${process.platform}-${process.arch}`;
const ADDON = 'nodetorch.node';

/** The libtorch that an addon is linked to. */
export interface Libtorch {
  path: string;
  version: string;
  variant: string;
}

/** A place where an addon can be; `problem` says why what is there is not to be used. */
export interface Place {
  file: string;
  problem?: string;
}

/** The folder of the running file: of the program, where a bundle is an ES module. */
function here(): string {
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
    const { name } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      name: string;
    };
    return name === 'nodetorch' && fs.existsSync(path.join(folder, 'scripts'));
  } catch {
    return false;
  }
}

// Not with `require`, which bundlers would follow. From the file's own folder upward, as Node does, and never
// from the current folder: what lies there may be anybody's.
function resolved(request: string): string | null {
  try {
    return createRequire(path.join(here(), 'any.js')).resolve(request);
  } catch {
    return null;
  }
}

function ownBuilds(root: string): string[] {
  return ['build', 'build-gyp/build'].map((folder) => path.join(root, folder, 'Release', ADDON));
}

// A bundle finds the package that it was made of, where that is installed for it.
function installedPackage(): string | null {
  const file = resolved('nodetorch/package.json');
  if (!file) return null;
  const { version } = JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string };
  return version === ownVersion() ? path.dirname(file) : null;
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

/** Libtorch where this machine has it now: LIBTORCH, else the cache. */
export function findLibtorch(): Libtorch | null {
  const search = require('../../scripts/libtorch/search') as { searchAtRunTime(): Libtorch | null };
  return search.searchAtRunTime();
}
/* eslint-enable @typescript-eslint/no-require-imports */

/** Every place in which to look, the best first; the cache only where nothing else is. */
export function places(): Place[] {
  if (process.env.NODETORCH_ADDON) return [{ file: path.resolve(process.env.NODETORCH_ADDON) }];
  const root = packageRoot();
  const installed = root ?? installedPackage();
  const files = [...(root ? [] : [path.join(here(), ADDON)]), ...(installed ? ownBuilds(installed) : [])];
  const prebuilt = resolved(`@nodetorch/${platform}/${ADDON}`);
  if (prebuilt) files.push(prebuilt);
  const all: Place[] = files.map((file) => ({ file }));
  if (files.some((file) => fs.existsSync(file))) return all;
  return [...all, ...addonCache().findBuilt(sources())];
}

/** Which libtorch an addon was built for, as the build wrote it down beside it. */
export function builtFor(addon: string): Libtorch | null {
  try {
    return JSON.parse(fs.readFileSync(path.join(path.dirname(addon), 'libtorch.json'), 'utf8')) as Libtorch;
  } catch {
    return null;
  }
}
