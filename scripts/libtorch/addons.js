'use strict';
// Addons built on this machine, kept beside libtorch in the user's cache: scripts/keep-addon.js puts them
// there, lib/native/index.ts finds them. One folder for each combination of what goes into an addon, and in it the
// addon and libtorch.json, which says what it is linked to and what it must hash to; for which version it is, the addon
// says itself. Uses only Node.

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const pinned = require('./pinned');
const { binary } = require('../../package.json');

const ADDON = 'nodetorch.node';
const NOTE = 'libtorch.json';
const MARK = 'nodetorch is built for libtorch='; // as native/src/addon.cc has it

const cache = () => path.join(pinned.cacheRoot(), 'addons');
const sha256 = (data) => crypto.createHash('sha256').update(data).digest('hex');
const shortHash = (value) => sha256(JSON.stringify(value)).slice(0, 16);

/** The version of libtorch that an addon is for, read without loading it; null where it does not say. */
function versionFor(file) {
  try {
    const bytes = fs.readFileSync(file);
    const start = bytes.indexOf(MARK) + MARK.length;
    return start < MARK.length ? null : bytes.toString('latin1', start, bytes.indexOf(0, start));
  } catch {
    return null; // there is none, or it may not be read
  }
}

/** One number for all that is compiled, under the package's folder `root`; null where it is not there. */
function hashSources(root) {
  try {
    const sources = path.join(root, 'native', 'src');
    const names = fs
      .readdirSync(sources, { recursive: true })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => fs.statSync(path.join(sources, name)).isFile())
      .sort();
    const parts = names.map((name) => [name, sha256(fs.readFileSync(path.join(sources, name)))]);
    return sha256(JSON.stringify([parts, sha256(fs.readFileSync(path.join(root, 'CMakeLists.txt')))]));
  } catch {
    return null;
  }
}

/** What must be the same where an addon is used; the names of its folders begin with it. */
const machineKey = (sources) => shortHash([sources, binary.napi_versions, pinned.platform]);

// Whoever can write a library can run code as whoever loads it. Windows keeps a profile to its owner.
function distrust(file) {
  const stat = fs.lstatSync(file);
  if (stat.isSymbolicLink()) return `${file} is a link`;
  if (process.platform === 'win32') return null;
  if (stat.uid !== process.getuid() && stat.uid !== 0) return `${file} belongs to another user`;
  return stat.mode & 0o022 ? `${file} can be written by others (chmod go-w)` : null;
}

/** `{ file, libtorch }` of the addon in `folder`, or `{ file, problem }`; null where there is none. */
function examine(folder) {
  const file = path.join(folder, ADDON);
  if (!fs.existsSync(file)) return null;
  try {
    const root = fs.realpathSync(pinned.cacheRoot()); // a link to a larger disk is the user's own
    for (const one of [root, cache(), folder, file, path.join(folder, NOTE)]) {
      const problem = distrust(one);
      if (problem) return { file, problem };
    }
    const { sha256: expected, ...libtorch } = JSON.parse(fs.readFileSync(path.join(folder, NOTE), 'utf8'));
    const actual = sha256(fs.readFileSync(file));
    if (actual !== expected) return { file, problem: `it is damaged: its sha256 is ${actual}` };
    return { file, libtorch };
  } catch (error) {
    return { file, problem: error.message };
  }
}

/**
 * What the cache has of these sources, as `examine` gives it: first what is linked to LIBTORCH, then what
 * finds its libtorch, then the latest.
 */
function findBuilt(sources) {
  if (!sources || !fs.existsSync(cache())) return [];
  const prefix = `${machineKey(sources)}-`;
  const wanted = process.env.LIBTORCH && path.resolve(process.env.LIBTORCH);
  const rank = ({ libtorch }) => {
    if (!libtorch) return 3;
    if (wanted && [libtorch.path, path.dirname(libtorch.path)].includes(wanted)) return 0;
    return fs.existsSync(libtorch.path) ? 1 : 2;
  };
  return fs
    .readdirSync(cache())
    .filter((name) => name.startsWith(prefix) && !name.includes('.'))
    .map((name) => examine(path.join(cache(), name)))
    .filter(Boolean)
    .map((found) => ({ ...found, rank: rank(found), time: fs.statSync(found.file).mtimeMs }))
    .sort((a, b) => a.rank - b.rank || b.time - a.time);
}

module.exports = {
  ...{ cache, sha256, shortHash, hashSources, machineKey, examine, findBuilt, versionFor },
  ...{ ADDON, NOTE, MARK },
};
