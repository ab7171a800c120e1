// The command line as its sources are, in a process of its own.
'use strict';
require('tsx/cjs');
const { main } = require('../../../lib/cli/index.ts');
Promise.resolve(main(process.argv.slice(2))).then((code) => {
  process.exitCode = code;
});
