'use strict';
// A Python with another version of torch, in a virtual environment of the cache: its wheel has the headers and
// libraries to build with, and it makes the fixtures to compare with. The wheels of Python's package index for Linux
// are for CUDA, and load nothing without NVIDIA's packages, gigabytes that only `complete` brings.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { versions } = require('../parity/python');
const { folderOf, python3, requirement, withList } = require('./wheels');

// Of torch's own packages those that are small; and what the fixtures' programs import.
const light = ['filelock', 'fsspec', 'jinja2', 'networkx', 'setuptools', 'sympy', 'typing_extensions'];
const ours = ['huggingface_hub', 'numpy', 'pyyaml', 'safetensors', 'tabulate==0.9.0'];

/** The environment of a version: `{ python, libtorch }`. */
function environment(version, { complete = false } = {}) {
  const folder = path.join(folderOf(version), 'python');
  const python = path.join(folder, 'bin', 'python');
  const done = path.join(folder, complete ? 'complete' : 'installed');
  if (!fs.existsSync(done)) {
    if (!fs.existsSync(python)) python3(['-m', 'venv', '--clear', folder]);
    const pip = (...args) => {
      const all = ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', ...args];
      if (spawnSync(python, all, { stdio: ['ignore', 2, 2] }).status !== 0)
        throw new Error(`pip install ${args.join(' ')} failed`);
    };
    const [, minor] = /^(3\.\d+)/.exec(python3(['-c', 'import platform; print(platform.python_version())']));
    const list = requirement(version, minor, 'manylinux_2_28_x86_64');
    withList(list, (name) => pip('--no-deps', '--only-binary=:all:', '--require-hashes', '-r', name));
    pip(...ours, ...light);
    if (complete) pip(`torch==${version}`); // is there; its dependencies come
    fs.writeFileSync(done, '');
  }
  const script = "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])";
  const { stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8' });
  return { python, libtorch: stdout.trim() };
}

/** Whether Python itself can import its torch. */
const imports = (python) => versions(python) !== null;

module.exports = { environment, imports };
