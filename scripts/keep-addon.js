'use strict';
// Keeps a built addon in the user's cache, for build-addon.js; scripts/libtorch/addons.js finds it there.

const fs = require('node:fs');
const path = require('node:path');
const addons = require('./libtorch/addons');
const pinned = require('./libtorch/pinned');

// null where it is not installed, as where nothing is ever built.
function versionOf(name) {
  try {
    return require(`${name}/package.json`).version;
  } catch {
    return null;
  }
}

/** Where the addon of these sources belongs, for this libtorch and this compiler. */
function folderFor(sources, { path: libtorch, version, variant }) {
  const { CXX, CXXFLAGS, LDFLAGS } = process.env;
  const headers = ['node-api-headers', 'node-addon-api'].map(versionOf);
  const key = addons.shortHash([libtorch, version, variant, CXX, CXXFLAGS, LDFLAGS, headers]);
  return path.join(addons.cache(), `${addons.machineKey(sources)}-${key}`);
}

/** Makes the folder of all addons, for its owner alone. */
function prepare() {
  fs.mkdirSync(addons.cache(), { recursive: true, mode: 0o700 });
  if (process.platform === 'win32') return;
  for (const folder of [pinned.cacheRoot(), addons.cache()]) {
    const { mode, uid } = fs.statSync(folder);
    if (uid === process.getuid() && mode & 0o022) fs.chmodSync(folder, mode & 0o7755);
  }
}

/** Puts an addon and its note into `folder`, so that there is never half of one under its own name. */
function place(file, folder, note, mode = 0o755) {
  fs.mkdirSync(folder, { recursive: true });
  const put = (name, write) => {
    const temporary = path.join(folder, `${name}.${process.pid}`);
    write(temporary);
    fs.chmodSync(temporary, mode);
    fs.renameSync(temporary, path.join(folder, name));
  };
  put(addons.NOTE, (target) => fs.writeFileSync(target, `${JSON.stringify(note, null, 2)}\n`));
  put(addons.ADDON, (target) => fs.copyFileSync(file, target));
}

/** Keeps the addon `file` in `folder`, which is one of `folderFor`. */
function keep(file, folder, { path: libtorch, version, variant }) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { mode: 0o700 });
  const sha256 = addons.sha256(fs.readFileSync(file));
  place(file, folder, { path: libtorch, version, variant, sha256 }, 0o600);
}

module.exports = { folderFor, prepare, place, keep };
