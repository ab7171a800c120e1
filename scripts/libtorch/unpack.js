'use strict';
// Checks an archive or a wheel, and unpacks of it what libtorch consists of.

const crypto = require('node:crypto');
const fs = require('node:fs');
const { pipeline } = require('node:stream/promises');
const { progress } = require('./progress');
const { unzip } = require('./unzip');

// lib/ and include/, what says the version, the licences, and what CUDA's libraries are in. Not the static libraries,
// Python's part and the test libraries, which nothing here links.
function wanted(name) {
  if (/^[^/]+\.dist-info\/(licenses\/|licen[cs]e[^/]*$)/i.test(name)) return true;
  if (/^([^/]+\/)?(build-version|build-hash|version\.py|LICENSE|NOTICE)$/.test(name)) return true;
  if (/^torch\.libs\//.test(name)) return true;
  if (/^nvidia\/(.+\/)?lib\/[^/]+$/.test(name)) return !/\.(a|py)$/.test(name);
  const library = /^(?:[^/]+\/)?lib\/(.+)$/.exec(name)?.[1];
  if (library) {
    return !/\.a$|^(lib)?(torch_python|shm|jitbackend_test|torchbind_test|backend_with_compiler|aoti_custom_ops)/.test(
      library,
    );
  }
  return /^([^/]+\/)?include\//.test(name);
}

async function checkSum(file, expected) {
  const hash = crypto.createHash('sha256');
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const actual = hash.digest('hex');
  if (actual !== expected) throw new Error(`its sha256 is ${actual}, and ${expected} was expected`);
}

/**
 * Unpacks `archive` into the job's folder. `expected` null: a file that the user has named on this machine is the
 * user's choice, as a folder is, and may have no sum.
 */
async function unpack(archive, expected, job) {
  if (expected) await checkSum(archive, expected);
  let bar;
  await unzip(archive, job.temporary, {
    wanted,
    onTotal: (total) => (bar = progress('unpacking  ', total, { quiet: job.quiet })),
    onBytes: (bytes) => bar.add(bytes),
  });
  bar.end();
}

module.exports = { checkSum, unpack, wanted };
