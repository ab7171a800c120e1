'use strict';
// Before all tests of the package: packs it, of dist/ as it is, since each file of tests installs it.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pack } = require('../../scripts/pack/tarball');

module.exports = () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-tarball-'));
  process.env.NODETORCH_TARBALL = pack(path.join(__dirname, '../..'), folder);
};
