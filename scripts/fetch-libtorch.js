#!/usr/bin/env node
'use strict';
// Finds libtorch, or fetches it into the user's cache. Run by `npm ci` in a checkout, by
// `npx nodetorch`, and by hand. Leaves a folder in the cache and nothing else. Uses only Node.

const pinned = require('./libtorch/pinned');
const { search } = require('./libtorch/search');
const { fetchLibtorch } = require('./libtorch/fetch');

const usage = `Usage: node scripts/fetch-libtorch.js [options]

Finds libtorch ${pinned.version}, or fetches it. It looks at LIBTORCH, the cache
(${pinned.cacheRoot()}),
an installed Python torch (first, if LIBTORCH_USE_PYTORCH=1) and the system; then it fetches from
LIBTORCH_URL, or the official archive, or the pinned wheels, or pip. What is fetched must hash to
what scripts/libtorch/sums.json says of it, or to the checksum that you give.

  --print               print the path of libtorch, and nothing else, to stdout
  --variant NAME        ${pinned.variants.join(', ')} (any that is found, else cpu)
  --checksum SHA256     what the archive or wheel must hash to (or LIBTORCH_SHA256)
  --no-fetch            only look
  --fetch               fetch, even where there is one
  --quiet               no progress
  --help

Environment
  LIBTORCH              folder that holds lib/ and include/
  LIBTORCH_URL          where to fetch from: a mirror (of ${pinned.archiveHost}),
                        or a .zip or .whl by address or path, or a folder
  LIBTORCH_VARIANT, LIBTORCH_SHA256, LIBTORCH_USE_PYTORCH
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS
`;

const remedies = (variant, command) => `What to do, any one of:
  - unpack a libtorch (${pinned.minimum} or later) yourself: LIBTORCH=/path/to/libtorch
  - name an archive, a wheel or a folder on this machine: LIBTORCH_URL=/path/to/libtorch.zip
  - have the official archive, or a mirror's (LIBTORCH_URL=https://mirror/libtorch), and say what it
    must hash to: LIBTORCH_SHA256=...
  - use Python's: python3 -m pip install torch==${pinned.version}, then LIBTORCH_USE_PYTORCH=1
  - behind a proxy: HTTPS_PROXY=http://proxy:port (and NODE_EXTRA_CA_CERTS for its certificate)
  - another variant than ${variant}: --variant ${pinned.variants.filter((one) => one !== variant).join(' or --variant ')}
then run again: ${command}`;

class LibtorchError extends Error {
  constructor(variant, tried, command = 'node scripts/fetch-libtorch.js') {
    const lines = tried.map((line) => `  - ${line}`).join('\n');
    super(
      `no libtorch ${pinned.version} (${variant}) for ${pinned.platform}.\n\nTried:\n${lines}\n\n${remedies(variant, command)}`,
    );
    this.name = 'LibtorchError';
  }
}

function check({ variant, checksum }) {
  if (variant && !pinned.variants.includes(variant)) {
    throw new TypeError(
      `the variant is one of ${pinned.variants.join(', ')}, not ${JSON.stringify(variant)}`,
    );
  }
  if (checksum && !/^[0-9a-f]{64}$/i.test(checksum)) {
    throw new TypeError(`a sha256 has 64 hexadecimal digits: ${JSON.stringify(checksum)} is none`);
  }
  return { variant, checksum };
}

// Options win over the environment.
const settle = ({ variant, checksum }) =>
  check({
    variant: variant || process.env.LIBTORCH_VARIANT || null,
    checksum: checksum || process.env.LIBTORCH_SHA256 || null,
  });

/** Finds libtorch without fetching it; null where there is none that findLibtorch would take. */
const lookForLibtorch = (options = {}) => search(settle(options).variant).found;

/**
 * Finds libtorch, or fetches it: `{ path, version, variant, place }`. `fetch` is 'auto' (when
 * there is none), 'never' or 'always'. Throws a LibtorchError that says what was tried.
 */
async function findLibtorch({ fetch = 'auto', quiet = false, ...given } = {}) {
  const { variant, checksum } = settle(given);
  const log = (line) => quiet || console.error(`nodetorch: ${line}`);
  const looked = fetch === 'always' ? { found: null, tried: [] } : search(variant);
  if (looked.found) return looked.found;
  const tried = looked.tried;
  if (fetch !== 'never' && !looked.refused) {
    const fetched = await fetchLibtorch({ variant, checksum, tried, log, quiet, again: fetch === 'always' });
    if (fetched) return fetched;
  }
  throw new LibtorchError(variant || 'cpu', tried);
}

function parse(argv) {
  const options = { fetch: 'auto' };
  for (let i = 0; i < argv.length; i++) {
    const [name, inline] = argv[i].split(/=(.*)/s);
    const value = () => {
      const given = inline ?? argv[++i];
      if (given === undefined) throw new TypeError(`${name} needs a value`);
      return given;
    };
    if (name === '--print') options.print = true;
    else if (name === '--quiet') options.quiet = true;
    else if (name === '--no-fetch') options.fetch = 'never';
    else if (name === '--fetch') options.fetch = 'always';
    else if (name === '--variant') options.variant = value();
    else if (name === '--checksum') options.checksum = value();
    else if (name === '--help' || name === '-h') options.help = true;
    else throw new TypeError(`unknown option ${name}; see --help`);
  }
  return options;
}

async function main() {
  const options = parse(process.argv.slice(2));
  if (options.help) return void process.stdout.write(usage);
  const found = await findLibtorch(options);
  const line = `libtorch ${found.version} (${found.variant}) at ${found.path}\n  from ${found.place}\n`;
  process.stdout.write(options.print ? `${found.path}\n` : line);
}

module.exports = { findLibtorch, lookForLibtorch, LibtorchError };

if (require.main === module) {
  main().catch((error) => {
    const known = error instanceof LibtorchError || error instanceof TypeError;
    console.error(`nodetorch: ${known ? error.message : error.stack}`);
    process.exitCode = 1;
  });
}
