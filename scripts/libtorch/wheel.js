'use strict';
// The way to libtorch through pip, for machines that reach a Python package index (or a mirror
// that pip is set up for) and not the archive host. A wheel is a zip with torch/lib and
// torch/include.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const pinned = require('./pinned');
const { pythons } = require('./search');

// Any Python serves to pick a wheel; should this one be too new or too old, ask for another's.
const otherPython = ['--python-version', '3.12', '--only-binary=:all:'];

function run(python, args) {
  return new Promise((resolve) => {
    // pip's own progress goes to stderr: stdout belongs to --print.
    const child = spawn(python, ['-m', 'pip', ...args], { stdio: ['ignore', 2, 'pipe'], windowsHide: true });
    let message = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (message += text));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => {
      const lines = message.split('\n').filter((line) => /^ERROR|No module named pip/.test(line));
      resolve(code === 0 ? null : lines.pop()?.trim() || `pip ended with ${code}`);
    });
  });
}

const downloadArgs = (what, into) => ['download', what, '--no-deps', '--no-cache-dir', '--dest', into];

/**
 * Downloads the wheel of the pinned version into `folder`. Returns its path, or null; adds to
 * `tried` what did not work.
 */
async function downloadWheel(variant, folder, tried, log) {
  fs.mkdirSync(folder, { recursive: true });
  const plain = `torch==${pinned.version}`;
  // The index of PyTorch's own marks its wheels; PyPI's are unmarked: CPU on macOS, Windows and
  // arm, CUDA on Linux x64.
  for (const what of [`${plain}+${variant}`, plain]) {
    for (const python of pythons) {
      for (const extra of [[], otherPython]) {
        const command = `${python} -m pip download ${what} --no-deps${extra.length ? ` ${extra.join(' ')}` : ''}`;
        log(command);
        const problem = await run(python, [...downloadArgs(what, folder), ...extra]);
        const wheel = fs.readdirSync(folder).find((name) => /^torch-.*\.whl$/.test(name));
        if (!problem && wheel) return path.join(folder, wheel);
        tried.push(`${command}: ${problem || 'it brought no wheel'}`);
        if (/ENOENT|No module named pip/.test(problem)) break;
      }
    }
  }
  return null;
}

/** Installs torch and the nvidia packages its CUDA wheel needs into `folder`, as pip lays them out. */
async function installWithDependencies(variant, folder, tried, log) {
  for (const python of pythons) {
    const command = `${python} -m pip install torch==${pinned.version} --target`;
    log(command);
    const problem = await run(python, [
      'install',
      `torch==${pinned.version}`,
      '--no-cache-dir',
      '--target',
      folder,
    ]);
    if (!problem) return true;
    tried.push(`${command}: ${problem}`);
  }
  return false;
}

module.exports = { downloadWheel, installWithDependencies };
