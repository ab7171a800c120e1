'use strict';
// The wheels of other versions of torch. wheels.json has their sums, as Python's package index says them; `--pin` of
// run.js writes them down. A wheel for Linux has everything; for the headers alone macOS's serves, a sixth of its size:
// they are the same but for what is switched on.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readReport, reportArguments } = require('../../scripts/libtorch/pip_report');
const pinned = require('../../scripts/libtorch/pinned');
const { unzip } = require('../../scripts/libtorch/unzip');

const file = path.join(__dirname, 'wheels.json');
const sums = JSON.parse(fs.readFileSync(file, 'utf8'));
const linux = 'manylinux_2_28_x86_64';
const macos = 'macosx_14_0_arm64'; // or an earlier macOS
const headersFor = '3.12'; // any Python's would do

/** The versions whose sums are known, the oldest first. */
const known = () => Object.keys(sums).sort(pinned.compareVersions);

/** Where everything of a version lies. */
const folderOf = (version) => path.join(pinned.cacheRoot(), 'versions', version);

function python3(args, options) {
  const { status, stdout, error } = spawnSync('python3', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 2],
    ...options,
  });
  if (error || status !== 0) throw new Error(`python3 ${args.slice(0, 3).join(' ')} failed`);
  return stdout;
}

/** Writes the sums of a version's wheels down. */
function pin(version) {
  const ask = (python, platform) => {
    const args = reportArguments(['--no-deps', `torch==${version}`], python, [platform]);
    return readReport(python3(['-m', 'pip', ...args])).map(({ file: name, sha256 }) => [name, sha256]);
  };
  const pythons = ['3.11', '3.12', '3.13', '3.14']; // each version of torch so far has these
  const found = [...pythons.flatMap((python) => ask(python, linux)), ...ask(headersFor, macos)];
  sums[version] = Object.fromEntries(found);
  const sorted = Object.fromEntries(known().map((one) => [one, sums[one]]));
  fs.writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

/** What pip must see of the wheel for that Python and system: a requirement with its sum. */
function requirement(version, python, system) {
  if (!sums[version]) throw new Error(`the sums of torch ${version} are not known: run again with --pin`);
  const tag = `-cp${python.replace('.', '')}-`;
  const name = Object.keys(sums[version]).find((one) => one.includes(tag) && one.includes(system));
  if (!name) throw new Error(`wheels.json has no torch ${version} for Python ${python} on ${system}`);
  return `torch==${version} --hash=sha256:${sums[version][name]}\n`;
}

/** Calls `work` with a file that has `text`. */
function withList(text, work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-versions-'));
  try {
    const list = path.join(folder, 'requirements.txt');
    fs.writeFileSync(list, text);
    return work(list, folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** The folder of a version's headers, fetched where they are not there; null with `look` alone. */
async function headers(version, { look = false } = {}) {
  const own = path.join(folderOf(version), 'headers');
  const include = path.join(own, 'torch', 'include');
  if (fs.existsSync(include)) return include;
  if (look) return null;
  const partial = `${own}.part`;
  fs.rmSync(partial, { recursive: true, force: true });
  const only = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--no-cache-dir', '--quiet'];
  const list = requirement(version, headersFor, 'macosx');
  const fetched = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-headers-'));
  try {
    withList(list, (name) =>
      python3([
        ...['-m', 'pip', 'download', ...only, '--python-version', headersFor, '--platform', macos],
        ...['--dest', fetched, '-r', name],
      ]),
    );
    const wanted = (name) => name.startsWith('torch/include/');
    await unzip(path.join(fetched, fs.readdirSync(fetched)[0]), partial, { wanted });
  } finally {
    fs.rmSync(fetched, { recursive: true });
  }
  fs.renameSync(partial, own);
  return include;
}

module.exports = { folderOf, headers, known, pin, python3, requirement, withList };
