'use strict';
// Compiles for another version of libtorch: the one file of what differs, or the whole addon.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { compile, noteLibtorch } = require('../../scripts/build-addon');
const { inspect } = require('../../scripts/libtorch/inspect');
const { folderOf } = require('./wheels');

const root = path.join(__dirname, '../..');
const native = path.join(root, 'native/src');

/** Compiles compat.cc against the headers in `include`, and leaves nothing; what is wrong, or null. */
function compileDifferences(include) {
  const folders = [include, path.join(include, 'torch/csrc/api/include')];
  const options = [
    ...['-std=c++20', '-fsyntax-only', '-I', native, '-I', path.join(native, 'compat')],
    ...folders.flatMap((folder) => ['-isystem', folder]),
  ];
  const file = path.join(__dirname, 'compat.cc');
  const { error, status, stderr } = spawnSync(process.env.CXX || 'c++', [...options, file], {
    encoding: 'utf8',
  });
  if (error) return error.message;
  return status === 0 ? null : stderr.trim();
}

/** Builds the addon against a libtorch, beside what else there is of that version: the addon's file. */
function buildFor(version, libtorch) {
  const { problem, ...found } = inspect(libtorch);
  if (problem) throw new Error(`${libtorch}: ${problem}`);
  const build = path.join(folderOf(version), 'build');
  fs.mkdirSync(build, { recursive: true });
  const addon = compile(build, found);
  noteLibtorch(path.dirname(addon), found);
  return addon;
}

module.exports = { buildFor, compileDifferences };
