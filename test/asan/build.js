'use strict';
// Builds the addon with AddressSanitizer into build/asan, which `npm run test:asan` does first.

const path = require('node:path');
const { compile, noteLibtorch } = require('../../scripts/build-addon');
const { findLibtorch } = require('../../scripts/fetch-libtorch');

const folder = path.join(__dirname, '../../build/asan');

/** The addon's file. */
async function buildWithAsan() {
  const libtorch = await findLibtorch();
  const file = compile(folder, libtorch, ['NODETORCH_ASAN=ON']);
  noteLibtorch(path.dirname(file), libtorch);
  return file;
}

module.exports = { buildWithAsan };

if (require.main === module) {
  buildWithAsan().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
