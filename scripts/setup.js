#!/usr/bin/env node
'use strict';
// Makes the package usable on this machine. `npx nodetorch` runs it by hand where the package is
// installed; `npm ci` in a checkout runs it with --checkout, which compiles the TypeScript too.
// Leaves libtorch in the user's cache, the addon in build/ and, in a checkout, dist/.

const path = require('node:path');

const usage = `Usage: npx nodetorch [--variant cpu|cu126|cu130]

Finds or fetches libtorch and builds the addon against it. What it looks at, and the environment
it obeys: node ${path.join(__dirname, 'fetch-libtorch.js')} --help
`;

async function main(argv) {
  if (argv.includes('--help')) return void process.stdout.write(usage);
  const checkout = argv.includes('--checkout');
  const at = argv.indexOf('--variant');
  const { buildAddon } = require('./build-addon');
  const libtorch = await buildAddon({ variant: at < 0 ? undefined : argv[at + 1] });
  if (checkout) require('./build-ts').buildTypeScript();
  console.error(`nodetorch: ready, on libtorch ${libtorch.version} (${libtorch.place})`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`nodetorch: ${error.message}`);
  process.exitCode = 1;
});
