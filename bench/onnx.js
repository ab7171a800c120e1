'use strict';
// Exported programs, plain and frozen, and frozen captured models beside onnxruntime-node with the same models: the rows of the group onnx, which
// `npm run bench -- onnx` measures. Leaves onnxruntime-node and Python's exporter in the user's cache, where they are
// not part of this project; the models of onnx_models.py are made anew for each run.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const pinned = require('../scripts/libtorch/pinned');

const NODE_PEER = 'onnxruntime-node@1.30.0';
const PYTHON_PEERS = ['onnx==1.23.2', 'onnxscript==0.7.2'];
const rows = ['MLP', 'CNN', 'transformer', 'ResNet', 'MobileNet'];
const kinds = ['program', 'frozen', 'captured', 'onnxruntime'];
const stdio = ['ignore', 2, 2];

/** The folder with the peers. */
function installPeers(python) {
  const folder = path.join(pinned.cacheRoot(), 'bench-onnx-1.30.0');
  if (fs.existsSync(path.join(folder, 'complete'))) return folder;
  console.error(`installing ${[NODE_PEER, ...PYTHON_PEERS].join(', ')} into ${folder}`);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // Its install script fetches CUDA.
  const npmArgs = ['install', '--ignore-scripts', '--no-audit', '--no-fund', NODE_PEER];
  const pipArgs = ['-m', 'pip', 'install', '--quiet', '--upgrade', '--target', path.join(folder, 'python')];
  const installed = [
    [npm, npmArgs],
    [python, [...pipArgs, ...PYTHON_PEERS]],
  ].every(([command, args]) => spawnSync(command, args, { cwd: folder, stdio }).status === 0);
  if (!installed) throw new Error('the peers cannot be installed');
  fs.writeFileSync(path.join(folder, 'complete'), '');
  return folder;
}

function makeModels(python, peers, folder) {
  const env = { ...process.env, PYTHONPATH: path.join(peers, 'python') };
  const { status } = spawnSync(python, ['-B', path.join(__dirname, 'onnx_models.py'), folder], {
    env,
    stdio,
  });
  if (status !== 0) throw new Error('Python cannot export the models');
}

const distance = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

/**
 * Measures and prints the rows that were asked for, in microseconds, and the ratios to onnxruntime-node; the distance is
 * the captured model's to it, the greatest of all outputs.
 */
async function measureOnnx(wanted, plan, folder, python, { start, median, shown }) {
  const { rounds, seconds, threads } = plan;
  const chosen = rows.filter((row) => wanted.some((part) => `onnx/${row}`.includes(part)));
  if (chosen.length === 0) return [];
  const peers = installPeers(python);
  makeModels(python, peers, folder);
  console.log(`\nExported programs beside onnxruntime-node, ${threads} thread(s).\n`);
  const heads = [...kinds, ...kinds.slice(0, -1), 'CPU', 'distance'];
  console.log(''.padEnd(24), ...heads.map((text) => text.padStart(12)));
  const sides = [];
  for (const kind of kinds) sides.push(await start(process.execPath, ['onnx_side.js', kind, folder, peers]));
  const measured = [];
  for (const name of chosen) {
    const found = sides.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, side] of sides.entries()) {
        const result = await side.ask({ name, seconds, threads });
        if (result.error) throw new Error(`${kinds[i]}: ${name}: ${result.error}`);
        found[i].push(result);
      }
    }
    const times = found.map((list) => median(list.map(({ us }) => us)));
    const cpu = found.map((list) => median(list.map((one) => one.cpu)));
    const ratios = times.slice(0, -1).map((time) => time / times.at(-1));
    const outputs = found.map(([first]) => first.outputs);
    const cells = [
      ...times.map(shown),
      ...ratios.map((ratio) => ratio.toFixed(2)),
      (cpu[2] / cpu[3]).toFixed(2),
      distance(outputs[2], outputs[3]).toExponential(1),
    ];
    console.log(`onnx: ${name}`.padEnd(24), ...cells.map((text) => text.padStart(12)));
    const entries = kinds.map((kind, i) => [kind, times[i]]);
    const cpuRatio = cpu[2] / cpu[3];
    measured.push({ group: 'onnx', name, ...Object.fromEntries(entries), ratio: ratios[2], cpuRatio });
  }
  for (const side of sides) side.end();
  return measured;
}

module.exports = { measureOnnx, installPeers };
