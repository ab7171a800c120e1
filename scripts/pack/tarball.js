'use strict';
// Makes a tarball of a folder by `npm pack`, which gives the same bytes for the same files: it writes no times, owners
// or modes of this machine.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** What npm prints as JSON: this one, where npm itself has started us, else that of the PATH. */
function npm(args, cwd) {
  const script = process.env.npm_execpath;
  const own = script && /npm-cli\.[cm]?js$/.test(script);
  const [command, ...all] = own ? [process.execPath, script, ...args] : ['npm', ...args];
  const options = { cwd, encoding: 'utf8', maxBuffer: 1 << 28, shell: !own && process.platform === 'win32' };
  const { status, stdout, stderr, error } = spawnSync(command, all, options);
  if (error || status !== 0) throw new Error(`npm ${args[0]} failed: ${error?.message ?? stderr}`);
  return JSON.parse(stdout.slice(stdout.search(/^[[{"]/m)) || 'null');
}

/** The files that `npm pack` takes of the package in `folder`. */
const packedFiles = (folder) =>
  npm(['pack', '--ignore-scripts', '--dry-run', '--json'], folder)[0].files.map((file) => file.path);

/** Packs `folder` into the folder `out`, and returns the tarball's path. */
function pack(folder, out) {
  const [{ filename }] = npm(['pack', '--ignore-scripts', '--json', '--pack-destination', out], folder);
  return path.join(out, path.basename(filename));
}

function writeJson(file, value) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

module.exports = { npm, packedFiles, pack, writeJson };
