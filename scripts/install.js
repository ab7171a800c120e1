'use strict';
// `npx nodetorch install`: fetches a variant of libtorch into the user's cache, and notes that this user's programs are
// to use it. The addon is the same for all variants, so nothing is built. Leaves nothing else.

const path = require('node:path');
const { parseArgs } = require('node:util');
const { LibtorchError } = require('./fetch-libtorch');
const { choose, forgetChoice } = require('./libtorch/choice');
const { fetchLibtorch } = require('./libtorch/fetch');
const { inspect } = require('./libtorch/inspect');
const pinned = require('./libtorch/pinned');

const cudaVersions = pinned.variants
  .filter((one) => one !== 'cpu')
  .map((one) => one.replace(/^cu(\d\d)/, '$1.'));

const usage = `Usage: npx nodetorch install --cuda ${cudaVersions.at(-1)} | --cpu [options]

Fetches libtorch ${pinned.version} for CUDA (${cudaVersions.join(' or ')}; Linux and Windows) or for the CPU into this
user's cache, and this user's programs use it from then on. LIBTORCH, where it is set, still comes first.

What is fetched must hash to what scripts/libtorch/sums.json says of it, else to the checksum that you
give. From a PLACE it continues where it was interrupted. CUDA is some gigabytes to fetch, and
twice as many and more on the disk meanwhile.

  --from PLACE        an address or a folder that has the wheels that sums.json names, by their names
  --checksum SHA256   what the official archive must hash to, where sums.json has no sum for it
  --quiet             no progress
  --help

The environment that it obeys: node ${path.join(__dirname, 'fetch-libtorch.js')} --help
`;

const options = {
  cpu: { type: 'boolean' },
  cuda: { type: 'string' },
  from: { type: 'string' },
  checksum: { type: 'string' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/** What is asked for, or what is `wrong` with it. */
function parse(args) {
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    return { wrong: error.message.split(/\.\s/)[0] };
  }
  const { cpu, cuda, checksum } = values;
  if (values.help) return values;
  if (Boolean(cpu) === (cuda !== undefined)) return { wrong: 'it takes one of --cpu and --cuda VERSION' };
  const variant = cpu ? 'cpu' : `cu${cuda.replace('.', '')}`;
  if (cuda !== undefined && !cudaVersions.includes(cuda))
    return { wrong: `--cuda is one of ${cudaVersions.join(', ')}, not '${cuda}'` };
  if (!cpu && process.platform === 'darwin') return { wrong: 'there is no CUDA for macOS' };
  if (checksum && !/^[0-9a-f]{64}$/i.test(checksum))
    return { wrong: `a sha256 has 64 hexadecimal digits: '${checksum}' is none` };
  return { ...values, variant };
}

/** The libtorch for the CPU that came with the package; null where it was left out. */
function packagedLibtorch() {
  try {
    const found = inspect(
      path.dirname(require.resolve(`@nodetorch/libtorch-${pinned.platform}/package.json`)),
      {
        headers: false,
      },
    );
    return found.problem ? null : found;
  } catch {
    return null;
  }
}

async function install({ variant, from, checksum = process.env.LIBTORCH_SHA256, quiet }) {
  const log = (line) => quiet || console.error(`nodetorch: ${line}`);
  const packaged = variant === 'cpu' ? packagedLibtorch() : null;
  if (packaged) {
    forgetChoice();
    return packaged;
  }
  const tried = [];
  const found = await fetchLibtorch({ variant, from, checksum, tried, log, quiet });
  if (!found) throw new LibtorchError(variant, tried, 'npx nodetorch install');
  choose(variant);
  return found;
}

async function main(argv) {
  const { wrong, help, ...asked } = parse(argv);
  if (wrong) {
    process.stderr.write(`nodetorch: ${wrong}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (help) return void process.stdout.write(usage);
  const { version, variant, path: folder } = await install(asked);
  console.error(`nodetorch: libtorch ${version} (${variant}) at ${folder} is what this user's programs use`);
  const { LIBTORCH } = process.env;
  if (LIBTORCH) console.error(`nodetorch: but here LIBTORCH=${LIBTORCH} comes first`);
}

module.exports = { main };
