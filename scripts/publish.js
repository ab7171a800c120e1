'use strict';
// Publishes the tarballs that pack-all.js made on each platform: `node scripts/publish.js --from DIR`. Run by
// .github/workflows/release.yml. What the registry has already is passed over, so a broken run can be run again. Leaves
// nothing on this machine.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const own = require('../package.json');
const { npm } = require('./pack/tarball');
const platforms = Object.keys(require('./libtorch/platforms.json'));

const usage = `Usage: node scripts/publish.js --from DIR [--provenance] [--registry URL]
       node scripts/publish.js --check TAG    whether TAG is this version's, and this package may be published
`;

/** What package.json must say before anything is published, or what is wrong with it. */
function problemWith(tag) {
  if (tag !== `v${own.version}`) return `the tag is ${tag}, and package.json says ${own.version}`;
  if (!own.repository) return 'package.json names no repository, and provenance is about one';
  return null;
}

/** The package.json in a tarball. */
function manifestOf(file) {
  const args = ['-xzOf', path.basename(file), 'package/package.json'];
  const { status, stdout, stderr } = spawnSync('tar', args, { cwd: path.dirname(file), encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file}: ${stderr}`);
  return JSON.parse(stdout);
}

/** First what nodetorch asks for, last what asks for nodetorch: who installs one in the meantime must find the others. */
function inOrder(folder) {
  const all = fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => path.join(folder, name))
    .map((file) => ({ file, manifest: manifestOf(file) }));
  const main = all.find(({ manifest }) => manifest.name === own.name);
  if (!main) throw new Error(`${folder} has no ${own.name}`);
  const others = all.filter((one) => one !== main);
  for (const [name, version] of Object.entries(main.manifest.optionalDependencies)) {
    if (!others.some(({ manifest }) => manifest.name === name && manifest.version === version))
      throw new Error(
        `${folder} has no ${name} ${version}; there is one for each of ${platforms.join(', ')}`,
      );
  }
  const after = ['@nodetorch/tfjs-node', '@nodetorch/tfjs-node-gpu'];
  const place = ({ manifest }) => after.indexOf(manifest.name);
  const before = others.filter((one) => place(one) < 0);
  return [...before, main, ...others.filter((one) => place(one) >= 0).sort((a, b) => place(a) - place(b))];
}

function isPublished({ name, version }, registry) {
  try {
    return npm(['view', `${name}@${version}`, 'version', '--json', ...registry]) === version;
  } catch (error) {
    if (/E404/.test(error.message)) return false;
    throw error;
  }
}

function main() {
  const options = { from: 'string', registry: 'string', check: 'string', provenance: 'boolean' };
  const { values } = parseArgs({
    options: Object.fromEntries(Object.entries(options).map(([name, type]) => [name, { type }])),
  });
  if (values.check !== undefined) {
    const problem = problemWith(values.check);
    if (problem) throw new Error(problem);
    return;
  }
  if (!values.from) throw new Error(`--from says where the tarballs are\n\n${usage}`);
  const registry = values.registry ? ['--registry', values.registry] : [];
  for (const { file, manifest } of inOrder(path.resolve(values.from))) {
    const name = `${manifest.name} ${manifest.version}`;
    if (isPublished(manifest, registry)) {
      console.log(`${name}: there already`);
      continue;
    }
    const more = values.provenance ? ['--provenance'] : [];
    npm(['publish', file, '--ignore-scripts', '--access', 'public', '--json', ...registry, ...more]);
    console.log(`${name}: published`);
  }
}

try {
  main();
} catch (error) {
  console.error(`nodetorch: ${error.message}`);
  process.exitCode = 1;
}
