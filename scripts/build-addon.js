'use strict';
// Builds the addon with cmake-js: `npm run build`, `npm ci` in a checkout, `npx nodetorch`. Leaves
// build/Release/nodetorch.node, and beside it libtorch.json, which says what it is linked to. In a checkout
// the rest of build/ stays, for the next build; in another project nothing else does, and the addon is kept
// in the user's cache as well, from where the next installation takes it.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { findLibtorch, lookForLibtorch } = require('./fetch-libtorch');
const { folderFor, keep, place, prepare } = require('./keep-addon');
const addons = require('./libtorch/addons');
const { withLock } = require('./libtorch/lock');
const { requireToolchain } = require('./toolchain');

const root = path.join(__dirname, '..');
const release = path.join(root, 'build', 'Release');
const isCheckout = fs.existsSync(path.join(root, 'tsconfig.build.json')); // which is not published

const log = (line) => console.error(`nodetorch: ${line}`);

function cmakeJs(command, build, args) {
  const script = require.resolve('cmake-js/bin/cmake-js');
  // cmake-js looks for g++ or clang++ where it is not told of a compiler, though CMake would take CXX.
  const { CXX } = process.env;
  const compiler = CXX && !/\s/.test(CXX) ? ['--cc', CXX, '--cxx', CXX] : [];
  const all = [script, command, '--log-level', 'warn', '--out', build, ...compiler, ...args];
  // stdout belongs to whoever asked for something to be printed.
  const { status, error } = spawnSync(process.execPath, all, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error || status !== 0) {
    throw new Error(`cmake-js ${command} failed: its own message is above.
A compiler that was killed had too little memory: JOBS=1 makes it take less.`);
  }
}

// CMake refuses a folder that it configured for sources elsewhere, as when a checkout was moved or copied.
function forgetMovedBuild(build) {
  let cached;
  try {
    cached = fs.readFileSync(path.join(build, 'CMakeCache.txt'), 'utf8');
  } catch {
    return; // not configured yet
  }
  const entry = (name) => new RegExp(`^${name}:\\w+=(.*)$`, 'm').exec(cached)?.[1];
  const same = (folder, here) =>
    folder && fs.existsSync(folder) && fs.realpathSync(folder) === fs.realpathSync(here);
  if (same(entry('CMAKE_HOME_DIRECTORY'), root) && same(entry('CMAKE_CACHEFILE_DIR'), build)) return;
  log('the sources have moved: building anew');
  for (const name of fs.readdirSync(build)) {
    if (name !== 'Release') fs.rmSync(path.join(build, name), { recursive: true, force: true });
  }
}

function compile(build, libtorch, definitions = []) {
  log(`building for libtorch ${libtorch.version} at ${libtorch.path}`);
  forgetMovedBuild(build);
  // Configuring again costs a second and notices another libtorch; `cmake-js build` alone would not.
  const given = [`LIBTORCH_DIR=${libtorch.path.replaceAll('\\', '/')}`, ...definitions];
  cmakeJs(
    'configure',
    build,
    given.map((definition) => `--CD${definition}`),
  );
  cmakeJs('build', build, process.env.JOBS ? ['--parallel', process.env.JOBS] : []);
  return path.join(build, 'Release', addons.ADDON);
}

/** Writes down which libtorch the addon at `folder` belongs to, for lib/native/index.ts. */
function noteLibtorch(folder, { path: libtorch, version, variant }) {
  const note = { path: libtorch, version, variant };
  fs.writeFileSync(path.join(folder, addons.NOTE), `${JSON.stringify(note, null, 2)}\n`);
}

async function buildInCheckout(options) {
  const looked = lookForLibtorch(options);
  requireToolchain();
  const libtorch = looked || (await findLibtorch(options));
  compile(path.join(root, 'build'), libtorch);
  noteLibtorch(release, libtorch);
  return libtorch;
}

// Beside the package, too, where that can be written: what was built last is what this installation uses.
function install(file, libtorch) {
  const note = { path: libtorch.path, version: libtorch.version, variant: libtorch.variant };
  try {
    place(file, release, note);
  } catch (error) {
    log(`${release} cannot be written (${error.code}); the addon is used from ${file}`);
  }
}

async function buildInstalled({ force, ...options }) {
  const sources = addons.hashSources(root);
  if (!sources) throw new Error(`${root} lacks native/src: install the package again`);
  const kept = (libtorch) => {
    const found = !force && addons.examine(folderFor(sources, libtorch));
    if (found?.problem) log(`not from the cache: ${found.problem}`);
    return found?.libtorch ? found.file : null;
  };
  const looked = lookForLibtorch(options);
  // The compiler comes first: without it two hundred megabytes would be fetched for nothing.
  if (!looked || !kept(looked)) requireToolchain();
  const libtorch = looked || (await findLibtorch(options));
  const folder = folderFor(sources, libtorch);
  prepare();
  const work = async () => {
    let file = kept(libtorch);
    if (file) {
      log(`the addon is there, built before: ${file}`);
    } else {
      const build = `${folder}.build`;
      keep(compile(build, libtorch), folder, libtorch);
      fs.rmSync(build, { recursive: true, force: true });
      file = path.join(folder, addons.ADDON);
    }
    install(file, libtorch);
  };
  await withLock(`${folder}.lock`, work, () => log('another process is building the addon: waiting for it'));
  return libtorch;
}

/**
 * Builds the addon, or takes it from the cache: `{ path, version, variant, place }` of its libtorch.
 * `variant` as findLibtorch has it; `force` builds though the cache has it.
 */
const buildAddon = (options = {}) => (isCheckout ? buildInCheckout(options) : buildInstalled(options));

module.exports = { buildAddon, compile, noteLibtorch, isCheckout };

if (require.main === module) {
  buildAddon().catch((error) => {
    console.error(`nodetorch: ${error.message}`);
    process.exitCode = 1;
  });
}
