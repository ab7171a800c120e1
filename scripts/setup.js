#!/usr/bin/env node
'use strict';
// Makes the package usable on this machine. `npx nodetorch` runs it by hand where the package is
// installed; `npm ci` in a checkout runs it with --checkout, which compiles the TypeScript too.
// Leaves libtorch in the user's cache, the addon in build/ and, in a checkout, dist/.
// `npx nodetorch COMMAND` is the command line of lib/cli, which leaves nothing.

const fs = require('node:fs');
const path = require('node:path');

const commands = ['inspect', 'convert', 'diff', 'doctor'];

const usage = `Usage: npx nodetorch [--variant cpu|cu126|cu130]
       npx nodetorch inspect FILE     list the tensors in a .pt or .safetensors file
       npx nodetorch convert FROM TO  from one format to another
       npx nodetorch diff A B         which keys, shapes, types or values differ
       npx nodetorch doctor           what is installed and found, and why something does not load

Without a command: finds or fetches libtorch and builds the addon against it. What it looks at, and the
environment it obeys: node ${path.join(__dirname, 'fetch-libtorch.js')} --help
Each command has a --help of its own.
`;

/** lib/cli as it was published or built; in a checkout that is not built, as it is. */
function commandLine() {
  const built = path.join(__dirname, '../dist/cli/index.js');
  if (fs.existsSync(built)) return require(built);
  const source = path.join(__dirname, '../lib/cli/index.ts');
  if (!fs.existsSync(source)) throw new Error(`${built} is missing: install the package again`);
  require('tsx/cjs');
  return require(source);
}

async function setUp(argv) {
  const checkout = argv.includes('--checkout');
  const at = argv.indexOf('--variant');
  const { buildAddon } = require('./build-addon');
  const libtorch = await buildAddon({ variant: at < 0 ? undefined : argv[at + 1] });
  if (checkout) require('./build-ts').buildTypeScript();
  console.error(`nodetorch: ready, on libtorch ${libtorch.version} (${libtorch.place})`);
}

async function main(argv) {
  const [first] = argv;
  if (commands.includes(first)) {
    process.exitCode = commandLine().main(argv);
  } else if (first !== undefined && !first.startsWith('-')) {
    console.error(`nodetorch: there is no command '${first}'; see npx nodetorch --help`);
    process.exitCode = 2;
  } else if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(usage);
  } else {
    await setUp(argv);
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`nodetorch: ${error.message}`);
  process.exitCode = 1;
});
