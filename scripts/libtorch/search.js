'use strict';
// Where a libtorch may already be: LIBTORCH, the cache, an installed Python torch, the system.

const { spawnSync } = require('node:child_process');
const os = require('node:os');
const path = require('node:path');
const pinned = require('./pinned');
const { chosenVariant } = require('./choice');
const { inspect, inspectFitting, minorOf, otherVersion } = require('./inspect');

const systemFolders = {
  win32: ['C:\\libtorch', path.join(process.env.ProgramFiles || 'C:\\Program Files', 'libtorch')],
  darwin: [
    '/opt/homebrew/opt/pytorch',
    '/opt/homebrew',
    '/usr/local',
    '/usr/local/libtorch',
    '/opt/libtorch',
  ],
}[process.platform] || ['/usr/local', '/usr/local/libtorch', '/usr', '/usr/lib/libtorch', '/opt/libtorch'];

const pythons = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python'];

// Asks without importing torch (which takes seconds), and not from the current folder,
// where a folder called torch would be taken for it.
const whereIsTorch =
  "import importlib.util as u, os; s = u.find_spec('torch'); print(os.path.dirname(s.origin) if s and s.origin else '')";

/** The folder of the torch of the program `python`: '' where it has none, null where it cannot be run. */
function torchOf(python) {
  const { stdout, status, error } = spawnSync(python, ['-c', whereIsTorch], {
    cwd: os.tmpdir(),
    encoding: 'utf8',
    timeout: 30_000,
    windowsHide: true,
  });
  return error || status !== 0 ? null : stdout.trim();
}

function* fromPython(variant) {
  const seen = new Set();
  for (const python of pythons) {
    const folder = torchOf(python);
    if (folder === null) yield { place: python, problem: 'it cannot be run' };
    else if (!folder) yield { place: python, problem: 'it has no torch installed' };
    else if (!seen.has(folder)) yield { place: `${python}: ${folder}`, ...inspectFitting(folder, variant) };
    seen.add(folder);
  }
}

function* fromCache(variant) {
  for (const one of variant ? [variant] : pinned.variants) {
    const folder = pinned.cacheFolder(one);
    yield { place: `cache: ${folder}`, ...inspectFitting(folder, variant) };
  }
}

function* fromSystem(variant) {
  for (const folder of systemFolders) {
    yield { place: `system: ${folder}`, ...inspectFitting(folder, variant) };
  }
}

function* fromVariable(variant) {
  const folder = process.env.LIBTORCH;
  if (!folder) yield { place: 'LIBTORCH', problem: 'it is not set' };
  // What the user names by hand is used or refused, never passed over.
  else yield { place: `LIBTORCH=${folder}`, binding: true, ...inspectFitting(path.resolve(folder), variant) };
}

/**
 * Looks in every place in order. Returns `{ found, tried }`: the first that fits, or null, and one
 * line for each place that did not. `variant` null accepts any.
 */
function search(variant) {
  const preferPython = /^(1|true|yes|on)$/i.test(process.env.LIBTORCH_USE_PYTORCH || '');
  const places = preferPython
    ? [fromPython, fromVariable, fromCache, fromSystem]
    : [fromVariable, fromCache, fromPython, fromSystem];
  const tried = [];
  for (const look of places) {
    for (const { place, binding, problem, ...found } of look(variant)) {
      if (!problem) return { found: { ...found, place }, tried };
      tried.push(`${place}: ${problem}`);
      if (binding) return { found: null, tried, refused: true };
    }
  }
  return { found: null, tried };
}

// An addon runs with the minor version that it was built for.
function inspectRunnable(folder, wanted) {
  const found = inspect(folder, { headers: false });
  if (found.problem || minorOf(found.version) === minorOf(wanted)) return found;
  return { problem: `it is version ${found.version}, and the addon is for ${minorOf(wanted)}` };
}

function firstRunnable(places, wanted) {
  for (const { folder, place } of places) {
    const { problem, ...found } = inspectRunnable(folder, wanted);
    if (!problem) return { ...found, place };
  }
  return null;
}

/**
 * For lib/native, which loads libtorch before an addon that does not know where it is: the libtorch that LIBTORCH
 * names, else the one chosen by `npx nodetorch install`, else that in `packaged` (the folder of the package that brings
 * it, or null), else that of the cache; null where there is none. `wanted` is the version that the addon is for. Throws
 * where LIBTORCH names none that fits.
 */
function searchAtRunTime(packaged, wanted = pinned.version) {
  const { LIBTORCH } = process.env;
  if (LIBTORCH) {
    const { problem, ...found } = inspectRunnable(path.resolve(LIBTORCH), wanted);
    if (problem) throw new Error(`LIBTORCH=${LIBTORCH}: ${problem}`);
    return { ...found, place: 'LIBTORCH' };
  }
  const cached = (variant, place = 'the cache') => ({ folder: pinned.cacheFolder(variant), place });
  const chosen = chosenVariant();
  const places = [
    ...(chosen ? [cached(chosen, 'npx nodetorch install')] : []),
    ...(packaged ? [{ folder: packaged, place: 'its package' }] : []),
    ...pinned.variants.map((variant) => cached(variant)),
  ];
  return firstRunnable(places, wanted);
}

/** Every libtorch of another version than an addon for `wanted` can use: `{ path, version, place }`. */
function searchOthers(packaged, wanted = pinned.version) {
  const all = [
    ...(packaged ? [{ folder: packaged, place: 'its package' }] : []),
    ...pinned.variants.map((variant) => ({ folder: pinned.cacheFolder(variant), place: 'the cache' })),
    ...pythonFolders(),
  ];
  return all.flatMap(({ folder, place }) => {
    const version = otherVersion(folder, wanted);
    return version ? [{ path: folder, version, place }] : [];
  });
}

const pythonFolders = () =>
  pythons
    .map(torchOf)
    .filter(Boolean)
    .map((folder) => ({ folder, place: 'Python' }));

/** The last resort of lib/native, since it starts other programs: an installed Python's torch, else the system's. */
function searchBeyond(wanted = pinned.version) {
  const places = [...pythonFolders(), ...systemFolders.map((folder) => ({ folder, place: 'the system' }))];
  return firstRunnable(places, wanted);
}

module.exports = { search, searchAtRunTime, searchBeyond, searchOthers, pythons };
