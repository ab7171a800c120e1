'use strict';
// Which libtorch this package wants. The version is written down in package.json and nowhere else.

const os = require('node:os');
const path = require('node:path');
const { libtorch } = require('../../package.json');

const platform = `${process.platform}-${process.arch}`;
const archiveHost = 'https://download.pytorch.org/libtorch';
const wheelHost = 'https://download.pytorch.org/whl';
const variants = ['cpu', 'cu126', 'cu130'];

/** The file name of the official archive for this platform, or null where none is published. */
function archiveName(variant) {
  const { version } = libtorch;
  switch (platform) {
    case 'linux-x64':
      return `libtorch-shared-with-deps-${version}%2B${variant}.zip`;
    case 'win32-x64':
      return `libtorch-win-shared-with-deps-${version}%2B${variant}.zip`;
    case 'darwin-arm64':
      return variant === 'cpu' ? `libtorch-macos-arm64-${version}.zip` : null;
    default:
      return null;
  }
}

/** One folder for all checkouts of one user. */
function cacheRoot(env = process.env) {
  if (env.XDG_CACHE_HOME) return path.join(env.XDG_CACHE_HOME, 'nodetorch');
  if (process.platform === 'win32') {
    return path.join(env.LOCALAPPDATA || path.join(os.homedir(), 'AppData', 'Local'), 'nodetorch');
  }
  if (process.platform === 'darwin') return path.join(os.homedir(), 'Library', 'Caches', 'nodetorch');
  return path.join(os.homedir(), '.cache', 'nodetorch');
}

const cacheFolder = (variant) => path.join(cacheRoot(), `libtorch-${libtorch.version}-${variant}`);

/** Numbers of '2.13.0+cpu', compared part by part: negative when `a` is older. */
function compareVersions(a, b) {
  const [x, y] = [a, b].map((v) =>
    v
      .split(/[+\-a-z]/)[0]
      .split('.')
      .map(Number),
  );
  return x[0] - y[0] || x[1] - y[1] || (x[2] || 0) - (y[2] || 0);
}

module.exports = {
  ...libtorch,
  platform,
  archiveHost,
  wheelHost,
  variants,
  archiveName,
  cacheRoot,
  cacheFolder,
  compareVersions,
};
