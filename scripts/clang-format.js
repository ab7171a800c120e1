'use strict';
// Formats native/src, or with --check only says what is not formatted. One version of clang-format, since each
// formats a little differently: PyPI's wheel, in a virtual environment in the user's cache.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const pinned = require('./libtorch/pinned');

const VERSION = '19.1.7';
const root = path.join(__dirname, '..');
const succeeds = (command, args) => spawnSync(command, args, { stdio: ['ignore', 2, 2] }).status === 0;

/** The path of the pinned clang-format; null where Python or the wheel cannot be had. */
function install() {
  const folder = path.join(pinned.cacheRoot(), `clang-format-${VERSION}`);
  const [bin, suffix] = process.platform === 'win32' ? ['Scripts', '.exe'] : ['bin', ''];
  const found = path.join(folder, bin, `clang-format${suffix}`);
  if (fs.existsSync(found)) return found;
  console.error(`installing clang-format ${VERSION} into ${folder}`);
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  if (!['python3', 'python'].some((python) => succeeds(python, ['-m', 'venv', '--clear', folder])))
    return null;
  const python = path.join(folder, bin, `python${suffix}`);
  succeeds(python, ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', `clang-format==${VERSION}`]);
  return fs.existsSync(found) ? found : null;
}

const command = install();
if (command === null) {
  console.error(`skipped: clang-format ${VERSION} needs Python with venv, and PyPI; the messages are above`);
  process.exit(process.env.CI ? 1 : 0);
}
const sources = fs
  .readdirSync(path.join(root, 'native/src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(cc|h)$/.test(entry.name))
  .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
const mode = process.argv.includes('--check') ? ['--dry-run', '-Werror'] : ['-i'];
process.exit(spawnSync(command, [...mode, ...sources], { stdio: 'inherit' }).status ?? 1);
