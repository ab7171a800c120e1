'use strict';
// After all tests of the package: takes away what pack.js has made.

const fs = require('node:fs');
const path = require('node:path');

module.exports = () => fs.rmSync(path.dirname(process.env.NODETORCH_TARBALL), { recursive: true });
