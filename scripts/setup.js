#!/usr/bin/env node
'use strict';
// Makes the package usable on this machine. `npx nodetorch` runs it by hand where the package is
// installed; `npm ci` in a checkout runs it with --checkout, which compiles the TypeScript too.
// Leaves libtorch in the user's cache, the addon there and in build/ and, in a checkout, dist/.
// `npx nodetorch COMMAND` is the command line of lib/cli, which leaves nothing.

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const pinned = require('./libtorch/pinned');
const { version } = require('../package.json');

const commands = ['inspect', 'convert', 'diff', 'doctor', 'run'];

const usage = `Usage: npx nodetorch [build] [--variant ${pinned.variants.join('|')}] [--force]
       npx nodetorch install --cuda VERSION | --cpu     another variant of libtorch
       npx nodetorch inspect FILE     list the tensors in a .pt or .safetensors file
       npx nodetorch convert FROM TO  from one format to another
       npx nodetorch diff A B         which keys, shapes, types or values differ
       npx nodetorch run SCRIPT       as several ranks of torch.distributed on this machine
       npx nodetorch doctor           what is installed and found, and why something does not load
       npx nodetorch --version | --help

Without a command, or as build: finds or fetches libtorch and builds the addon against it, or takes the
addon from the cache, where the last build of the same has left it (--force builds all the same). What it
looks at, and the environment it obeys: node ${path.join(__dirname, 'fetch-libtorch.js')} --help
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

const options = {
  variant: { type: 'string' },
  force: { type: 'boolean' },
  checkout: { type: 'boolean' },
  version: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
};

/** The options of a command line that builds, or what is `wrong` with it, or its `unknown` command. */
function parse(argv) {
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
    const [verb, ...more] = positionals;
    if (verb !== undefined && verb !== 'build') return { unknown: verb };
    if (more.length > 0) return { wrong: `one argument too many: '${more[0]}'` };
    if (values.variant !== undefined && !pinned.variants.includes(values.variant)) {
      return { wrong: `--variant is one of ${pinned.variants.join(', ')}, not '${values.variant}'` };
    }
    return values;
  } catch (error) {
    return { wrong: error.message.split(/\.\s/)[0] };
  }
}

async function main(argv) {
  if (commands.includes(argv[0])) {
    process.exitCode = await commandLine().main(argv);
    return;
  }
  if (argv[0] === 'install') return require('./install').main(argv.slice(1));
  const { unknown, wrong, help, version: asked, checkout, ...rest } = parse(argv);
  if (unknown || wrong) {
    const refusal = wrong
      ? `${wrong}\n\n${usage}`
      : `there is no command '${unknown}'; see npx nodetorch --help\n`;
    process.stderr.write(`nodetorch: ${refusal}`);
    process.exitCode = 2;
  } else if (help) {
    process.stdout.write(usage);
  } else if (asked) {
    process.stdout.write(`${version}\n`);
  } else {
    const libtorch = await require('./build-addon').buildAddon(rest);
    if (checkout) require('./build-ts').buildTypeScript();
    console.error(`nodetorch: ready, on libtorch ${libtorch.version} (${libtorch.place})`);
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`nodetorch: ${error.message}`);
  process.exitCode = 1;
});
