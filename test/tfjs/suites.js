'use strict';
// `npm run test:tfjs-suites [-- NAME...] [-- --cpu]`: the specs of tfjs's layers, data and converter packages pass on the
// torch backend. Only version 3.8.0 has its specs in the published packages, within the source maps; they run with the
// tfjs-core that is installed here. `--cpu` shows what they give on tfjs's cpu backend, which is what CPU_FAILS lists.
// tfjs-core's own suite is test/tfjs/conformance.process.test.ts. Needs the network; leaves nothing behind.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '../..');
const VERSION = '3.8.0';
const SUITES = ['layers', 'data', 'converter'];
// What the specs import, and jasmine as they were written for it.
const TOOLS = ['jasmine@3.99.0', 'ajv@6.12.6', 'tslib@2.8.1'];

/** What fails on tfjs's own cpu backend, too. */
const CPU_FAILS = {
  layers: [],
  data: [],
  // Its graph has bytes where Node's `atob` takes base64.
  converter: ['Model Hashtable model should be successful if call executeAsync'],
};

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

function install(scratch) {
  fs.writeFileSync(path.join(scratch, 'package.json'), '{ "private": true }');
  const packages = SUITES.map((name) => `@tensorflow/tfjs-${name}@${VERSION}`);
  const quietly = ['--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps', '--prefer-offline'];
  run('npm', ['install', ...quietly, ...packages, ...TOOLS], scratch);
  for (const name of ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'seedrandom']) {
    const place = path.join(scratch, 'node_modules', name);
    fs.rmSync(place, { recursive: true, force: true });
    fs.symlinkSync(path.join(root, 'node_modules', name), place, 'junction');
  }
}

/** The sources of a package, its specs among them, into its `src`. */
function unfold(folder) {
  const dist = path.join(folder, 'dist');
  for (const file of fs.readdirSync(dist, { recursive: true })) {
    const bundle = file.startsWith('tf-') || file.startsWith('miniprogram');
    if (!file.endsWith('.js.map') || bundle) continue;
    const { sourcesContent } = JSON.parse(fs.readFileSync(path.join(dist, file), 'utf8'));
    const source = path.join(folder, 'src', file.replace(/\.js\.map$/, '.ts'));
    fs.mkdirSync(path.dirname(source), { recursive: true });
    // `describeMathCPU` names the cpu backend, and is about all that compute as it does.
    const [text] = sourcesContent;
    fs.writeFileSync(source, text.replace("predicate: testEnv => testEnv.backendName === 'cpu'", ''));
  }
}

/** Whether the specs that fail are the ones that should. */
function check(name, backend, scratch) {
  const folder = path.join(scratch, 'node_modules/@tensorflow', `tfjs-${name}`);
  unfold(folder);
  const output = run(process.execPath, [path.join(__dirname, 'support/suite.js'), folder, backend], root);
  const { counts, failed } = JSON.parse(output.trimEnd().split('\n').at(-1));
  const expected = CPU_FAILS[name];
  const [more, fewer] = [
    failed.filter((spec) => !expected.includes(spec)),
    expected.filter((spec) => !failed.includes(spec)),
  ];
  console.log(`tfjs-${name} on ${backend}: ${counts.passed} passed, ${counts.failed} failed`);
  for (const spec of more) console.log(`  fails: ${spec}`);
  for (const spec of fewer) console.log(`  is said to fail, and passes: ${spec}`);
  return counts.passed > 0 && more.length === 0 && fewer.length === 0;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { cpu: { type: 'boolean', default: false } },
});
const scratch = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-suites-')));
try {
  install(scratch);
  const wanted = positionals.length > 0 ? positionals : SUITES;
  const passed = wanted.map((name) => check(name, values.cpu ? 'cpu' : 'torch', scratch));
  if (passed.includes(false)) process.exitCode = 1;
} finally {
  fs.rmSync(scratch, { recursive: true, force: true });
}
