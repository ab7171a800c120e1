'use strict';
// Lays out the folder of each published package, as pack-all.js packs it.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const addons = require('../libtorch/addons');
const pinned = require('../libtorch/pinned');
const { forgetFolders } = require('./elf');
const { licencesOf } = require('./licences');
const manifests = require('./manifests');
const { packedFiles, writeJson } = require('./tarball');

const root = path.join(__dirname, '../..');

function run(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/** Takes away the names and tables that only a debugger reads. */
function strip(file) {
  if (process.platform === 'linux') run('strip', ['--strip-unneeded', file]);
  // A signature is over the whole file, so Apple's tools need a new one.
  if (process.platform === 'darwin') {
    run('strip', ['-x', file]);
    run('codesign', ['--force', '--sign', '-', file]);
  }
}

function copy(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.copyFileSync(from, to);
}

/** JavaScript and types, and what a build from source needs. */
function layOutMain(folder) {
  for (const file of packedFiles(root)) copy(path.join(root, file), path.join(folder, file));
  writeJson(path.join(folder, 'package.json'), manifests.mainManifest());
}

/** nodetorch asks for the pinned version by number, so what is packed must be of that one, both addon and libtorch. */
function requirePinned(what, { version, path: place }) {
  if (pinned.compareVersions(version, pinned.version) === 0) return;
  throw new Error(
    `${what} for libtorch ${version} (${place}), and the packages are for ${pinned.version}: build again`,
  );
}

/** The addon, which finds libtorch by what lib/native loads before it. */
function layOutAddon(folder, addon) {
  requirePinned('the addon is', { version: addons.versionFor(addon) ?? 'of unknown version', path: addon });
  const file = path.join(folder, addons.ADDON);
  copy(addon, file);
  strip(file);
  if (process.platform === 'linux') forgetFolders(file);
  copy(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  writeJson(path.join(folder, 'package.json'), manifests.addonManifest(pinned.platform));
  const text = `The native addon of [nodetorch](https://www.npmjs.com/package/nodetorch) for ${pinned.platform}, which installs it.`;
  fs.writeFileSync(path.join(folder, 'README.md'), `# @nodetorch/${pinned.platform}\n\n${text}\n`);
}

const isLibrary = (name) => /\.(dylib|dll)$|\.so(\.\d+)*$/.test(name);

/** The libraries of `libtorch`, as `inspect` gives it, without headers, and unless `keepSymbols` without symbol tables. */
function layOutLibtorch(folder, libtorch, { keepSymbols = false } = {}) {
  requirePinned('the libraries are', libtorch);
  const from = path.join(libtorch.path, 'lib');
  const names = fs.readdirSync(from).filter(isLibrary);
  licencesOf(libtorch, folder, names); // first, since it may refuse
  for (const name of names) {
    const file = path.join(folder, 'lib', name);
    copy(path.join(from, name), file);
    if (!keepSymbols) strip(file);
  }
  fs.writeFileSync(path.join(folder, 'build-version'), `${libtorch.version}\n`);
  writeJson(path.join(folder, 'package.json'), manifests.libtorchManifest(pinned.platform));
}

const tfjsNode = path.join(root, 'packages/tfjs-node');

/** What `npm run build:ts` has made of packages/tfjs-node. */
function layOutTfjsNode(folder) {
  fs.cpSync(path.join(tfjsNode, 'dist'), path.join(folder, 'dist'), { recursive: true });
  copy(path.join(tfjsNode, 'README.md'), path.join(folder, 'README.md'));
  copy(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  writeJson(path.join(folder, 'package.json'), manifests.tfjsNodeManifest());
}

/** The same by another name, for programs that ask for tfjs-node-gpu. */
function layOutTfjsNodeGpu(folder) {
  const { name } = manifests.tfjsNodeManifest();
  fs.writeFileSync(path.join(folder, 'index.js'), `'use strict';\nmodule.exports = require('${name}');\n`);
  fs.writeFileSync(path.join(folder, 'index.d.ts'), `export * from '${name}';\n`);
  const readme = fs.readFileSync(path.join(tfjsNode, 'README.md'), 'utf8');
  fs.writeFileSync(path.join(folder, 'README.md'), readme.replaceAll('/tfjs-node', '/tfjs-node-gpu'));
  copy(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  writeJson(path.join(folder, 'package.json'), manifests.tfjsNodeGpuManifest());
}

module.exports = { layOutMain, layOutAddon, layOutLibtorch, layOutTfjsNode, layOutTfjsNodeGpu };
