'use strict';
// A Python that has the pinned torch: for the parity tests and the benchmark. Leaves a virtual environment
// in the user's cache; NODETORCH_PARITY_PYTHON names a Python that has torch already.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const pinned = require('../../scripts/libtorch/pinned');

const torch = `torch==${pinned.version}`;

/** A reason to skip: what is needed cannot be had here. */
class Unavailable extends Error {}

function versions(python) {
  const script = 'import numpy, safetensors, torch; print(torch.__version__)';
  const { status, stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8', cwd: os.tmpdir() });
  return status === 0 ? stdout.trim() : null;
}

const fits = (version) => version !== null && version.split('+')[0] === pinned.version;

function makeEnvironment(folder) {
  const made = ['python3', 'python'].some((python) => {
    const { status } = spawnSync(python, ['-m', 'venv', '--clear', folder], { stdio: ['ignore', 2, 2] });
    return status === 0;
  });
  if (!made) throw new Unavailable('no python3 here can make a virtual environment');
}

// The wheels of PyPI for Linux bring two gigabytes of CUDA: they come last.
const sources = [
  [`${torch}+cpu`],
  [`${torch}+cpu`, '--extra-index-url', 'https://download.pytorch.org/whl/cpu'],
  [torch],
];

function findPython() {
  const named = process.env.NODETORCH_PARITY_PYTHON;
  if (named) {
    const version = versions(named);
    if (fits(version)) return named;
    throw new Error(
      `NODETORCH_PARITY_PYTHON=${named} must have torch ${pinned.version}, numpy and safetensors`,
    );
  }
  const folder = path.join(pinned.cacheRoot(), `parity-${pinned.version}`);
  const python = path.join(
    folder,
    ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  );
  if (fits(versions(python))) return python;
  console.error(`installing ${torch}, numpy and safetensors into ${folder}`);
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  makeEnvironment(folder);
  for (const source of sources) {
    const args = ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', 'numpy', 'safetensors', ...source];
    const { status } = spawnSync(python, args, { stdio: ['ignore', 2, 2] });
    if (status === 0 && fits(versions(python))) return python;
  }
  throw new Unavailable(`pip cannot install ${torch}: its own message is above`);
}

module.exports = { Unavailable, findPython, versions };
