'use strict';
// Looks at a folder and says which libtorch it holds, without loading anything.

const fs = require('node:fs');
const path = require('node:path');
const pinned = require('./pinned');

const libraries = {
  win32: ['torch.lib', 'torch_cpu.dll', 'c10.dll'],
  darwin: ['libtorch.dylib', 'libtorch_cpu.dylib', 'libc10.dylib'],
}[process.platform] || ['libtorch.so', 'libtorch_cpu.so', 'libc10.so'];

const cudaLibrary = process.platform === 'win32' ? 'torch_cuda.dll' : 'libtorch_cuda.so';

const read = (...parts) => {
  try {
    return fs.readFileSync(path.join(...parts), 'utf8');
  } catch {
    return '';
  }
};

// The archive says it in build-version, the wheel in version.py, any of them in a header.
function versionOf(root) {
  const stated =
    read(root, 'build-version').trim() || /^__version__ = '([^']+)'/m.exec(read(root, 'version.py'))?.[1];
  if (stated) return stated;
  for (const header of ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']) {
    const text = read(root, 'include', header);
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`^#define TORCH_VERSION_${part} (\\d+)`, 'm').exec(text)?.[1],
    );
    if (parts.every(Boolean)) return parts.join('.');
  }
  return null;
}

function variantOf(root, version) {
  if (!fs.existsSync(path.join(root, 'lib', cudaLibrary))) return 'cpu';
  const suffix = /\+(cu\d+)/.exec(version)?.[1];
  if (suffix) return suffix;
  const cuda = /^cuda[^=]*= '([\d.]+)'/m.exec(read(root, 'version.py'))?.[1];
  return cuda ? `cu${cuda.replace('.', '')}` : 'cuda';
}

/**
 * The libtorch in `folder` (or in its libtorch/ or torch/, as archives and wheels have it):
 * `{ path, version, variant }`, or `{ problem }`. A program needs no `headers`, a build does.
 */
function inspect(folder, { headers = true } = {}) {
  if (!fs.existsSync(folder)) return { problem: 'there is no such folder' };
  const root = [folder, path.join(folder, 'libtorch'), path.join(folder, 'torch')].find((candidate) =>
    fs.existsSync(path.join(candidate, 'lib', libraries[0])),
  );
  if (!root) return { problem: `it has no lib/${libraries[0]}` };
  for (const library of libraries) {
    if (!fs.existsSync(path.join(root, 'lib', library))) return { problem: `it has no lib/${library}` };
  }
  if (headers && !fs.existsSync(path.join(root, 'include', 'ATen', 'ATen.h'))) {
    return { problem: 'it has no headers (include/ATen/ATen.h)' };
  }
  const version = versionOf(root);
  if (!version) return { problem: 'it does not say its version' };
  return { path: root, version, variant: variantOf(root, version) };
}

/** As `inspect`, and also a problem when the version or the variant does not fit. */
function inspectFitting(folder, variant) {
  const found = inspect(folder);
  if (found.problem) return found;
  const [major] = pinned.version.split('.');
  if (pinned.compareVersions(found.version, pinned.minimum) < 0 || !found.version.startsWith(`${major}.`)) {
    return { problem: `it is version ${found.version}, and ${pinned.minimum} or later is needed` };
  }
  if (variant && found.variant !== variant) {
    return { problem: `it is the ${found.variant} variant, and ${variant} was asked for` };
  }
  return found;
}

/** Major and minor version, '2.13': an addon runs with the one that it was built for. */
const minorOf = (version) => version.split('.', 2).join('.');

/** The version of the libtorch in `folder`, where an addon for version `wanted` cannot use it; else null. */
function otherVersion(folder, wanted) {
  const { version } = inspect(folder, { headers: false });
  return version !== undefined && minorOf(version) !== minorOf(wanted) ? version : null;
}

module.exports = { inspect, inspectFitting, libraries, minorOf, otherVersion };
