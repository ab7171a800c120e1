'use strict';
// The system libraries of Debian 11, whose glibc is 2.31: older than that of any machine which builds the addon today.

const { createHash } = require('node:crypto');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

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

const packages = ['libc6', 'libgcc-s1', 'libstdc++6', 'libcrypt1'];

async function get(file) {
  const response = await globalThis.fetch(`${mirrorOf()}/${file}`);
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Unpacks them into `folder`, to be another root. */
async function fetchOldSystem(folder) {
  const list = zlib.gunzipSync(await get('dists/bullseye/main/binary-amd64/Packages.gz')).toString();
  for (const name of packages) {
    const entry = list.split('\n\n').find((one) => one.startsWith(`Package: ${name}\n`));
    const field = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(entry)[1];
    const data = await get(field('Filename'));
    const sum = createHash('sha256').update(data).digest('hex');
    if (sum !== field('SHA256')) throw new Error(`${name}: its sha256 is ${sum}`);
    const file = path.join(folder, `${name}.deb`);
    fs.writeFileSync(file, data);
    execFileSync('dpkg-deb', ['-x', file, folder]);
  }
}

module.exports = { fetchOldSystem };
