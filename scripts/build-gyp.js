'use strict';
// Builds the addon with node-gyp from binding.gyp: `npm run build:gyp`. Leaves
// build-gyp/build/Release/nodetorch.node; build/ belongs to `npm run build`. Downloads no headers:
// node-gyp gets a folder made from node-api-headers in place of Node's own.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { noteLibtorch } = require('./build-addon');
const { findLibtorch } = require('./fetch-libtorch');

const root = path.join(__dirname, '..');
const out = path.join(root, 'build-gyp');

// What node-gyp takes from Node's own common.gypi and an addon needs.
const common = {
  target_defaults: {
    default_configuration: 'Release',
    configurations: {
      Debug: { defines: ['DEBUG'], cflags: ['-g', '-O0'] },
      Release: {
        cflags: ['-O3'],
        xcode_settings: { GCC_OPTIMIZATION_LEVEL: '3' },
        msvs_settings: { VCCLCompilerTool: { RuntimeLibrary: 2, Optimization: 3 } },
      },
    },
    cflags: ['-pthread'],
    ldflags: ['-pthread'],
  },
};

function makeNodeDir() {
  const nodeDir = path.join(out, 'node');
  fs.cpSync(require('node-api-headers').include_dir, path.join(nodeDir, 'include', 'node'), {
    recursive: true,
  });
  const config = { variables: {}, target_defaults: {} };
  fs.writeFileSync(path.join(nodeDir, 'include', 'node', 'common.gypi'), JSON.stringify(common));
  fs.writeFileSync(path.join(nodeDir, 'include', 'node', 'config.gypi'), JSON.stringify(config));
  return nodeDir;
}

// node-gyp always builds into `build` of the folder it runs in, so it runs in one of its own that
// sees the same sources.
function makeProject() {
  fs.mkdirSync(out, { recursive: true });
  for (const folder of ['native', 'scripts', 'node_modules']) {
    const link = path.join(out, folder);
    if (!fs.existsSync(link)) fs.symlinkSync(path.join(root, folder), link, 'junction');
  }
  for (const file of ['binding.gyp', 'package.json'])
    fs.copyFileSync(path.join(root, file), path.join(out, file));
}

async function buildGyp() {
  const libtorch = await findLibtorch();
  makeProject();
  const gyp = require.resolve('node-gyp/bin/node-gyp.js');
  const jobs = process.env.JOBS || String(os.availableParallelism());
  const args = [
    gyp,
    'configure',
    'build',
    '-C',
    out,
    `--nodedir=${makeNodeDir()}`,
    '--jobs',
    jobs,
    '--loglevel=warn',
  ];
  const env = { ...process.env, LIBTORCH: libtorch.path };
  // npm's settings would win over the options above, and Node's own headers over these.
  for (const name of Object.keys(env))
    if (/^npm_(config|package_config_node_gyp)_nodedir$/i.test(name)) delete env[name];
  const { status } = spawnSync(process.execPath, args, { cwd: out, env, stdio: 'inherit' });
  if (status !== 0) throw new Error('node-gyp failed: its own message is above');
  noteLibtorch(path.join(out, 'build', 'Release'), libtorch);
}

buildGyp().catch((error) => {
  console.error(`nodetorch: ${error.message}`);
  process.exitCode = 1;
});
