'use strict';
// Writes sums.json: the SHA-256 of each wheel of the pinned torch, as PyPI's index has them, and for CUDA on
// Linux those of the nvidia packages that torch's wheel asks for. Run by hand for a new version of libtorch:
// `node scripts/libtorch/pin.js [FILE...]`, where each FILE is a further wheel or archive to pin, whose sum is
// taken from the file itself: compare it with the publisher's. Entries of the same version are kept. Asks pip
// (23 or later) what it would install, which fetches metadata alone; needs python3.

const { spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const pinned = require('./pinned');

const target = path.join(__dirname, 'sums.json');
const pythons = ['3.10', '3.11', '3.12', '3.13', '3.14'];
const platforms = ['manylinux_2_28_x86_64', 'manylinux_2_28_aarch64', 'macosx_14_0_arm64', 'win_amd64'];

/** What pip would install of `what`: `{ name, version, file, sha256 }` each. */
function report(what, python, platforms, ...more) {
  const args = ['-m', 'pip', 'install', '--dry-run', '--quiet', '--ignore-installed', '--report', '-'];
  const place = ['--python-version', python, '--only-binary=:all:', '--target', 'none'];
  place.push(...platforms.flatMap((platform) => ['--platform', platform]));
  const { status, stdout, stderr } = spawnSync('python3', [...args, ...place, ...more, what], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    // PyPI itself, whatever this machine is set up for.
    env: {
      ...process.env,
      PIP_CONFIG_FILE: process.platform === 'win32' ? 'nul' : '/dev/null',
      PIP_FIND_LINKS: '',
    },
  });
  if (status !== 0) {
    console.error(`${what} for Python ${python} on ${platforms[0]}: ${stderr.trim().split('\n').at(-1)}`);
    return [];
  }
  return JSON.parse(stdout).install.map(({ metadata, download_info: { url, archive_info: info } }) => ({
    name: metadata.name,
    version: metadata.version,
    file: decodeURIComponent(path.posix.basename(new URL(url).pathname)),
    sha256: info.hashes.sha256,
  }));
}

function main(own) {
  const old = fs.existsSync(target) ? JSON.parse(fs.readFileSync(target, 'utf8')) : {};
  const files = old.version === pinned.version ? { ...old.files } : {};
  const torch = `torch==${pinned.version}`;
  for (const platform of platforms) {
    for (const python of pythons) {
      for (const { file, sha256 } of report(torch, python, [platform], '--no-deps')) files[file] = sha256;
    }
  }
  for (const file of own) {
    files[path.basename(file)] = crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  }
  // The libraries that libtorch loads; their wheels fit any Python.
  const glibc = Array.from({ length: 24 }, (_, i) => `manylinux_2_${28 - i}_x86_64`);
  const wheels = report(torch, '3.12', [...glibc, 'manylinux2014_x86_64', 'manylinux1_x86_64'])
    .filter(({ name }) => /^(torch|nvidia-.*)$/.test(name))
    .map(({ name, version, file, sha256 }) => ({ name, version, file, sha256 }));
  const runtime = wheels.find(({ name }) => name === 'nvidia-cuda-runtime');
  if (!runtime) throw new Error('pip told nothing of the CUDA wheels');
  const cuda = { variant: `cu${runtime.version.split('.').slice(0, 2).join('')}`, wheels };
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  const sums = { version: pinned.version, files: sorted, cuda };
  fs.writeFileSync(target, `${JSON.stringify(sums, null, 2)}\n`);
}

main(process.argv.slice(2));
