'use strict';
// Makes the tarballs to publish: `npm run pack:all -- --out DIR`. They are nodetorch itself and, for this machine's
// platform, the package of its addon and the one of libtorch's libraries; those of other platforms are made there. And
// those that take the place of tfjs-node.
// NAME.cdx.json beside each says what is in it (CycloneDX). The same sources and tools give the same bytes.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { findLibtorch } = require('./fetch-libtorch');
const contents = require('./pack/contents');
const { writeSbom } = require('./pack/sbom');
const { pack } = require('./pack/tarball');

const parts = ['nodetorch', 'addon', 'libtorch', 'tfjs-node', 'tfjs-node-gpu'];
const usage = `Usage: npm run pack:all -- --out DIR [--only ${parts.join(',')}] [--no-build] [--keep-symbols]

  --out DIR    where the tarballs go
  --only LIST  some of the packages
  --no-build   of build/ and dist/ as they are
  --keep-symbols  the bytes of libtorch's libraries as they are: see scripts/pack/licenses/README.md
  --help
`;
const options = {
  out: { type: 'string' },
  only: { type: 'string', default: parts.join(',') },
  'no-build': { type: 'boolean' },
  'keep-symbols': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

function parse(argv) {
  const { values } = parseArgs({ args: argv, options });
  const only = values.only.split(',');
  const unknown = only.find((part) => !parts.includes(part));
  if (unknown !== undefined) throw new Error(`--only takes ${parts.join(', ')}, not '${unknown}'`);
  if (!values.out && !values.help) throw new Error(`--out says where the tarballs go\n\n${usage}`);
  return { ...values, only };
}

async function main() {
  const { out, only, help, 'no-build': asItIs, 'keep-symbols': keepSymbols } = parse(process.argv.slice(2));
  if (help) return void process.stdout.write(usage);
  if (!asItIs) {
    await require('./build-addon').buildAddon();
    require('./build-ts').buildTypeScript();
  }
  const layOut = {
    nodetorch: (folder) => contents.layOutMain(folder),
    addon: (folder) => contents.layOutAddon(folder, path.join(__dirname, '../build/Release/nodetorch.node')),
    libtorch: async (folder) =>
      contents.layOutLibtorch(folder, await findLibtorch({ variant: 'cpu', fetch: 'never' }), {
        keepSymbols,
      }),
    'tfjs-node': contents.layOutTfjsNode,
    'tfjs-node-gpu': contents.layOutTfjsNodeGpu,
  };
  fs.mkdirSync(out, { recursive: true });
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-pack-'));
  try {
    for (const part of only) {
      const folder = path.join(scratch, part);
      fs.mkdirSync(folder);
      await layOut[part](folder);
      const file = pack(folder, path.resolve(out));
      writeSbom(part, folder, file.replace(/\.tgz$/, '.cdx.json'));
      console.log(`${file}  ${(fs.statSync(file).size / 1e6).toFixed(1)} MB`);
    }
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
}

main().catch((error) => {
  console.error(`nodetorch: ${error.message}`);
  process.exitCode = 1;
});
