'use strict';
// The way to libtorch through pip, for machines that reach a Python package index (or a mirror
// that pip is set up for) and not the archive host. A wheel is a zip with torch/lib and
// torch/include.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { readReport, reportArguments } = require('./pip_report');
const pinned = require('./pinned');
const { pinnedWheels } = require('./pinned_wheels');
const { pythons } = require('./search');
const sums = require('./sums.json');

const tags = {
  'linux-x64': 'x86_64',
  'linux-arm64': 'aarch64',
  'darwin-arm64': 'arm64',
  'win32-x64': 'amd64',
};

/** Runs pip; what is wrong, or null. Its own progress goes to stderr, since stdout belongs to --print. */
const run = async (python, args) => (await runFor(python, args, 2)).problem;

/** Runs pip, and gives what it writes to stdout. */
function runFor(python, args, stdout = 'pipe') {
  return new Promise((resolve) => {
    const options = { stdio: ['ignore', stdout, 'pipe'], windowsHide: true };
    const child = spawn(python, ['-m', 'pip', ...args], options);
    let [text, message] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (part) => (text += part));
    child.stderr.setEncoding('utf8').on('data', (part) => (message += part));
    child.once('error', (error) => resolve({ text, problem: error.message }));
    child.once('close', (code) => {
      const lines = message.split('\n').filter((line) => /^ERROR|No module named pip/.test(line));
      resolve({ text, problem: code === 0 ? null : lines.pop()?.trim() || `pip ended with ${code}` });
    });
  });
}

/**
 * What to ask pip for: the wheels that are pinned, for whatever Python they are, since any serves; and with the
 * user's checksum first what pip itself would choose. PyTorch's own index marks its wheels with the variant;
 * PyPI's are unmarked: for CUDA on Linux, for the CPU elsewhere.
 */
function wishes(variant, checksum) {
  const plain = `torch==${pinned.version}`;
  const marked = `${plain}+${variant}`;
  const named = (what) => {
    const start = `${what.replace('==', '-')}-`;
    const end = `_${tags[pinned.platform]}.whl`;
    const file = Object.keys(sums.files).find((name) => name.startsWith(start) && name.endsWith(end));
    const [, major, minor] = /-cp(\d)(\d+)-/.exec(file) ?? [];
    return file ? [[what, '--python-version', `${major}.${minor}`, '--only-binary=:all:']] : [];
  };
  const fitting = variant === 'cpu' && !pinned.platform.startsWith('linux') ? named(plain) : [];
  return [...(checksum ? [[marked], [plain]] : []), ...named(marked), ...fitting];
}

/**
 * Downloads a wheel of the pinned version into `folder`. Returns the path of the first that `accept` does not
 * reject, or null; adds to `tried` what did not work.
 */
async function downloadWheel(variant, folder, { checksum, tried, log, accept }) {
  const lacking = new Set();
  const seen = new Set();
  const all = wishes(variant, checksum);
  if (all.length === 0)
    tried.push(`pip: no wheel is pinned for ${pinned.platform} (${variant}), and no checksum given`);
  for (const wish of all) {
    for (const python of pythons.filter((name) => !lacking.has(name))) {
      const command = `${python} -m pip download ${wish[0]} --no-deps${wish
        .slice(1)
        .map((arg) => ` ${arg}`)
        .join('')}`;
      log(command);
      fs.rmSync(folder, { recursive: true, force: true });
      fs.mkdirSync(folder, { recursive: true });
      const args = ['download', wish[0], '--no-deps', '--no-cache-dir', ...wish.slice(1), '--dest', folder];
      const problem = await run(python, args);
      if (/ENOENT|No module named pip/.test(problem)) lacking.add(python);
      const name = fs.readdirSync(folder).find((one) => /^torch-.*\.whl$/.test(one));
      if (problem || !name) tried.push(`${command}: ${problem || 'it brought no wheel'}`);
      else if (!seen.has(name)) {
        seen.add(name);
        try {
          await accept(path.join(folder, name));
          return path.join(folder, name);
        } catch (error) {
          tried.push(`${command}: ${name}: ${error.message}`);
        }
      }
    }
  }
  return null;
}

/**
 * The pinned wheels with the addresses that pip has for them, so that they can be fetched in parts; null where pip does
 * not tell, or knows other files by these names.
 */
async function findAddresses(variant, { tried, log }) {
  const wheels = pinnedWheels(variant);
  const names = wheels?.map(({ name, version }) => `${name}==${version}`) ?? [];
  for (const python of wheels ? pythons : []) {
    const command = `${python} -m pip install --dry-run --report`;
    log(`${command}: where ${names[0]} and what it needs are`);
    const { text, problem } = await runFor(python, reportArguments(['--no-deps', ...names], '3.12'));
    try {
      if (problem) throw new Error(problem);
      const found = readReport(text);
      return wheels.map((wheel) => {
        const { url } = found.find(({ sha256 }) => sha256 === wheel.sha256) ?? {};
        if (!url) throw new Error(`it has no address for ${wheel.file}`);
        return { ...wheel, url };
      });
    } catch (error) {
      tried.push(`${command}: ${error.message}`);
    }
  }
  return null;
}

/**
 * Installs torch and the nvidia packages that its CUDA wheel needs into `folder`, as pip lays them out, each
 * with its pinned sum.
 */
async function installWithDependencies(variant, folder, tried, log) {
  const wheels = pinnedWheels(variant);
  if (!wheels) {
    tried.push(`pip: no wheels are pinned for ${pinned.platform} (${variant})`);
    return false;
  }
  const list = `${folder}.requirements.txt`;
  const lines = wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`);
  fs.writeFileSync(list, lines.join(''));
  const only = ['--require-hashes', '--no-deps', '--only-binary=:all:', '--python-version', '3.12'];
  try {
    for (const python of pythons) {
      const command = `${python} -m pip install torch==${pinned.version} and the nvidia packages, by their sums`;
      log(command);
      const args = ['install', '--no-cache-dir', ...only, '--target', folder, '-r', list];
      const problem = await run(python, args);
      if (!problem) return true;
      tried.push(`${command}: ${problem}`);
    }
    return false;
  } finally {
    fs.rmSync(list, { force: true });
  }
}

module.exports = { downloadWheel, findAddresses, installWithDependencies };
