'use strict';
// Writes sums.json: `files`, the SHA-256 of each wheel of the pinned torch, as PyPI's index has them, and `wheels`, for
// each platform and variant those that make a libtorch, torch's, and for CUDA those of the nvidia packages that it
// asks for. Only what lies outside of Python's package index has an address: the index is the one that pip knows. Run by
// hand for a new version of libtorch: `node scripts/libtorch/pin.js [FILE...]`, where each FILE is a further wheel or
// archive to pin, whose sum is taken from the file itself: compare it with the publisher's. Entries of the same version
// are kept. Asks pip (23 or later) what it would install, which fetches metadata alone; needs python3, on Linux.

const { spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { readReport, reportArguments } = require('./pip_report');
const pinned = require('./pinned');

const target = path.join(__dirname, 'sums.json');
const torch = `torch==${pinned.version}`;
const pythons = ['3.10', '3.11', '3.12', '3.13', '3.14'];

const range = (from, to) => Array.from({ length: from - to + 1 }, (_, i) => from - i);
const linux = (machine) => range(28, 5).map((glibc) => `manylinux_2_${glibc}_${machine}`);
/** What pip calls our platforms, the best first; the nvidia packages have older names for older systems. */
const tags = {
  'linux-x64': [...linux('x86_64'), 'manylinux2014_x86_64', 'manylinux1_x86_64'],
  'linux-arm64': [...linux('aarch64'), 'manylinux2014_aarch64'],
  'darwin-arm64': ['macosx_14_0_arm64'],
  'win32-x64': ['win_amd64'],
};

/** What pip would install of `what`: `{ name, version, file, sha256 }` each. */
function report(what, python, platforms, ...more) {
  const args = ['-m', 'pip', ...reportArguments([...more, what], python, platforms)];
  const { status, stdout, stderr } = spawnSync('python3', args, {
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
  return readReport(stdout).map(({ name, version, file, sha256 }) => ({ name, version, file, sha256 }));
}

/**
 * The wheels of torch on PyPI: for CUDA on Linux, which they name by the nvidia packages that they ask for, and
 * for the CPU elsewhere. Which Python they are for is all the same.
 */
function wheelsOf(platform) {
  const alone = platform.startsWith('linux') ? [] : ['--no-deps'];
  const all = report(torch, '3.12', tags[platform], ...alone);
  const wheels = all.filter(({ name }) => /^(torch|nvidia-.*)$/.test(name));
  if (wheels.length === 0) throw new Error(`pip told nothing of the wheels for ${platform}`);
  const runtime = wheels.find(({ name }) => name === 'nvidia-cuda-runtime');
  const [major, minor] = runtime?.version.split('.') ?? [];
  return runtime ? { [`cu${major}${minor}`]: wheels } : { cpu: wheels };
}

/** PyPI has none for the CPU on Linux; PyTorch's own index has, and marks it. */
function markedWheel(name, sha256) {
  const url = `${pinned.wheelHost}/cpu/${encodeURIComponent(name)}`;
  return [{ name: 'torch', version: `${pinned.version}+cpu`, file: name, sha256, url }];
}

function main(own) {
  const old = fs.existsSync(target) ? JSON.parse(fs.readFileSync(target, 'utf8')) : {};
  const files = old.version === pinned.version ? { ...old.files } : {};
  for (const [best] of Object.values(tags)) {
    for (const python of pythons) {
      for (const { file, sha256 } of report(torch, python, [best], '--no-deps')) files[file] = sha256;
    }
  }
  for (const file of own) {
    files[path.basename(file)] = crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  }
  const wheels = Object.fromEntries(Object.keys(tags).map((platform) => [platform, wheelsOf(platform)]));
  for (const [platform, machine] of Object.entries({ 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' })) {
    const marked = Object.keys(files).find((name) => name.includes('+cpu') && name.includes(machine));
    if (marked) wheels[platform].cpu = markedWheel(marked, files[marked]);
    else console.error(`no wheel for the CPU on ${platform}: PyPI has none, so give it as a FILE`);
  }
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  fs.writeFileSync(
    target,
    `${JSON.stringify({ version: pinned.version, files: sorted, wheels }, null, 2)}\n`,
  );
}

main(process.argv.slice(2));
