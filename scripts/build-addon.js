'use strict';
// Builds the addon with cmake-js: `npm run build`, `npm ci` in a checkout, `npx nodetorch`.
// Leaves build/Release/nodetorch.node, and beside it libtorch.json, which says what it is linked to.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { findLibtorch } = require('./fetch-libtorch');

const root = path.join(__dirname, '..');
const build = path.join(root, 'build');

function cmakeJs(command, args) {
  const script = require.resolve('cmake-js/bin/cmake-js');
  const all = [script, command, '--log-level', 'warn', '--out', build, ...args];
  const { status, error } = spawnSync(process.execPath, all, { cwd: root, stdio: 'inherit' });
  if (error || status !== 0) {
    throw new Error(`cmake-js ${command} failed: its own message is above.
It needs CMake 3.25 or later, a C++20 compiler (GCC 11, Clang 14, MSVC 2022) and, best, Ninja.`);
  }
}

/** Writes down which libtorch the addon at `folder` belongs to, for lib/native.ts. */
function noteLibtorch(folder, { path: libtorch, version, variant }) {
  const note = { path: libtorch, version, variant };
  fs.writeFileSync(path.join(folder, 'libtorch.json'), `${JSON.stringify(note, null, 2)}\n`);
}

async function buildAddon(options = {}) {
  const libtorch = await findLibtorch(options);
  console.error(`nodetorch: building for libtorch ${libtorch.version} at ${libtorch.path}`);
  // Configuring again costs a second and notices another libtorch; `cmake-js build` alone would not.
  cmakeJs('configure', [`--CDLIBTORCH_DIR=${libtorch.path.replaceAll('\\', '/')}`]);
  cmakeJs('build', process.env.JOBS ? ['--parallel', process.env.JOBS] : []);
  noteLibtorch(path.join(build, 'Release'), libtorch);
  return libtorch;
}

module.exports = { buildAddon, noteLibtorch };

if (require.main === module) {
  buildAddon().catch((error) => {
    console.error(`nodetorch: ${error.message}`);
    process.exitCode = 1;
  });
}
