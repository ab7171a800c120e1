'use strict';
// Removes what the builds leave behind: `npm run clean`. The cache of libtorch stays.

const fs = require('node:fs');
const path = require('node:path');

for (const folder of ['build', 'build-gyp', 'dist', 'coverage']) {
  fs.rmSync(path.join(__dirname, '..', folder), { recursive: true, force: true });
}
